/* The states of an environment, one by one: the table of steps, and what must agree with them. */
#include "env_fixture.h"

#include <signal.h>
#include <sys/wait.h>

/* ---- The table ---- */
static void test_table(void **) {
    /* A row a state: what it may become, in the order of the states. */
    static const struct {
        const char *name, *may;
    } rows[ENV_STATES] = {
        [ENV_STARTING] = {"STARTING", "Sib-hHd"}, [ENV_IDLE] = {"IDLE", "-ib--Hd"},
        [ENV_BUSY] = {"BUSY", "S-bshHd"},         [ENV_SETTLING] = {"SETTLING", "-ib-hHd"},
        [ENV_HALTING] = {"HALTING", "S---hHd"},   [ENV_HALTED] = {"HALTED", "S-----d"},
        [ENV_DYING] = {"DYING", "------d"},
    };
    for (int from = 0; from < ENV_STATES; from++) {
        CHECK_TEXT(lambda_env_state_name((enum lambda_env_state)from), rows[from].name);
        for (int to = 0; to < ENV_STATES; to++)
            CHECK_CASE(
                lambda_env_may_become((enum lambda_env_state)from, (enum lambda_env_state)to) ==
                    (rows[from].may[to] != '-'),
                rows[from].name);
    }
}

/* ---- A life ---- */
static void check_counts(const struct lambda_env *env, unsigned running) {
    CHECK_INT(env->pool->running, running);
    CHECK_INT(lambda_running_locked(svc, S(ACCOUNT)), running);
}

static void test_life(void **) {
    CLEANUP(lambda_fn)
    struct lambda_fn *fn = function("life", "\"MemorySize\":256,\"Timeout\":7", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_pool *pool = lambda_pool_of_locked(svc, buf_view(&fn->arn));
    CHECK(lambda_pool_of_locked(svc, buf_view(&fn->arn)) == pool);
    struct lambda_inv *inv = invocation(fn);
    inv->async = true;
    int64_t before = clock_mono_ns();
    struct lambda_env *env = lambda_env_new_locked(svc, pool, inv);

    CHECK_INT(env->state, ENV_STARTING);
    CHECK_INT(pool->n_envs, 1);
    CHECK_INT(svc->n_envs, 1);
    CHECK_INT(svc->starting, 1);
    CHECK_INT(svc->memory_used, (256 + 512 + 8) << 20); /* memory, /tmp, and what a sandbox costs */
    CHECK_INT(svc->async_running, 1);
    CHECK_INT(inv->concurrent, 1);
    CHECK(env->inv == inv && inv->env == env && !inv->delivered);
    check_counts(env, 1);
    CHECK_RANGE(env->deadline_ns - before, 10000000000, 11000000000);

    CHECK(!lambda_env_started_locked(env, true));
    CHECK_INT(svc->starting, 0);
    CHECK_INT(env->refs, 1);
    lambda_env_ready_locked(env);
    int64_t init_ns = env->init_ns;
    CHECK(env->ready);
    lambda_env_ready_locked(env); /* the first call alone counts */
    CHECK_INT(env->init_ns, init_ns);

    before = clock_mono_ns();
    lambda_env_deliver_locked(env);
    CHECK_INT(env->state, ENV_BUSY);
    CHECK(inv->delivered);
    CHECK_RANGE(env->deadline_ns - before, 7000000000, 8000000000);
    CHECK_STR(line_at(&env->lines, 0), buf_view(&inv->tail));
    CHECK_HAS(buf_cstr(&inv->tail), "START RequestId: ");

    before = clock_mono_ns();
    CHECK(lambda_env_settle_locked(env) == inv);
    CHECK_INT(env->state, ENV_SETTLING);
    CHECK(!env->inv && !inv->env && env->lines.n == 0 && inv->lines.n == 1);
    CHECK_INT(svc->backlog, lambda_lines_cost(&inv->lines));
    CHECK_INT(svc->async_running, 0);
    check_counts(env, 0);
    CHECK_RANGE(env->deadline_ns - before, 7000000000, 8000000000);
    CHECK_RANGE(env->settled_ns - before, 0, 1000000000);
    CHECK_INT(inv->finished_ns, env->settled_ns);
    CHECK_BUF(inv->log_group, "/aws/lambda/life");
    lambda_inv_free(inv);

    before = clock_mono_ns();
    lambda_env_park_locked(env, some_request());
    CHECK_INT(env->state, ENV_IDLE);
    CHECK_RANGE(env->deadline_ns - before, 300000000000, 301000000000);
    lambda_env_unpark_locked(env, NULL); /* another request is over */
    CHECK(env->parked == some_request());
    lambda_env_unpark_locked(env, some_request());
    CHECK(!env->parked);

    before = clock_mono_ns();
    inv = invocation(fn);
    lambda_env_assign_locked(env, inv);
    CHECK_INT(env->state, ENV_BUSY);
    CHECK(!inv->delivered && env->inv == inv);
    CHECK_RANGE(env->deadline_ns - before, 7000000000, 8000000000);
    CHECK_INT(svc->async_running, 0);
    check_counts(env, 1);

    lambda_env_kill_locked(env);
    CHECK_INT(env->state, ENV_DYING);
    CHECK(env->deadline_ns == INT64_MAX);
    lambda_env_kill_locked(env); /* nothing more */
    lambda_inv_free(lambda_env_detach_locked(env));
    lambda_env_ref_locked(env);
    lambda_env_reap_locked(env);
    CHECK_INT(pool->n_envs, 0);
    CHECK_INT(svc->n_envs, 0);
    CHECK_INT(svc->memory_used, 0);
    CHECK(list_empty(&pool->envs));
    CHECK_INT(env->refs, 1);
    lambda_env_unref_locked(env); /* the sanitizer says whether all of it went */
}

/* ---- Another life in the same sandbox ---- */
static void check_anew(const struct lambda_env *env, unsigned life, int64_t before) {
    CHECK_INT(env->state, ENV_STARTING);
    CHECK_INT(env->life, life);
    CHECK(env->in_invoke && !env->ready && env->inv && !env->inv->delivered);
    CHECK_RANGE(env->start_ns - before, 0, 1000000000);
    CHECK_RANGE(env->deadline_ns - before, 7000000000, 8000000000); /* the function's own time */
    CHECK_INT(svc->memory_used, lambda_env_most(env));
}

/* The time of its start is the invocation's: neither clock begins again when it has its event. */
static void check_served(struct lambda_env *env) {
    int64_t deadline_ns = env->deadline_ns, delivered_ns = env->inv->delivered_ns;
    lambda_env_ready_locked(env);
    lambda_env_deliver_locked(env);
    CHECK_INT(env->state, ENV_BUSY);
    CHECK_INT(env->deadline_ns, deadline_ns);
    CHECK_INT(env->inv->delivered_ns, delivered_ns);
    CHECK_INT(delivered_ns, env->start_ns);
}

static void check_halted(const struct lambda_env *env, int64_t before) {
    CHECK_INT(env->state, ENV_HALTED);
    CHECK(lambda_env_rests(env) && !env->inv && !env->parked && !env->answering);
    CHECK_RANGE(env->deadline_ns - before, 300000000000, 301000000000);
    CHECK_RANGE(env->weigh_ns - before, 0, 1000000000);
    check_counts(env, 0);
}

/* Ended by itself with an event, ended by us, given an event while it is halted, and afterwards. */
static void test_lives(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("lives", "\"Timeout\":7", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env = busy_locked(fn);
    int64_t before = clock_mono_ns();
    lambda_inv_free(lambda_env_detach_locked(env));
    lambda_env_halted_locked(env);
    check_halted(env, before);
    lambda_env_weigh_locked(env, 5 << 20);
    CHECK_INT(svc->memory_used, (5 << 20) + SANDBOX_OVERHEAD);

    before = clock_mono_ns();
    lambda_env_assign_locked(env, invocation(fn));
    check_anew(env, 1, before);
    check_counts(env, 1);
    check_served(env);

    before = clock_mono_ns();
    lambda_env_begin_answer_locked(env, some_request());
    lambda_inv_free(lambda_env_detach_locked(env));
    lambda_env_halt_locked(env);
    CHECK_INT(env->state, ENV_HALTING);
    CHECK(!lambda_env_rests(env));
    CHECK_RANGE(env->deadline_ns - before, 2000000000, 3000000000);
    CHECK_INT(svc->memory_used, lambda_env_most(env)); /* what dies may still hold all of it */
    lambda_env_assign_locked(env, invocation(fn));
    CHECK_INT(env->state, ENV_HALTING);
    CHECK_INT(env->life, 1);
    before = clock_mono_ns();
    lambda_env_halted_locked(env);
    check_anew(env, 2, before);
    CHECK(!lambda_env_end_answer_locked(env, some_request())); /* it was the dead one's */
    check_served(env);

    lambda_inv_free(lambda_env_settle_locked(env));
    lambda_env_halt_locked(env);
    before = clock_mono_ns();
    lambda_env_halted_locked(env);
    check_halted(env, before);
    lambda_env_kill_locked(env);
    CHECK_INT(env->state, ENV_DYING);
    lambda_env_halt_locked(env); /* nothing more */
    CHECK_INT(env->state, ENV_DYING);
}

/* A start that fails is tried again with the same event and the function's own time, once. */
static void test_second_try(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("tried", "\"Timeout\":7", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_inv *inv = invocation(fn);
    struct lambda_env *env =
        lambda_env_new_locked(svc, lambda_pool_of_locked(svc, buf_view(&fn->arn)), inv);
    CHECK(!env->in_invoke);
    CHECK(!lambda_env_started_locked(env, true));
    env->start_ns -= 120 * 1000000;
    CHECK(!lambda_env_init_failed_locked(env, "Runtime.Bad"));
    CHECK(env->inv == inv && inv->init_again);
    lambda_env_halt_locked(env);
    int64_t before = clock_mono_ns();
    lambda_env_halted_locked(env);
    check_anew(env, 1, before);
    CHECK(env->inv == inv);
    CHECK_HAS(buf_cstr(&inv->tail), "INIT_REPORT Init Duration: 12");
    CHECK_HAS(buf_cstr(&inv->tail), "ms\tPhase: init\tStatus: error\tError Type: Runtime.Bad\n");

    CHECK(lambda_env_exited_locked(env, &(struct sandbox_end){.code = 4}) == inv);
    CHECK_HAS(buf_cstr(&inv->tail),
              "ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError\nSTART RequestId: ");
    CHECK_HAS(buf_cstr(&inv->outcome.payload),
              "Error: Runtime exited with error: exit status 4\"}");
    lambda_env_halted_locked(env);
    CHECK_INT(env->state, ENV_HALTED);
    lambda_inv_free(inv);
}

static void test_second_start_has_the_functions_time(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("slow", "\"Timeout\":60", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_inv *inv = invocation(fn);
    inv->init_again = true;
    int64_t before = clock_mono_ns();
    struct lambda_env *env =
        lambda_env_new_locked(svc, lambda_pool_of_locked(svc, buf_view(&fn->arn)), inv);
    CHECK_RANGE(env->deadline_ns - before, 60000000000, 61000000000);
    CHECK(!lambda_env_started_locked(env, true));
}

static void test_failed_start(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fails", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_inv *inv = invocation(fn);
    struct lambda_env *env =
        lambda_env_new_locked(svc, lambda_pool_of_locked(svc, buf_view(&fn->arn)), inv);
    CHECK(lambda_env_started_locked(env, false) == inv);
    CHECK(!inv->env);
    CHECK_INT(svc->n_envs, 0);
    CHECK_INT(svc->starting, 0);
    CHECK_INT(svc->memory_used, 0);
    CHECK_INT(lambda_running_locked(svc, S(ACCOUNT)), 0);
    lambda_inv_free(inv);
}

/* A service that stops lets a start end, but not live. */
static void test_start_while_stopping(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("late", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env =
        lambda_env_new_locked(svc, lambda_pool_of_locked(svc, buf_view(&fn->arn)), invocation(fn));
    svc->stopping = true;
    CHECK(!lambda_env_started_locked(env, true));
    CHECK_INT(env->state, ENV_DYING);
    CHECK(env->inv);
    CHECK_INT(svc->n_envs, 1);
    svc->stopping = false;
}

/* ---- Steps that there are not ---- */
static void settle_twice(struct lambda_env *env) {
    lambda_inv_free(lambda_env_settle_locked(env));
    lambda_env_deliver_locked(env);
}
static void park_while_busy(struct lambda_env *env) { lambda_env_park_locked(env, some_request()); }
static void second_event(struct lambda_env *env) {
    lambda_env_assign_locked(env, invocation(env->fn));
}
static void reap_with_an_event(struct lambda_env *env) { lambda_env_reap_locked(env); }
static void rest_with_an_event(struct lambda_env *env) {
    lambda_env_halt_locked(env);
    lambda_env_park_locked(env, some_request());
}
static void halt_what_rests(struct lambda_env *env) {
    lambda_inv_free(lambda_env_release_locked(env));
    lambda_env_halted_locked(env);
    lambda_env_halt_locked(env);
}
static void event_for_the_dead(struct lambda_env *env) {
    lambda_inv_free(lambda_env_release_locked(env));
    lambda_env_kill_locked(env);
    lambda_env_assign_locked(env, invocation(env->fn));
}
#ifdef CALOTYPE_CHECKS
static void without_the_lock(struct lambda_env *env) {
    lock_drop(&svc->lock);
    lambda_env_kill_locked(env);
}
#endif

static void test_no_other_steps(void **) {
    static const struct {
        const char *name;
        void (*step)(struct lambda_env *env);
    } cases[] = {
        {"answer without an event", settle_twice},
        {"idle with an event", park_while_busy},
        {"a second event", second_event},
        {"reaped with an event", reap_with_an_event},
        {"an event for the dead", event_for_the_dead},
        {"idle while it is halted", rest_with_an_event},
        {"halted once more", halt_what_rests},
#ifdef CALOTYPE_CHECKS
        {"without the lock", without_the_lock},
#endif
    };
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("wrong", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env = busy_locked(fn);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            fclose(stderr);        /* what it says there is for who sees it by surprise */
            lock_init(&svc->lock); /* the parent's thread has the old one, not this */
            lock_take(&svc->lock);
            cases[i].step(env);
            _exit(0);
        }
        CHECK_INT(waitpid(pid, &status, 0), pid);
        CHECK_CASE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, cases[i].name);
    }
}

/* ---- What a program finds in its environment ---- */
static const char *variable(const struct lambda_variables *v, const char *name) {
    const char *found = NULL;
    for (size_t i = 0; v->at[i]; i++) {
        if (strncmp(v->at[i], name, strlen(name)) == 0 && v->at[i][strlen(name)] == '=') {
            CHECK_CASE(!found, name); /* none twice */
            found = v->at[i] + strlen(name) + 1;
        }
    }
    return found;
}

static void test_variables(void **) {
    CLEANUP(lambda_fn)
    struct lambda_fn *fn = function("vars",
                                    "\"Handler\":\"a.b\",\"MemorySize\":192,\"Environment\":"
                                    "{\"Variables\":{\"TZ\":\":CET\",\"EMPTY\":\"\"}}",
                                    "");
    struct aws_credentials keys = {.access_key = "AKIA", .secret_key = "hidden"};
    buf_c(&keys.session_token, "token");
    struct lambda_env env = {.fn = fn,
                             .stream = "2026/01/01/[$LATEST]x",
                             .runtime = lambda_runtime_find(S("provided"))};
    struct lambda_variables v = {0};
    lambda_variables_fill(&v, &env, &keys);
    static const char *const want[][2] = {
        {"_HANDLER", "a.b"},
        {"TZ", ":CET"},
        {"EMPTY", ""},
        {"PYTHONPATH", NULL},
        {"AWS_REGION", "us-east-1"},
        {"AWS_DEFAULT_REGION", "us-east-1"},
        {"AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"},
        {"AWS_LAMBDA_FUNCTION_NAME", "vars"},
        {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
        {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "192"},
        {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
        {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/vars"},
        {"AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]x"},
        {"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"},
        {"AWS_ACCESS_KEY_ID", "AKIA"},
        {"AWS_SECRET_ACCESS_KEY", "hidden"},
        {"AWS_SESSION_TOKEN", "token"},
        {"LAMBDA_TASK_ROOT", "/var/task"},
        {"LAMBDA_RUNTIME_DIR", "/var/runtime"},
        {"HOME", "/tmp"},
        {"AWS_ENDPOINT_URL", "http://127.0.0.1"},
        {"SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"},
        {"AWS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt"},
    };
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK_TEXT(variable(&v, want[i][0]), want[i][1]);
    CHECK(!v.at[v.n]);
    lambda_variables_deinit(&v);

    env.runtime = lambda_runtime_find(S("python3.11"));
    v = (struct lambda_variables){0};
    lambda_variables_fill(&v, &env, &keys);
    CHECK_TEXT(variable(&v, "PYTHONPATH"), "/var/runtime");
    CHECK_TEXT(variable(&v, "AWS_ENDPOINT_URL"), NULL); /* AWS's own names are used */
    lambda_variables_deinit(&v);
    buf_deinit(&keys.session_token);
}

/* How many variables a function has that brings n of its own; the list ends behind them. */
static size_t count_variables(int n) {
    CLEANUP_DEINIT(buf) struct buf config = {0};
    buf_c(&config, "\"Environment\":{\"Variables\":{");
    for (int i = 0; i < n; i++)
        buf_printf(&config, "%s\"%c%02x\":\"\"", i ? "," : "", 'A' + i / 256, i % 256);
    buf_c(&config, "}}");
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("many", buf_cstr(&config), "");
    struct aws_credentials keys = {0};
    struct lambda_env env = {.fn = fn, .runtime = lambda_runtime_find(S("provided"))};
    struct lambda_variables v = {0};
    lambda_variables_fill(&v, &env, &keys);
    size_t count = v.n;
    CHECK(!v.at[count] && v.at[count - 1]);
    lambda_variables_deinit(&v);
    return count;
}

static void test_many_variables(void **) {
    size_t ours = count_variables(0);
    CHECK_INT(count_variables(400), 400 + ours);
    CHECK_INT(count_variables(512), 512 + ours); /* more are no 4 KB */
    CHECK_INT(count_variables(900), LAMBDA_VARIABLES_MOST);
}

/* ---- The runtimes ---- */
static void test_runtimes(void **) {
    static const char *const provided[] = {"provided.al2023", "provided.al2", "provided"};
    for (size_t i = 0; i < ARRAY_LEN(provided); i++) {
        const struct lambda_runtime *r = lambda_runtime_find(str_c(provided[i]));
        CHECK_CASE(r, provided[i]);
        CHECK_TEXT(r->name, provided[i]);
        CHECK_CASE(r->retired == (i > 0), provided[i]); /* runs on, and is not taken any more */
        CHECK_TEXT(r->family->entry[0], "/var/task/bootstrap");
        CHECK_TEXT(r->family->own_program, "bootstrap");
        CHECK(!r->family->language && !r->version);
    }
    static const char *const absent[] = {"",         "provided.al", "provided.al20233", "Provided",
                                         "python",   "python2.7",   "python3",          "python3.5",
                                         "nodejs18", "nodejs21.x"};
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        CHECK_CASE(!lambda_runtime_find(str_c(absent[i])), absent[i]);
    CHECK(!lambda_runtime_find(STR_NONE));
}

/* Every python3 and nodejs that AWS's model names is a row: the newest one here, by its names. */
static void test_interpreted_runtimes(void **) {
    static const char *const rows[][2] = {
        {"python3.6", "3.6"},   {"python3.7", "3.7"},   {"python3.8", "3.8"},
        {"python3.9", "3.9"},   {"python3.10", "3.10"}, {"python3.11", "3.11"},
        {"python3.12", "3.12"}, {"python3.13", "3.13"}, {"python3.14", "3.14"},
        {"nodejs", "0.10"},     {"nodejs4.3", "4"},     {"nodejs4.3-edge", "4"},
        {"nodejs6.10", "6"},    {"nodejs8.10", "8"},    {"nodejs10.x", "10"},
        {"nodejs12.x", "12"},   {"nodejs14.x", "14"},   {"nodejs16.x", "16"},
        {"nodejs18.x", "18"},   {"nodejs20.x", "20"},   {"nodejs22.x", "22"},
        {"nodejs24.x", "24"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct lambda_runtime *r = lambda_runtime_find(str_c(rows[i][0]));
        CHECK_CASE(r && !r->retired, rows[i][0]);
        CHECK_TEXT(r->version, rows[i][1]);
        CHECK_TEXT(r->family->language, rows[i][0][0] == 'p' ? "Python" : "Node");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_many_variables),
        cmocka_unit_test(test_runtimes),
        cmocka_unit_test(test_interpreted_runtimes),
#define LIVES(test) cmocka_unit_test_setup_teardown(test, env_setup, env_teardown)
        LIVES(test_life),
        LIVES(test_lives),
        LIVES(test_second_try),
        LIVES(test_second_start_has_the_functions_time),
        LIVES(test_failed_start),
        LIVES(test_start_while_stopping),
        LIVES(test_no_other_steps),
#undef LIVES
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
