/*
 * calotype tail: the last lines of a log group, all its streams interleaved, and with --follow
 * those that come.
 *
 * Lines come late, and not in the order of their moments. So each look of --follow goes back a bit,
 * and what was shown is known by its id; the ids are kept as long as a look may meet them again.
 */
#include "base/clock.h"
#include "base/map.h"
#include "cli/common.h"
#include "cli/verb.h"
#include "cli/when.h"
#include "prog/say.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 500, LOOK_BACK_MS = 15000 };

struct tail {
    struct cli_common common;
    struct cli_cloud cloud;
    const char *since, *filter;
    bool follow;
    struct buf group;
    bool is_named; /* on the command line: else it is the stack's */
    int64_t from_ms, newest_ms;
    struct map shown; /* EventId → its moment, as a pointer */
    size_t n;
};

/* ---- One line ---- */

/* The looks from now on begin at before_ms: they do not meet what is older. */
static void forget(struct tail *t, int64_t before_ms) {
    size_t at = 0;
    str id;
    void *ms;
    while (map_next(&t->shown, &at, &id, &ms))
        if ((int64_t)(intptr_t)ms < before_ms)
            map_remove(&t->shown, id);
}

static void print_text(int64_t ms, str message) {
    char when[CLOCK_ISO_MAX];
    while (message.len && message.p[message.len - 1] == '\n')
        message.len--;
    prog_print("%s%s%s ", prog_colour(STDOUT_FILENO, COLOUR_DIM), clock_iso8601_ms(when, ms),
               prog_colour(STDOUT_FILENO, COLOUR_PLAIN));
    do {
        str line;
        str_cut(message, '\n', &line, &message);
        prog_print_line(STR_FMT, STR_ARG(line));
    } while (message.len);
}

/* With --json one object a line, since there may be no end. */
static void print_event(const struct tail *t, const json_t *event, int64_t ms) {
    if (!t->common.json) {
        print_text(ms, json_str(event, "message"));
        return;
    }
    CLEANUP_DEINIT(buf) struct buf text = {0};
    char when[CLOCK_ISO_MAX];
    CLEANUP_JSON json_t *doc = json_object();
    json_set_str(doc, "Timestamp", str_c(clock_iso8601_ms(when, ms)));
    json_set_str(doc, "LogStreamName", json_str(event, "logStreamName"));
    json_set_str(doc, "Message", json_str(event, "message"));
    json_write(&text, doc);
    prog_print("%s\n", buf_cstr(&text));
}

static void take_event(struct tail *t, const json_t *event) {
    str id = json_str(event, "eventId");
    int64_t ms = json_int(event, "timestamp", 0);
    if (map_get(&t->shown, id))
        return;
    if (t->follow && ms > 0)
        map_put(&t->shown, id, (void *)(intptr_t)ms);
    t->newest_ms = ms > t->newest_ms ? ms : t->newest_ms;
    print_event(t, event, ms);
    t->n++;
}

/* ---- One look ---- */

static int fail(const struct tail *t, const struct client_fault *fault, struct err *err) {
    if (strcmp(fault->code, "ResourceNotFoundException") == 0 && t->is_named)
        return err_set(err, -ENOENT, "there is no log group %s", buf_cstr(&t->group));
    return cli_stack_fault(&t->cloud, "logs:FilterLogEvents", fault, err);
}

static int look(struct tail *t, struct err *err) {
    /* A line may be of a moment to come (two hours at most, PutLogEvents): others come before it. */
    int64_t now = cli_cloud_now_ms(&t->cloud),
            from = (t->newest_ms < now ? t->newest_ms : now) - LOOK_BACK_MS;
    from = from > t->from_ms ? from : t->from_ms;
    forget(t, from);
    CLEANUP_JSON json_t *in = json_object();
    json_set_str(in, "logGroupName", buf_view(&t->group));
    json_set_int(in, "startTime", from);
    if (t->filter)
        json_set_str(in, "filterPattern", str_c(t->filter));
    for (;;) {
        CLEANUP_JSON json_t *out = NULL;
        struct client_fault fault;
        if (client_json(t->cloud.client, "logs", "Logs_20140328.FilterLogEvents", in, &out, &fault))
            return fail(t, &fault, err);
        const json_t *events = json_arr(out, "events");
        for (size_t i = 0; i < json_array_size(events); i++)
            take_event(t, json_array_get(events, i));
        str token = json_str(out, "nextToken");
        if (!prog_flush() || !token.len)
            return 0;
        json_set_str(in, "nextToken", token);
    }
}

/* ---- The verb ---- */

/* A whole name, or a function's. */
static void name_group(struct tail *t, const char *given) {
    if (!given)
        buf_printf(&t->group, "/aws/lambda/ImageProcessor-%s", t->cloud.environment);
    else
        buf_printf(&t->group, "%s%s", strchr(given, '/') ? "" : "/aws/lambda/", given);
}

static int run(void *ctx, char **rest, int n, struct err *err) {
    struct tail *t = ctx;
    int r = cli_common_open(&t->common, &t->cloud, err);
    if (r)
        return r;
    t->is_named = n > 0;
    name_group(t, n ? rest[0] : NULL);
    cli_when(str_c(t->since), cli_cloud_now_ms(&t->cloud), &t->from_ms);
    r = look(t, err);
    if (r == 0 && t->n == 0)
        prog_hint("no lines in %s since %s%s", buf_cstr(&t->group), t->since,
                  t->follow ? "; waiting for some" : " (--since 1d looks back further)");
    while (r == 0 && t->follow && prog_flush()) {
        struct pollfd reader = {.fd = STDOUT_FILENO}; /* who reads may go while no line comes */
        if (poll(&reader, 1, LOOK_EVERY_MS) > 0)
            return PROG_OK;
        r = look(t, err);
    }
    return r;
}

static void deinit(void *ctx) {
    struct tail *t = ctx;
    cli_cloud_deinit(&t->cloud);
    buf_deinit(&t->group);
    map_deinit(&t->shown);
}

static const struct prog_flag flags[] = {
    CLI_COMMON_FLAGS(struct tail),
    PROG_CHECKED(struct tail, since, "since", "TIME", cli_check_when,
                 "from then on: 30m, 1d, 2026-11-22T10:00:00Z (10m)"),
    PROG_TEXT(struct tail, filter, "filter", "PATTERN",
              "only lines that match, in the syntax of CloudWatch Logs"),
    PROG_SWITCH(struct tail, follow, "follow", "go on with the lines that come, until Ctrl-C"),
};

const struct prog_verb cli_verb_tail = {
    .name = "tail",
    .summary = "show the last lines of a log",
    .arguments = "[--env NAME] [--since TIME] [--follow] [GROUP]",
    .about =
        "Shows the lines of a log group, oldest first. GROUP is its name or a function's, the\n"
        "function that processes photographs when it is not given. With --json each line is\n"
        "an object.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .most = 1,
    .operand = "GROUP",
    .size = sizeof(struct tail),
    .defaults = &(const struct tail){.since = "10m"},
    .run = run,
    .deinit = deinit,
};
