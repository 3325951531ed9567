/*
 * calotype query: the photographs of a span of time, through UploadDayIndex: its key is the day,
 * its range the second, so a span is one query a day.
 */
#include "base/clock.h"
#include "cli/common.h"
#include "cli/photo.h"
#include "cli/verb.h"
#include "cli/when.h"

#include <errno.h>
#include <stdio.h>

enum { MOST_DAYS = 3660 };
/* "any" comes first: it is what holds when nothing is said. */
static const char *const statuses[] = {"any", "processed", "rejected", "failed", NULL};
static const int64_t day_ms = 24ll * 60 * 60 * 1000;

struct query {
    struct cli_common common;
    struct cli_cloud cloud;
    const char *since, *until;
    unsigned status, limit; /* 0: any, all */
    int64_t from_ms, to_ms;
    struct cli_photo_table table;
    json_t *list;
    unsigned shown, passed; /* passed over: of another status */
};

static bool wanted(const struct query *q, const json_t *item) {
    return !q->status || str_is(cli_item_text(item, "Status"), statuses[q->status]);
}

static void show(struct query *q, const json_t *item) {
    if (q->common.json) {
        json_array_append_new(q->list, cli_item_plain(item));
    } else {
        struct cli_photo photo = {.file = cli_item_text(item, "ObjectKey"), .item = item, .ms = -1};
        cli_photo_row(&q->table, &photo);
    }
    q->shown++;
}

static bool enough(const struct query *q) { return q->limit && q->shown >= q->limit; }

static json_t *question(const struct query *q, const char *day) {
    char from[24], to[24];
    snprintf(from, sizeof from, "%lld", (long long)(q->from_ms / 1000));
    snprintf(to, sizeof to, "%lld", (long long)(q->to_ms / 1000));
    return json_pack("{s:s, s:s, s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}}", "TableName", q->cloud.table,
                     "IndexName", "UploadDayIndex", "KeyConditionExpression",
                     "UploadDay = :day AND UploadTimestamp BETWEEN :from AND :to",
                     "ExpressionAttributeValues", ":day", "S", day, ":from", "N", from, ":to", "N",
                     to);
}

static int query_day(struct query *q, int64_t ms, struct err *err) {
    char day[CLOCK_ISO_MAX];
    CLEANUP_JSON json_t *in = question(q, clock_day(day, ms));
    for (;;) {
        CLEANUP_JSON json_t *out = NULL;
        struct client_fault fault;
        if (client_json(q->cloud.client, "dynamodb", "DynamoDB_20120810.Query", in, &out, &fault))
            return cli_stack_fault(&q->cloud, "dynamodb:Query", &fault, err);
        const json_t *items = json_arr(out, "Items");
        for (size_t i = 0; i < json_array_size(items) && !enough(q); i++) {
            if (wanted(q, json_array_get(items, i)))
                show(q, json_array_get(items, i));
            else
                q->passed++;
        }
        json_t *last = json_obj(out, "LastEvaluatedKey");
        if (!last || enough(q) || !prog_flush())
            return 0;
        json_object_set(in, "ExclusiveStartKey", last);
    }
}

static int read_span(struct query *q, struct err *err) {
    int64_t now = cli_cloud_now_ms(&q->cloud);
    /* Both were looked at when the flags were read. */
    if (!cli_when(str_c(q->since), now, &q->from_ms) || !cli_when(str_c(q->until), now, &q->to_ms))
        return err_set(err, -EINVAL, "--since or --until is no time");
    if (q->from_ms > q->to_ms)
        return err_set(err, -EINVAL, "--since %s is later than --until %s", q->since, q->until);
    if ((q->to_ms - q->from_ms) / day_ms > MOST_DAYS)
        return err_set(err, -EINVAL, "the span is longer than ten years");
    return 0;
}

static void say_empty(const struct query *q) {
    char from[CLOCK_ISO_MAX], to[CLOCK_ISO_MAX];
    prog_hint("no photograph was uploaded from %s to %s%s%s", clock_iso8601(from, q->from_ms),
              clock_iso8601(to, q->to_ms), q->status ? " and is " : "",
              q->status ? statuses[q->status] : "");
    if (q->passed)
        prog_hint("%u of that time have another status", q->passed);
}

static int query_days(struct query *q, struct err *err) {
    /* From the first day's midnight, so that the last day is not missed. */
    for (int64_t day = q->from_ms - q->from_ms % day_ms; day <= q->to_ms && !enough(q);
         day += day_ms) {
        int r = query_day(q, day, err);
        if (r)
            return r;
    }
    if (q->common.json)
        cli_print_json(q->list);
    if (q->shown == 0)
        say_empty(q);
    return 0;
}

static int run(void *ctx, char **, int, struct err *err) {
    struct query *q = ctx;
    q->list = json_array();
    int r = cli_common_open(&q->common, &q->cloud, err);
    if (r)
        return r;
    cli_photo_begin(&q->table, 32, false);
    if (read_span(q, err) == 0)
        return query_days(q, err);
    prog_error("%s", err->text);
    return PROG_USAGE;
}

static void deinit(void *ctx) {
    struct query *q = ctx;
    cli_cloud_deinit(&q->cloud);
    json_decref(q->list);
}

static const struct prog_flag flags[] = {
    CLI_COMMON_FLAGS(struct query),
    PROG_CHECKED(struct query, since, "since", "TIME", cli_check_when,
                 "from then on: 2026-11-22, 2026-11-22T10:00:00Z, 12h, 3d (24h)"),
    PROG_CHECKED(struct query, until, "until", "TIME", cli_check_when, "and until then (now)"),
    PROG_CHOICE(struct query, status, "status", "STATUS", statuses,
                "only those: processed, rejected or failed (any)"),
    PROG_NUMBER(struct query, limit, "limit", "N", 1, 1000000, "at most so many"),
};

const struct prog_verb cli_verb_query = {
    .name = "query",
    .summary = "list the photographs of a span of time",
    .arguments = "[--env NAME] [--since TIME] [--until TIME]",
    .about = "Lists the photographs that were uploaded in a span of time (UTC), oldest first.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .size = sizeof(struct query),
    .defaults = &(const struct query){.since = "24h", .until = "now"},
    .run = run,
    .deinit = deinit,
};
