/* The embedded metric format by its limits: what of a line becomes a metric, and what is left. */
#include "fixture.h"
#include "svc/answers.h"

/* Puts a line whose directives are the given JSON, with further members; ' for ". */
static void put(struct cloud *c, int64_t time_ms, const char *directives, const char *more) {
    CLEANUP_DEINIT(buf) struct buf text = {0}, line = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    buf_printf(&text, "{'_aws':{'Timestamp':%lld,'CloudWatchMetrics':[%s]}%s}", (long long)time_ms,
               directives, more);
    for (size_t i = 0; i < text.len; i++)
        buf_char(&line, text.p[i] == '\'' ? '"' : text.p[i]);
    struct hub_log one = {S(ACCOUNT), S("us-east-1"),  S("g"), S("s"),
                          base_ms,    buf_view(&line), false};
    hub_put_log(c->hub, batch, &one, 1);
    CHECK_INT(store_commit(c->store, batch, NULL), 0);
}

/* How many metrics CloudWatch knows of a namespace; name "": any. */
static size_t metrics(struct cloud *c, const char *name_space, const char *name) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'Namespace':'%s'", name_space);
    if (*name)
        buf_printf(&in, ",'MetricName':'%s'", name);
    buf_c(&in, "}");
    ok(cloud_call_as(c, c->root, "cloudwatch", "ListMetrics", buf_cstr(&in)));
    return json_array_size(json_arr(c->call.out, "Metrics"));
}

/* A statistic of metric m without dimensions in the minute of time_ms, or -1. */
static double statistic(struct cloud *c, const char *name_space, const char *which,
                        int64_t time_ms) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    long long minute = (long long)(time_ms / 60000 * 60);
    buf_printf(&in,
               "{'Namespace':'%s','MetricName':'m','StartTime':%lld,'EndTime':%lld,'Period':60,"
               "'Statistics':['%s']}",
               name_space, minute, minute + 60, which);
    ok(cloud_call_as(c, c->root, "cloudwatch", "GetMetricStatistics", buf_cstr(&in)));
    return json_num(json_array_get(json_arr(c->call.out, "Datapoints"), 0), which, -1);
}

#define ONE(ns) "{'Namespace':'" ns "','Metrics':[{'Name':'m'}]}"

static void values(void **state) {
    static const struct {
        const char *name_space, *value;
        double samples, sum;
    } rows[] = {{"Number", "2.5", 1, 2.5},
                {"Zero", "0", 1, 0},
                {"List", "[1,2,-4]", 3, -1},
                {"Mixed", "[1,'2',null,3]", 2, 4},
                {"None", "[]", -1, -1},
                {"Text", "'1'", -1, -1},
                {"Truth", "true", -1, -1},
                {"Largest", "2.348542582773833e108", 1, 2.348542582773833e108}, /* 2 to the 360 */
                {"Beyond", "2.3485425827738335e108", -1, -1},
                {"Below", "-2.3485425827738335e108", -1, -1}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char directive[100], more[100];
        snprintf(directive, sizeof directive, "{'Namespace':'%s','Metrics':[{'Name':'m'}]}",
                 rows[i].name_space);
        snprintf(more, sizeof more, ",'m':%s", rows[i].value);
        put(c, base_ms, directive, more);
        CHECK_CASE(statistic(c, rows[i].name_space, "SampleCount", base_ms) == rows[i].samples,
                   rows[i].name_space);
        CHECK_CASE(statistic(c, rows[i].name_space, "Sum", base_ms) == rows[i].sum,
                   rows[i].name_space);
    }
}

/* A hundred values of a list count. */
static void values_of_a_list(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf more = {0};
    buf_c(&more, ",'m':[1");
    for (int i = 1; i < 101; i++)
        buf_c(&more, ",1");
    buf_c(&more, "]");
    put(c, base_ms, ONE("Many"), buf_cstr(&more));
    CHECK(statistic(c, "Many", "SampleCount", base_ms) == 100);
}

static void dimensions(void **state) {
    static const struct {
        const char *sets;
        size_t metrics;
    } rows[] = {{"[]", 1},
                {"[[]]", 1},
                {"[['a']]", 1},
                {"[['a'],['a','b']]", 2},
                {"[['a'],[]]", 2},
                {"[['none']]", 0},
                {"[['number']]", 0},
                {"[['empty']]", 0},
                {"[['a','none'],['b']]", 1},
                {"[[1]]", 0}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char directive[200], name_space[16];
        snprintf(name_space, sizeof name_space, "D%zu", i);
        snprintf(directive, sizeof directive,
                 "{'Namespace':'%s','Dimensions':%s,'Metrics':[{'Name':'m'}]}", name_space,
                 rows[i].sets);
        put(c, base_ms, directive, ",'m':1,'a':'x','b':'y','number':1,'empty':''");
        CHECK_CASE(metrics(c, name_space, "") == rows[i].metrics, rows[i].sets);
    }
    CHECK_INT(metrics(c, "D3", "m"), 2);
    const json_t *listed = json_arr(c->call.out, "Metrics");
    size_t both = json_array_size(json_arr(json_array_get(listed, 0), "Dimensions")) +
                  json_array_size(json_arr(json_array_get(listed, 1), "Dimensions"));
    CHECK_INT(both, 3);
}

/* n items 'PREFIX0','PREFIX1',… each between before and after. */
static void repeat(struct buf *out, size_t n, const char *before, const char *prefix,
                   const char *after) {
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s'%s%zu'%s", i ? "," : "", before, prefix, i, after);
}

static void limits_of_counts(void **state) {
    struct cloud *c = *state;
    for (size_t n = 30; n <= 31; n++) { /* dimensions of one set; more: the set does not count */
        CLEANUP_DEINIT(buf) struct buf directive = {0}, more = {0};
        char name_space[8];
        snprintf(name_space, sizeof name_space, "A%zu", n);
        buf_printf(&directive, "{'Namespace':'%s','Metrics':[{'Name':'m'}],'Dimensions':[[",
                   name_space);
        repeat(&directive, n, "", "d", "");
        buf_c(&directive, "]]}");
        buf_c(&more, ",'m':1,");
        repeat(&more, n, "", "d", ":'v'");
        put(c, base_ms, buf_cstr(&directive), buf_cstr(&more));
        CHECK_INT(metrics(c, name_space, ""), n == 30);
    }
    CLEANUP_DEINIT(buf) struct buf sets = {0}, many_metrics = {0}, directives = {0}, more = {0};
    buf_c(&sets, "{'Namespace':'Sets','Metrics':[{'Name':'m'}],'Dimensions':[");
    repeat(&sets, 31, "[", "d", "]");
    buf_c(&sets, "]}");
    buf_c(&more, ",'m':1,");
    repeat(&more, 31, "", "d", ":'v'");
    put(c, base_ms, buf_cstr(&sets), buf_cstr(&more));
    CHECK_INT(metrics(c, "Sets", ""), 30);
    buf_c(&many_metrics, "{'Namespace':'Metrics','Metrics':[");
    repeat(&many_metrics, 101, "{'Name':", "n", "}");
    buf_c(&many_metrics, "]}");
    buf_clear(&more);
    buf_c(&more, ",");
    repeat(&more, 101, "", "n", ":1");
    put(c, base_ms, buf_cstr(&many_metrics), buf_cstr(&more));
    CHECK_INT(metrics(c, "Metrics", ""), 100);
    CHECK_INT(metrics(c, "Metrics", "n99"), 1);
    CHECK_INT(metrics(c, "Metrics", "n100"), 0);
    repeat(&directives, 11, "{'Metrics':[{'Name':'m'}],'Namespace':", "N", "}");
    put(c, base_ms, buf_cstr(&directives), ",'m':1");
    CHECK_INT(metrics(c, "N9", ""), 1);
    CHECK_INT(metrics(c, "N10", ""), 0);
}

static void limits_of_lengths(void **state) {
    struct cloud *c = *state;
    for (size_t n = 255; n <= 256; n++) { /* of a namespace, and of a metric's name */
        CLEANUP_DEINIT(buf) struct buf name = many(n, 'n'), directive = {0}, more = {0};
        buf_printf(&directive, "{'Namespace':'%s','Metrics':[{'Name':'m'}]}", buf_cstr(&name));
        put(c, base_ms, buf_cstr(&directive), ",'m':1");
        if (n == 255)
            CHECK_INT(metrics(c, buf_cstr(&name), ""), 1);
        buf_clear(&directive);
        buf_printf(&directive, "{'Namespace':'L%zu','Metrics':[{'Name':'%s'}]}", n,
                   buf_cstr(&name));
        buf_printf(&more, ",'%s':1", buf_cstr(&name));
        put(c, base_ms, buf_cstr(&directive), buf_cstr(&more));
    }
    ok(cloud_call_as(c, c->root, "cloudwatch", "ListMetrics", "{'MetricName':'m'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Metrics")), 1); /* not of 256 */
    CHECK_INT(metrics(c, "L255", ""), 1);
    CHECK_INT(metrics(c, "L256", ""), 0);
    for (size_t n = 1024; n <= 1025; n++) { /* of a dimension's value */
        CLEANUP_DEINIT(buf) struct buf value = many(n, 'v'), directive = {0}, more = {0};
        char name_space[8];
        snprintf(name_space, sizeof name_space, "V%zu", n);
        buf_printf(&directive, "{'Namespace':'%s','Dimensions':[['d']],'Metrics':[{'Name':'m'}]}",
                   name_space);
        buf_printf(&more, ",'m':1,'d':'%s'", buf_cstr(&value));
        put(c, base_ms, buf_cstr(&directive), buf_cstr(&more));
        CHECK_INT(metrics(c, name_space, ""), n == 1024);
    }
}

/* From two weeks ago to two hours ahead. */
static void times(void **state) {
    static const int64_t hour = 3600000, week = 7 * 24 * hour, margin = 30000;
    struct cloud *c = *state;
    int64_t now = clock_world_ms();
    const struct {
        const char *name_space, *directive;
        int64_t at;
        bool taken;
    } rows[] = {{"Old", ONE("Old"), now - 2 * week + margin, true},
                {"Older", ONE("Older"), now - 2 * week - margin, false},
                {"New", ONE("New"), now + 2 * hour - margin, true},
                {"Newer", ONE("Newer"), now + 2 * hour + margin, false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put(c, rows[i].at, rows[i].directive, ",'m':7");
        CHECK_CASE(statistic(c, rows[i].name_space, "Sum", rows[i].at) == (rows[i].taken ? 7 : -1),
                   rows[i].name_space);
    }
}

/* Without a time of its own the metric is at the line's time; spaces may lead. */
static void without_a_time(void **state) {
    struct cloud *c = *state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct hub_log line = {S(ACCOUNT),
                           S("us-east-1"),
                           S("g"),
                           S("s"),
                           base_ms,
                           S(" {\"_aws\":{\"CloudWatchMetrics\":"
                             "[{\"Namespace\":\"Late\",\"Metrics\":"
                             "[{\"Name\":\"m\",\"Unit\":\"Bytes\"}]}]},"
                             "\"m\":4}"),
                           false};
    hub_put_log(c->hub, batch, &line, 1);
    CHECK_INT(store_commit(c->store, batch, NULL), 0);
    CHECK(statistic(c, "Late", "Sum", base_ms) == 4);
    CHECK_STR(json_str(json_array_get(json_arr(c->call.out, "Datapoints"), 0), "Unit"), S("Bytes"));
}

/* A line within all these limits that stands for thirty thousand rows. */
static void write_bomb(struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf sets = {0}, names = {0}, members = {0};
    for (int i = 0; i < 30; i++) {
        buf_printf(&sets, "%s[\"d%d\"]", i ? "," : "", i);
        buf_printf(&members, ",\"d%d\":\"v\"", i);
    }
    for (int i = 0; i < 100; i++) {
        buf_printf(&names, "%s{\"Name\":\"m%d\"}", i ? "," : "", i);
        buf_printf(&members, ",\"m%d\":%d", i, i);
    }
    buf_c(out, "{\"_aws\":{\"CloudWatchMetrics\":[");
    for (int i = 0; i < 10; i++)
        buf_printf(out, "%s{\"Namespace\":\"Bomb%d\",\"Dimensions\":[%s],\"Metrics\":[%s]}",
                   i ? "," : "", i, buf_cstr(&sets), buf_cstr(&names));
    buf_printf(out, "]}%s}", buf_cstr(&members));
}

/* What a batch gets of it, and of many of them, is bounded; a plain line's metrics are left out. */
static void bombs(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf line = {0};
    write_bomb(&line);
    struct hub_log lines[20];
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        lines[i] = (struct hub_log){S(ACCOUNT), S("us-east-1"),  S("g"), S("s"),
                                    base_ms,    buf_view(&line), false};
    static const struct {
        const char *name;
        size_t n, least, most;
        bool plain;
    } rows[] = {
        {"one", 1, 3000, 2 * 3000 + 10, false},
        {"many", 20, 20000, 2 * 20000 + 100, false},
        {"plain", 20, 40, 50, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
        for (size_t n = 0; n < rows[i].n; n++)
            lines[n].plain = rows[i].plain;
        hub_put_log(c->hub, batch, lines, rows[i].n);
        CHECK_CASE(store_batch_rows(batch) >= rows[i].least, rows[i].name);
        CHECK_CASE(store_batch_rows(batch) <= rows[i].most, rows[i].name);
        CHECK_INT(store_commit(c->store, batch, NULL), 0);
    }
}

/* ---- PutLogEvents: whatever the events stand for is taken, or the caller is told ---- */
static void put_events(struct cloud *c, str line, size_t n, const char *code) {
    json_t *in = cloud_doc("{'logGroupName':'g','logStreamName':'s'}"), *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *event = json_object();
        json_set_int(event, "timestamp", base_ms);
        json_set_str(event, "message", line);
        json_array_append_new(list, event);
    }
    json_set(in, "logEvents", list);
    struct answer a = cloud_answer(c, c->root, "logs", "PutLogEvents", in, STR_NONE);
    CHECK_BUF(a.code, code);
    answer_deinit(&a);
}

static void of_one_call(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf bomb = {0}, big = {0};
    fill(c);
    put_events(c,
               S("{\"_aws\":{\"CloudWatchMetrics\":[{\"Namespace\":\"N\",\"Metrics\":[{\"Name\":"
                 "\"m\"},{\"Name\":\"n\"}]}]},\"m\":[1,2,3],\"n\":[4,5]}"),
               6000, ""); /* 30,000 values, 12,000 rows */
    CHECK(statistic(c, "N", "SampleCount", base_ms) == 18000);
    CHECK(statistic(c, "N", "Sum", base_ms) == 36000);
    write_bomb(&bomb);
    put_events(c, buf_view(&bomb), 1, "");
    for (int i = 0; i < 10; i++) {
        char name_space[8];
        snprintf(name_space, sizeof name_space, "Bomb%d", i);
        CHECK_INT(metrics(c, name_space, "m0"), 30);
        CHECK_INT(metrics(c, name_space, "m99"), 30);
    }
}

/* One list of a hundred, named a hundred times in each of 30 sets: 300,000 values of 3 KB. */
static void too_many_of_one_call(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf line = {0};
    fill(c);
    buf_c(&line, "{\"_aws\":{\"CloudWatchMetrics\":[{\"Namespace\":\"N\",\"Dimensions\":[");
    for (int i = 0; i < 30; i++)
        buf_c(&line, i ? ",[]" : "[]");
    buf_c(&line, "],\"Metrics\":[");
    for (int i = 0; i < 100; i++)
        buf_printf(&line, "%s{\"Name\":\"m\"}", i ? "," : "");
    buf_c(&line, "]}]},\"m\":[");
    for (int i = 0; i < 100; i++)
        buf_c(&line, i ? ",1" : "1");
    buf_c(&line, "]}");
    put_events(c, buf_view(&line), 4, "InvalidParameterException");
    CHECK(statistic(c, "N", "SampleCount", base_ms) == -1); /* nothing was committed */
    put_events(c, buf_view(&line), 3, "");
    CHECK(statistic(c, "N", "SampleCount", base_ms) == 900000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(values), T(values_of_a_list), T(dimensions), T(limits_of_counts), T(limits_of_lengths),
        T(times),  T(without_a_time),   T(bombs),      T(of_one_call),      T(too_many_of_one_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
