/* svc/calotype: what GetStatus says of a daemon, and who may ask. */
#include "svc/calotype/calotype.h"

#include "base/clock.h"
#include "base/log.h"
#include "lib/cloud.h"

#include <errno.h>
#include <unistd.h>

static struct calotype_facts facts;

static void look(void *ctx, struct calotype_facts *ret) {
    CHECK(ctx == &facts);
    *ret = facts;
}

static int calotype_plug_open(void **ret_svc, struct store *, struct hub *, struct err *err) {
    static const struct calotype_options options = {.look = look, .ctx = &facts};
    struct calotype_svc *svc = NULL;
    int r = calotype_open(&svc, &options, err);
    *ret_svc = svc;
    return r;
}
static struct aws_service calotype_plug_service(void *svc) { return calotype_service(svc); }
static void calotype_plug_close(void *svc) { calotype_close(svc); }
static const struct cloud_plug plug = {calotype_plug_open, calotype_plug_service,
                                       calotype_plug_close};

static int setup(void **state) {
    facts = (struct calotype_facts){
        .endpoint = "https://127.0.0.1:4566",
        .region = "eu-west-1",
        .account = ACCOUNT,
        .isolation = "full",
        .isolation_lacks = "",
        .limits = {{"memory", "cgroup"}, {"cpu", "none"}},
        .n_limits = 2,
        .room = {5000, 4000},
        .memory_bytes = 1000,
        .memory_used = 10,
        .environments = 2,
        .async_at_once = 4,
        .backlogs = {{"event", 0, 0}, {"invoke", 3, 1700000001000}, {"stack", 2, 1700000000000}},
        .n_backlogs = 3,
        .up_ms = 1234};
    cloud_setup(state);
    cloud_plug(*state, &plug);
    return 0;
}

/* Takes WorldTime from the answer, which must be the world's time of the call. */
static void check_time(struct cloud *c, int64_t before_ms) {
    double ms = json_num(c->call.out, "WorldTime", 0) * 1000;
    CHECK(ms > (double)before_ms - 1 && ms < (double)clock_world_ms() + 1);
    json_object_del(c->call.out, "WorldTime");
    json_object_del(c->call.out, "LastErrors"); /* what other cases have caused */
}

static void check_answer(struct cloud *c, const char *members) {
    CLEANUP_DEINIT(buf) struct buf want = {0};
    buf_printf(&want,
               "{'Version':'%s','Endpoint':'https://127.0.0.1:4566','Region':'eu-west-1',"
               "'Account':'" ACCOUNT "','ProcessId':%d,'UpMs':1234,"
               "'IsolationLimits':{'memory':'cgroup','cpu':'none'},'Scrub':{'State':'never'},"
               "'FreeBytes':5000,'ReserveBytes':4000,"
               "'Functions':{'MemoryBytes':1000,'MemoryUsed':10,'Environments':2,'AsyncAtOnce':4},"
               "'Queue':{'Waiting':5,'OldestWaiting':'2023-11-14T22:13:20.000Z','Kinds':["
               "{'Kind':'event','Waiting':0},"
               "{'Kind':'invoke','Waiting':3,'OldestWaiting':'2023-11-14T22:13:21.000Z'},"
               "{'Kind':'stack','Waiting':2,'OldestWaiting':'2023-11-14T22:13:20.000Z'}]},%s}",
               CALOTYPE_VERSION, (int)getpid(), members);
    CLEANUP_JSON json_t *doc = cloud_doc(buf_cstr(&want));
    CLEANUP_DEINIT(buf) struct buf got = {0};
    json_write(&got, c->call.out);
    CHECK_CASE(json_equal(c->call.out, doc), buf_cstr(&got));
}

static void how_the_daemon_is(void **state) {
    struct cloud *c = *state;
    int64_t before = clock_world_ms();
    ok(cloud_call_as(c, c->root, "calotype", "GetStatus", "{}"));
    check_time(c, before);
    check_answer(c, "'Status':'ok','Writable':true,'Isolation':'full','WorldOffsetMs':0");
    facts.isolation = "userns";
    facts.isolation_lacks = "cgroups";
    clock_set_offset_ms(86400000);
    before = clock_world_ms();
    ok(cloud_call_as(c, c->root, "calotype", "GetStatus", "{}"));
    check_time(c, before);
    check_answer(c, "'Status':'ok','Writable':true,'Isolation':'userns','IsolationLacks':'cgroups',"
                    "'WorldOffsetMs':86400000");
}

static void a_daemon_that_is_not_well(void **state) {
    static const struct {
        enum calotype_state state;
        const char *members;
    } cases[] = {{CALOTYPE_DEGRADED, "'Status':'degraded','Writable':true"},
                 {CALOTYPE_FULL, "'Status':'full','Writable':false"},
                 {CALOTYPE_READONLY, "'Status':'read-only','Writable':false"}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf members = {0};
        int64_t before = clock_world_ms();
        facts.state = cases[i].state;
        err_set(&facts.why, -EIO, "this is why");
        ok(cloud_call_as(c, c->root, "calotype", "GetStatus", "{}"));
        check_time(c, before);
        buf_printf(&members, "%s,'Reason':'this is why','Isolation':'full','WorldOffsetMs':0",
                   cases[i].members);
        check_answer(c, buf_cstr(&members));
    }
}

/* Of each kind the last one and how many there were, the newest first. */
static void the_last_errors(void **state) {
    struct cloud *c = *state;
    for (int i = 0; i < 3; i++)
        log_error("test", "number %d of a kind", i);
    log_warn("test", "no error");
    for (int64_t then = clock_real_ms(); clock_real_ms() == then;)
        ;
    log_error("test", "%s", "a line\nwith \x1b[31mcolours");
    ok(cloud_call_as(c, c->root, "calotype", "GetStatus", "{}"));
    const json_t *errors = json_object_get(c->call.out, "LastErrors");
    const json_t *first = json_array_get(errors, 0), *second = json_array_get(errors, 1);
    CHECK_STR(json_str(first, "Text"), S("a line\\u000awith \\u001b[31mcolours"));
    CHECK_STR(json_str(second, "Text"), S("number 2 of a kind"));
    CHECK_STR(json_str(second, "Room"), S("test"));
    CHECK_INT(json_int(second, "Count", 0), 3);
}

static void who_may_ask(void **state) {
    struct cloud *c = *state;
    fails(cloud_call_as(c, c->user, "calotype", "GetStatus", "{}"), "AccessDeniedException");
    cloud_user_policy(c, "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\","
                         "\"Action\":\"calotype:GetStatus\",\"Resource\":\"*\"}}");
    ok(cloud_call_as(c, c->user, "calotype", "GetStatus", "{}"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(how_the_daemon_is), T(a_daemon_that_is_not_well),
                                       T(the_last_errors), T(who_may_ask)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
