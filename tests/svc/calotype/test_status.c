/* svc/calotype: what GetStatus says of a daemon, and who may ask. */
#include "svc/calotype/calotype.h"

#include "base/clock.h"
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
    facts = (struct calotype_facts){.endpoint = "https://127.0.0.1:4566",
                                    .region = "eu-west-1",
                                    .account = ACCOUNT,
                                    .isolation = "full",
                                    .isolation_lacks = "",
                                    .limits = {{"memory", "cgroup"}, {"cpu", "none"}},
                                    .n_limits = 2,
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
}

static void check_answer(struct cloud *c, const char *members) {
    CLEANUP_DEINIT(buf) struct buf want = {0};
    buf_printf(&want,
               "{'Version':'%s','Endpoint':'https://127.0.0.1:4566','Region':'eu-west-1',"
               "'Account':'" ACCOUNT "','ProcessId':%d,'UpMs':1234,"
               "'IsolationLimits':{'memory':'cgroup','cpu':'none'},'Scrub':{'State':'never'},%s}",
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
    check_answer(c, "'Status':'ok','Isolation':'full','WorldOffsetMs':0");
    facts.isolation = "userns";
    facts.isolation_lacks = "cgroups";
    clock_set_offset_ms(86400000);
    before = clock_world_ms();
    ok(cloud_call_as(c, c->root, "calotype", "GetStatus", "{}"));
    check_time(c, before);
    check_answer(c, "'Status':'ok','Isolation':'userns','IsolationLacks':'cgroups',"
                    "'WorldOffsetMs':86400000");
}

static void a_daemon_that_takes_no_changes(void **state) {
    struct cloud *c = *state;
    int64_t before = clock_world_ms();
    facts.readonly = true;
    err_set(&facts.why_readonly, -EIO, "the disk is full");
    ok(cloud_call_as(c, c->root, "calotype", "GetStatus", "{}"));
    check_time(c, before);
    check_answer(c, "'Status':'read-only','Reason':'the disk is full','Isolation':'full',"
                    "'WorldOffsetMs':0");
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
    const struct CMUnitTest tests[] = {T(how_the_daemon_is), T(a_daemon_that_takes_no_changes),
                                       T(who_may_ask)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
