/*
 * calotype status: how the daemon is, as the operation GetStatus of the service `calotype` says it:
 * a signed call as any other, so it can be made from elsewhere, by whoever may.
 */
#include "base/clock.h"
#include "cli/common.h"
#include "cli/row.h"
#include "cli/scrub.h"
#include "cli/verb.h"
#include "cli/when.h"
#include "prog/status.h"

#include <stdio.h>

struct status {
    const char *data;
    bool remote, json;
    struct cli_cloud cloud;
};

static int ask(struct status *s, json_t **ret_doc, struct err *err) {
    CLEANUP_JSON json_t *in = json_object();
    struct client_fault fault;
    if (client_json(s->cloud.client, "calotype", "Calotype_20261126.GetStatus", in, ret_doc,
                    &fault))
        return cli_cloud_fault("calotype:GetStatus", &fault, err);
    /* Moments are read by people, from both forms. */
    char when[CLOCK_ISO_MAX];
    double seconds = json_number_value(json_object_get(*ret_doc, "WorldTime"));
    json_set_str(*ret_doc, "WorldTime",
                 str_c(clock_iso8601_ms(when, (int64_t)(seconds * 1000 + 0.5))));
    return 0;
}

/* ---- For people ---- */

static void add_text(struct buf *out, const json_t *doc, const char *name) {
    buf_str(out, json_str(doc, name));
}

/* "memory by cgroup, tmp by tmpfs, …, cpu by none" */
static void add_limits(struct buf *out, const json_t *doc) {
    json_t *limits = json_object_get(doc, "IsolationLimits"), *by;
    const char *what;
    if (str_is(json_str(doc, "Isolation"), "none")) {
        buf_c(out, "none: functions are refused");
        return;
    }
    json_object_foreach (limits, what, by)
        buf_printf(out, "%s%s by %s", out->len ? ", " : "", what, json_string_value(by));
}

static void add_functions(struct buf *out, const json_t *doc) {
    const json_t *functions = json_object_get(doc, "Functions");
    int64_t n = json_int(functions, "Environments", 0);
    str refused = json_str(functions, "Refused");
    if (refused.len) {
        cli_add_names(out, json_object_get(functions, "RefusedRuntimes"));
        buf_printf(out, ": " STR_FMT, STR_ARG(refused));
        return;
    }
    buf_printf(out, "%lld environment%s, ", (long long)n, n == 1 ? "" : "s");
    prog_status_size(out, json_int(functions, "MemoryUsed", 0));
    buf_c(out, " of ");
    prog_status_size(out, json_int(functions, "MemoryBytes", 0));
    buf_printf(out, "; %lld asynchronous at once",
               (long long)json_int(functions, "AsyncAtOnce", 0));
}

/* "provided.al2023, python3.* (by Python 3.11.2)" */
static void add_runtimes(struct buf *out, const json_t *doc) {
    cli_add_names(out, json_object_get(json_object_get(doc, "Functions"), "Runtimes"));
}

static void add_version(struct buf *out, const json_t *doc) { add_text(out, doc, "Version"); }
static void add_endpoint(struct buf *out, const json_t *doc) { add_text(out, doc, "Endpoint"); }
static void add_region(struct buf *out, const json_t *doc) { add_text(out, doc, "Region"); }
static void add_account(struct buf *out, const json_t *doc) { add_text(out, doc, "Account"); }

static void add_world_time(struct buf *out, const json_t *doc) {
    int64_t offset = json_int(doc, "WorldOffsetMs", 0);
    add_text(out, doc, "WorldTime");
    if (!offset)
        return;
    buf_c(out, ", ");
    cli_span_add(out, offset < 0 ? -offset : offset);
    buf_c(out, offset < 0 ? " behind real time" : " ahead of real time");
}

static void add_process(struct buf *out, const json_t *doc) {
    buf_printf(out, "%lld, up ", (long long)json_int(doc, "ProcessId", 0));
    cli_span_add(out, json_int(doc, "UpMs", 0));
}

static void add_scrub(struct buf *out, const json_t *doc) {
    cli_scrub_add(out, json_obj(doc, "Scrub"));
}

static const struct {
    const char *name;
    void (*add)(struct buf *out, const json_t *doc);
} lines[] = {
    {"status", prog_status_state}, {"disk", prog_status_disk},
    {"queue", prog_status_queue},  {"version", add_version},
    {"endpoint", add_endpoint},    {"region", add_region},
    {"account", add_account},      {"isolation", prog_status_isolation},
    {"limits", add_limits},        {"functions", add_functions},
    {"runtimes", add_runtimes},    {"world time", add_world_time},
    {"process", add_process},      {"scrub", add_scrub},
};

static void print_line(const char *name, str text) {
    static const struct cli_column columns[] = {{.width = 12}, {0}};
    static const enum prog_colour colours[] = {COLOUR_DIM, COLOUR_PLAIN};
    const str cells[] = {str_c(name), text};
    cli_row(columns, ARRAY_LEN(columns), cells, colours);
}

/* "2026-11-27T03:40:41.192Z lambda: …, 12 times" */
static void print_errors(const json_t *doc) {
    size_t i;
    json_t *one;
    json_array_foreach (json_object_get(doc, "LastErrors"), i, one) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        int64_t count = json_int(one, "Count", 1);
        buf_printf(&text, STR_FMT " " STR_FMT ": " STR_FMT, STR_ARG(json_str(one, "Last")),
                   STR_ARG(json_str(one, "Room")), STR_ARG(json_str(one, "Text")));
        if (count > 1)
            buf_printf(&text, " (%lld times)", (long long)count);
        print_line(i ? "" : "last errors", buf_view(&text));
    }
}

static void print_lines(const json_t *doc) {
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        lines[i].add(&text, doc);
        print_line(lines[i].name, buf_view(&text));
    }
    print_errors(doc);
}

/* ---- The verb ---- */

static int run(void *ctx, char **, int, struct err *err) {
    struct status *s = ctx;
    CLEANUP_JSON json_t *doc = NULL;
    struct cli_cloud_options options = {.data = s->data, .aws = s->remote};
    int r = cli_cloud_connect(&s->cloud, &options, err);
    r = r ? r : ask(s, &doc, err);
    if (r)
        return r;
    if (s->json)
        cli_print_json(doc);
    else
        print_lines(doc);
    return str_is(json_str(doc, "Status"), "ok") ? PROG_OK : PROG_PARTIAL;
}

static void deinit(void *ctx) { cli_cloud_deinit(&((struct status *)ctx)->cloud); }

static const struct prog_flag flags[] = {
    PROG_DATA(struct status, data),
    PROG_SWITCH(struct status, remote, "remote",
                "the cloud and the keys that the AWS_* variables name"),
    PROG_SWITCH(struct status, json, "json", "one JSON object instead"),
};

const struct prog_verb cli_verb_status = {
    .name = "status",
    .summary = "show how the daemon is",
    .arguments = "[--data DIR | --remote]",
    .about =
        "Shows how the daemon is: whether it takes changes, how much room there is, what waits,\n"
        "how functions are isolated, what time it is in its world, and its last errors.\n"
        "Ends 0 when all is well, 1 when it is degraded, full or read-only.\n"
        "Asks the operation GetStatus of the service calotype; the right is calotype:GetStatus.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .size = sizeof(struct status),
    .run = run,
    .deinit = deinit,
};
