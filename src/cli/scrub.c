/*
 * calotype scrub: has the daemon read all that it keeps, and shows what is damaged. The daemon goes
 * on with it when this program ends.
 */
#include "cli/scrub.h"

#include "cli/common.h"
#include "cli/row.h"
#include "cli/verb.h"
#include "cli/when.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 500, FIRST_LOOK_MS = 20 };

struct scrub {
    const char *data;
    bool remote, json, stop;
    unsigned rate;
    struct cli_cloud cloud;
};

/* ---- Words ---- */
/* What there is something of, with the word for it. */
static const struct {
    const char *member, *words;
} kinds[] = {
    {"Missing", "missing"},
    {"Damaged", "damaged"},
    {"DamagedRows", "rows or tables damaged"},
    {"Leaked", "kept for nobody"},
};
enum { N_DAMAGES = 3 }; /* the first of these */

static bool has_damage(const json_t *doc) {
    for (size_t i = 0; i < N_DAMAGES; i++)
        if (json_int(doc, kinds[i].member, 0))
            return true;
    return false;
}

static void add_found(struct buf *out, const json_t *doc) {
    const char *between = "";
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        long long n = json_int(doc, kinds[i].member, 0);
        if (n)
            buf_printf(out, "%s%lld %s", between, n, kinds[i].words);
        between = out->len && n ? ", " : between;
    }
    if (!has_damage(doc))
        buf_printf(out, "%snothing damaged", between);
    if (json_bool(doc, "LeaksUnknown", false))
        buf_c(out, ", files kept for nobody were not looked for");
}

static void add_read(struct buf *out, const json_t *doc) {
    char size[16];
    buf_printf(out, "%lld bodies, %s, %lld rows", (long long)json_int(doc, "Bodies", 0),
               cli_size(size, (uint64_t)json_int(doc, "BodyBytes", 0)),
               (long long)json_int(doc, "Rows", 0));
}

void cli_scrub_add(struct buf *out, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf found = {0};
    str state = json_str(doc, "State"), why = json_str(doc, "Reason");
    buf_str(out, state);
    if (!json_has(doc, "Began"))
        return;
    if (why.len)
        buf_printf(out, " (" STR_FMT ")", STR_ARG(why));
    buf_printf(out, ", " STR_FMT ", took ", STR_ARG(json_str(doc, "Began")));
    cli_span_add(out, json_int(doc, "TookMs", 0));
    buf_c(out, ": ");
    add_read(out, doc);
    add_found(&found, doc);
    buf_printf(out, "; " STR_FMT, STR_ARG(buf_view(&found)));
}

static void show_progress(const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    double all = json_num(doc, "AllFileBytes", 0), done = json_num(doc, "BodyBytes", 0);
    add_read(&text, doc);
    buf_c(&text, "; ");
    add_found(&text, doc);
    prog_progress("[%3.0f %%] %s", all > 0 && done < all ? 100 * done / all : 100.0,
                  buf_cstr(&text));
}

/* ---- Calls ---- */
static int call(struct scrub *s, const char *op, json_t **ret_doc, struct err *err) {
    CLEANUP_JSON json_t *in = json_object();
    CLEANUP_DEINIT(buf) struct buf target = {0}, what = {0};
    struct client_fault fault;
    if (s->rate && strcmp(op, "StartScrub") == 0)
        json_set_int(in, "Rate", s->rate);
    buf_printf(&target, "Calotype_20261126.%s", op);
    buf_printf(&what, "calotype:%s", op);
    json_decref(STEAL(*ret_doc));
    if (client_json(s->cloud.client, "calotype", buf_cstr(&target), in, ret_doc, &fault))
        return cli_cloud_fault(buf_cstr(&what), &fault, err);
    return 0;
}

static bool is_running(const json_t *doc) {
    return str_is(json_str(json_obj(doc, "Scrub"), "State"), "running");
}

/* Until it has ended; *doc is its report then. */
static int await(struct scrub *s, json_t **doc, struct err *err) {
    unsigned pause_ms = FIRST_LOOK_MS;
    int r = 0;
    while (r == 0 && is_running(*doc)) {
        show_progress(json_obj(*doc, "Scrub"));
        usleep(pause_ms * 1000);
        pause_ms = pause_ms * 2 < LOOK_EVERY_MS ? pause_ms * 2 : LOOK_EVERY_MS;
        r = call(s, "GetScrub", doc, err);
    }
    prog_progress_end();
    return r;
}

/* ---- The verb ---- */
static void show(const struct scrub *s, json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (s->json) {
        cli_print_json(doc);
        return;
    }
    size_t i;
    json_t *finding;
    json_array_foreach (json_arr(doc, "Findings"), i, finding)
        prog_print_line(STR_FMT, STR_ARG(json_str(finding, "Message")));
    cli_scrub_add(&text, doc);
    prog_print("%s\n", buf_cstr(&text));
}

static int code_of(const struct scrub *s, const json_t *doc) {
    if (has_damage(doc))
        return PROG_PARTIAL;
    str state = json_str(doc, "State");
    return str_is(state, "complete") || s->stop ? PROG_OK : PROG_FAILED;
}

static int run(void *ctx, char **, int, struct err *err) {
    struct scrub *s = ctx;
    CLEANUP_JSON json_t *doc = NULL;
    struct cli_cloud_options options = {.data = s->data, .aws = s->remote};
    int r = cli_cloud_connect(&s->cloud, &options, err);
    r = r ? r : call(s, s->stop ? "StopScrub" : "StartScrub", &doc, err);
    if (r == 0 && json_bool(doc, "Joined", false))
        prog_hint("a scrub is running already: this is what it finds");
    r = r ? r : await(s, &doc, err);
    if (r)
        return r;
    show(s, json_obj(doc, "Scrub"));
    return code_of(s, json_obj(doc, "Scrub"));
}

static void deinit(void *ctx) { cli_cloud_deinit(&((struct scrub *)ctx)->cloud); }

static const struct prog_flag flags[] = {
    PROG_DATA(struct scrub, data),
    PROG_SWITCH(struct scrub, remote, "remote",
                "the cloud and the keys that the AWS_* variables name"),
    PROG_NUMBER(struct scrub, rate, "rate", "MIB", 1, 100000, "MiB to read in a second (20)"),
    PROG_SWITCH(struct scrub, stop, "stop", "end the scrub that runs"),
    PROG_SWITCH(struct scrub, json, "json", "one JSON object instead"),
};

const struct prog_verb cli_verb_scrub = {
    .name = "scrub",
    .summary = "look for what is damaged on the disk",
    .arguments = "[--rate MIB] [--stop] [--data DIR | --remote]",
    .about =
        "Has the daemon read every row and every stored body while it works, and names each that\n"
        "is missing or damaged: the object, the file, what is wrong, and what to do. The daemon\n"
        "goes on when this program ends; `status` shows the result, and --stop ends it. Where a\n"
        "scrub runs already, this waits for it, and --rate sets its rate.\n"
        "Ends 0 when nothing is damaged, 1 when something is, 255 when it did not come to its end.\n"
        "The rights are calotype:StartScrub, calotype:GetScrub and calotype:StopScrub.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .size = sizeof(struct scrub),
    .run = run,
    .deinit = deinit,
};
