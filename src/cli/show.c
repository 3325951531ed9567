/* calotype show: everything that is known of one photograph. */
#include "cli/common.h"
#include "cli/named.h"
#include "cli/row.h"
#include "cli/verb.h"

#include <errno.h>

/* In this order; what is not named follows in the row's own. */
static const char *const first[] = {"ImageId",     "BucketName", "ObjectKey",  "Status",
                                    "Reason",      "Format",     "Width",      "Height",
                                    "Make",        "Model",      "CapturedAt", "FileSize",
                                    "ContentType", "UploadDate", "ProcessedAt"};

static void print_pair(const char *name, const json_t *value) {
    static const struct cli_column columns[] = {{.width = 18}, {0}};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (json_is_string(value))
        buf_str(&text, json_text(value));
    else
        json_write(&text, value);
    const str cells[] = {str_c(name), buf_view(&text)};
    const enum prog_colour colours[] = {COLOUR_DIM, COLOUR_PLAIN};
    cli_row(columns, 2, cells, colours);
}

static void print_derivative(const json_t *d) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    char size[16];
    str name = json_str(d, "Name"); /* what `get --size` takes */
    if (name.len)
        buf_printf(&text, STR_FMT ": ", STR_ARG(name));
    buf_printf(&text, "%lld × %lld, %s, s3://" STR_FMT "/" STR_FMT,
               (long long)json_int(d, "Width", 0), (long long)json_int(d, "Height", 0),
               cli_size(size, (uint64_t)json_int(d, "FileSize", 0)), STR_ARG(json_str(d, "Bucket")),
               STR_ARG(json_str(d, "Key")));
    CLEANUP_JSON json_t *line = json_of_str(buf_view(&text));
    print_pair("Derivative", line);
}

static void print_photo(json_t *doc) {
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        const json_t *value = json_object_get(doc, first[i]);
        if (value)
            print_pair(first[i], value);
        json_object_del(doc, first[i]);
    }
    const json_t *derivatives = json_arr(doc, "Derivatives");
    for (size_t i = 0; i < json_array_size(derivatives); i++)
        print_derivative(json_array_get(derivatives, i));
    json_object_del(doc, "Derivatives");
    for (void *at = json_object_iter(doc); at; at = json_object_iter_next(doc, at))
        print_pair(json_object_iter_key(at), json_object_iter_value(at));
}

/* One JSON object for one name, an array for several. */
static int show(struct cli_cloud *cloud, char **names, int n, bool json, struct err *err) {
    CLEANUP_JSON json_t *list = json_array();
    int missing = 0;
    for (int i = 0; i < n; i++) {
        CLEANUP_DEINIT(cli_named) struct cli_named photo = {0};
        int r = cli_named_find(&photo, cloud, names[i], err);
        if (r == 0 && !photo.item)
            r = err_set(err, -ENOENT, "%s has no row yet", buf_cstr(&photo.key));
        if (r == -ENOENT) {
            prog_error("%s", err->text);
            missing++;
            continue;
        }
        if (r)
            return r;
        json_t *doc = cli_item_plain(photo.item);
        if (!json && json_array_size(list))
            prog_print("\n");
        json_array_append_new(list, doc);
        if (!json)
            print_photo(doc);
    }
    if (json && missing < n)
        cli_print_json(n == 1 ? json_array_get(list, 0) : list);
    return prog_code((size_t)missing, (size_t)n);
}

struct show {
    struct cli_common common;
};

static int run(void *ctx, char **names, int n, struct err *err) {
    const struct cli_common *common = &((const struct show *)ctx)->common;
    struct cli_cloud cloud;
    int r = cli_common_open(common, &cloud, err);
    if (r == 0)
        r = show(&cloud, names, n, common->json, err);
    cli_cloud_deinit(&cloud);
    return r;
}

static const struct prog_flag flags[] = {CLI_COMMON_FLAGS(struct show)};

const struct prog_verb cli_verb_show = {
    .name = "show",
    .summary = "show all that is known of a photograph",
    .arguments = "[--env NAME] NAME...",
    .about = "Shows everything that is known of a photograph; NAME is its key, without\n"
             "uploads/ if you like.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .least = 1,
    .most = -1,
    .operand = "NAME",
    .size = sizeof(struct show),
    .run = run,
};
