/* fn/metrics: groups images by format, and writes a document for each group. */
#include "fn/metrics.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "fn/log.h"

enum { MOST_VALUES = 100 /* of one metric in a document, the specification's limit */ };

/* The images of one format that one document tells of. */
struct group {
    str format;
    size_t n, processed, rejected, failed;
    const struct fn_image *of[MOST_VALUES];
};

/* A dimension's value comes from a table of ours, or the worker is not what it should be. */
static str format_of(const struct fn_image *image) {
    str format = image->result.format;
    return !format.len                                         ? S("unknown")
           : format.len <= 16 && ascii_only_alnum(format, "-") ? format
                                                               : S("other");
}

static void add(struct group *g, const struct fn_image *image) {
    const struct {
        const char *status;
        size_t *count;
    } counts[] = {{"processed", &g->processed}, {"rejected", &g->rejected}, {"failed", &g->failed}};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        *counts[i].count += str_is(str_c(counts[i].status), image->status);
    g->of[g->n++] = image;
}

static json_t *directive(const char *dimensions, const char *metrics) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "{\"Namespace\":\"Calotype\",\"Dimensions\":[%s],\"Metrics\":[%s]}",
               dimensions, metrics);
    return json_parse(buf_view(&text), NULL);
}

static json_t *document(const char *environment) {
    json_t *doc = json_object();
    json_set(
        doc, "_aws",
        json_pack("{s:I,s:[]}", "Timestamp", (json_int_t)clock_real_ms(), "CloudWatchMetrics"));
    json_set_str(doc, "Environment", str_c(environment));
    return doc;
}

static void declare(json_t *doc, const char *dimensions, const char *metrics) {
    json_array_append_new(json_arr(json_obj(doc, "_aws"), "CloudWatchMetrics"),
                          directive(dimensions, metrics));
}

static void write_document(const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf line = {0};
    json_write(&line, doc);
    fn_log_line(&line);
}

/* What a replay finds done took its time before, and was told then. */
static void set_values(json_t *doc, const struct group *g) {
    json_t *durations = json_array(), *sizes = json_array();
    for (size_t i = 0; i < g->n; i++) {
        if (g->of[i]->is_replay)
            continue;
        json_array_append_new(durations, json_real(g->of[i]->ms));
        json_array_append_new(sizes, json_integer((json_int_t)g->of[i]->size));
    }
    json_set(doc, "ImageDuration", durations);
    json_set(doc, "OriginalBytes", sizes);
}

static void set_batch(json_t *doc, double ms) {
    declare(doc, "[\"Environment\"]", "{\"Name\":\"BatchDuration\",\"Unit\":\"Milliseconds\"}");
    json_set(doc, "BatchDuration", json_real(ms));
}

static void write_group(const char *environment, const struct group *g, const double *batch_ms) {
    CLEANUP_JSON json_t *doc = document(environment);
    json_set_str(doc, "Format", g->format);
    declare(doc, "[\"Environment\"],[\"Environment\",\"Format\"]",
            "{\"Name\":\"ImagesProcessed\",\"Unit\":\"Count\"},"
            "{\"Name\":\"ImagesRejected\",\"Unit\":\"Count\"},"
            "{\"Name\":\"ImagesFailed\",\"Unit\":\"Count\"},"
            "{\"Name\":\"ImageDuration\",\"Unit\":\"Milliseconds\"},"
            "{\"Name\":\"OriginalBytes\",\"Unit\":\"Bytes\"}");
    json_set_int(doc, "ImagesProcessed", (int64_t)g->processed);
    json_set_int(doc, "ImagesRejected", (int64_t)g->rejected);
    json_set_int(doc, "ImagesFailed", (int64_t)g->failed);
    set_values(doc, g);
    if (batch_ms)
        set_batch(doc, *batch_ms);
    write_document(doc);
}

/* The first that is not told yet, and those of its format behind it. */
static bool next_group(struct group *g, const struct fn_image *images, bool *told, size_t n) {
    *g = (struct group){0};
    for (size_t i = 0; i < n && g->n < MOST_VALUES; i++) {
        if (told[i] || !images[i].status)
            continue;
        str format = format_of(&images[i]);
        if (g->n == 0)
            g->format = format;
        if (!str_eq(format, g->format))
            continue;
        told[i] = true;
        add(g, &images[i]);
    }
    return g->n > 0;
}

void fn_metrics_log(const char *environment, const struct fn_image *images, size_t n, double ms) {
    CLEANUP_MEM bool *told = mem_zalloc(n + 1);
    struct group g;
    size_t groups = 0;
    for (; next_group(&g, images, told, n); groups++)
        write_group(environment, &g, groups == 0 ? &ms : NULL);
    if (groups)
        return;
    CLEANUP_JSON json_t *doc = document(environment);
    set_batch(doc, ms);
    write_document(doc);
}
