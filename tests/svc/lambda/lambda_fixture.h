#pragma once
/*
 * A cloud with Lambda alone in it: known identities, a role whose policy the test sets, and doors
 * of the hub that remember what went through them (log lines, metrics, messages).
 */
#include "lib/cloud.h"
#include "lib/sandboxed.h"

#include "base/codec.h"
#include "base/io.h"
#include "base/json.h"
#include "base/lock.h"
#include "svc/lambda/lambda.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#define ROLE_ARN     "arn:aws:iam::" ACCOUNT ":role/runner"
#define FN_ARN(name) "arn:aws:lambda:us-east-1:" ACCOUNT ":function:" name

struct fixture {
    struct cloud c;
    struct sandbox_spawner *spawner;
    struct store *store; /* these three and root are the cloud's */
    struct hub *hub;
    struct aws_cloud *cloud;
    struct lambda_svc *lambda;
    struct aws_service service;
    struct net *net;
    struct aws_identity root;
    bool runs;                   /* functions are run */
    struct lambda_places places; /* of interpreters; set before fixture_open */
    struct policy *role_policy;
    pthread_mutex_t lock;
    struct buf log;      /* every line, as "group|stream|message" */
    struct buf metrics;  /* "Name=value;" */
    struct buf messages; /* "target|payload|attributes\n" */
    int assumed;
};
static struct fixture fx;

/* ---- Identities ---- */
struct role_identity {
    struct aws_identity id;
    const struct policy *list[1];
};
static void role_freed(struct aws_identity *id) { free(id); }

static inline int role(void *ctx, str arn, str service, str session, struct aws_identity **ret,
                       struct err *err) {
    (void)ctx;
    (void)session;
    (void)err;
    if (!str_is(arn, ROLE_ARN) || !str_is(service, "lambda.amazonaws.com"))
        return AWS_E_NO_ROLE;
    struct role_identity *r = mem_new(struct role_identity);
    r->id = (struct aws_identity){.refs = 1,
                                  .free_data = role_freed,
                                  .principal = {PRINCIPAL_SESSION, S(ACCOUNT),
                                                S("arn:aws:sts::" ACCOUNT ":assumed-role/runner/x"),
                                                S(ROLE_ARN)}};
    r->list[0] = fx.role_policy;
    r->id.policies.identity = r->list;
    r->id.policies.n_identity = fx.role_policy ? 1 : 0;
    *ret = &r->id;
    return 0;
}

static inline int assume(void *ctx, str arn, str service, str session, struct aws_session_key key,
                         int64_t seconds, struct aws_credentials *ret, struct err *err) {
    (void)ctx;
    (void)session;
    (void)key;
    (void)err;
    (void)service;
    if (!str_is(arn, ROLE_ARN))
        return AWS_E_NO_ROLE;
    LOCK_SCOPE(&fx.lock);
    fx.assumed++;
    snprintf(ret->access_key, sizeof ret->access_key, "ASIATESTKEY%d", fx.assumed);
    snprintf(ret->secret_key, sizeof ret->secret_key, "secret");
    buf_c(&ret->session_token, "token");
    ret->expires_ms = clock_real_ms() + seconds * 1000;
    return 0;
}

static inline int find(void *ctx, str key, struct aws_identity **ret) {
    (void)ctx;
    (void)key;
    (void)ret;
    return AWS_E_NO_KEY;
}

static inline void role_may(const char *statements) {
    struct err err = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "{\"Version\":\"2012-10-17\",\"Statement\":%s}", statements);
    fx.role_policy = policy_free(fx.role_policy);
    if (policy_new(&fx.role_policy, POLICY_IDENTITY, buf_view(&text), &err))
        fail_msg("%s", err.text);
}

/* ---- Doors that remember ---- */
static inline void remember_log(void *ctx, struct store_batch *batch, const struct hub_log *lines,
                                size_t n) {
    (void)ctx;
    (void)batch;
    LOCK_SCOPE(&fx.lock);
    for (size_t i = 0; i < n; i++)
        buf_printf(&fx.log, STR_FMT "|" STR_FMT "|" STR_FMT, STR_ARG(lines[i].group),
                   STR_ARG(lines[i].stream), STR_ARG(lines[i].message));
}

static inline void remember_metric(void *ctx, struct store_batch *batch,
                                   const struct hub_metric *m) {
    (void)ctx;
    (void)batch;
    LOCK_SCOPE(&fx.lock);
    CHECK(m->n_dimensions == 1 && str_is(m->name_space, "AWS/Lambda"));
    buf_printf(&fx.metrics, STR_FMT ":" STR_FMT "=%g;", STR_ARG(m->dimensions[0].value),
               STR_ARG(m->name), m->value);
}

static inline int remember_message(void *ctx, struct store_batch *batch,
                                   const struct hub_event *e) {
    (void)ctx;
    (void)batch;
    LOCK_SCOPE(&fx.lock);
    buf_printf(&fx.messages, STR_FMT "|" STR_FMT "|" STR_FMT "\n", STR_ARG(e->target),
               STR_ARG(e->payload), STR_ARG(e->attributes));
    return HUB_OK;
}

enum { PATIENCE_MS = 30000 };
/* Waits until text stands in what was remembered. */
static inline bool seen(const struct buf *what, const char *text) {
    LOCK_SCOPE(&fx.lock);
    return str_find(buf_view(what), str_c(text)) >= 0;
}
static inline void wait_for(const struct buf *what, const char *text) {
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (!seen(what, text)) {
        if (clock_mono_ms() > until)
            fail_msg("\"%s\" did not come; there is: %.3000s", text, buf_cstr(what));
        poll(NULL, 0, 2);
    }
}
static inline size_t count_of(const struct buf *what, const char *text) {
    LOCK_SCOPE(&fx.lock);
    size_t n = 0;
    str rest = buf_view(what);
    for (ptrdiff_t at; (at = str_find(rest, str_c(text))) >= 0; n++)
        rest = str_skip(rest, (size_t)at + strlen(text));
    return n;
}
static inline void forget_all(void) {
    LOCK_SCOPE(&fx.lock);
    buf_clear(&fx.log);
    buf_clear(&fx.metrics);
    buf_clear(&fx.messages);
}

/* ---- Life ---- */
static inline int plug_lambda_open(void **ret_svc, struct store *store, struct hub *hub,
                                   struct err *err) {
    fx.store = store;
    fx.hub = hub;
    fx.cloud = fx.c.cloud;
    hub_plug_log(hub, remember_log, NULL);
    hub_plug_metric(hub, remember_metric, NULL);
    hub_plug_target(hub, S("sqs"), remember_message, NULL);
    hub_plug_target(hub, S("sns"), remember_message, NULL);
    struct lambda_options lambda = {.store = store,
                                    .hub = hub,
                                    .cloud = fx.cloud,
                                    .spawner = fx.runs ? fx.spawner : NULL,
                                    .ca_cert = S("test CA\n"),
                                    .places = fx.places,
                                    .memory_bytes = 8192ULL << 20};
    int r = lambda_open(&fx.lambda, &lambda, err);
    *ret_svc = fx.lambda;
    return r;
}
static inline struct aws_service plug_lambda_service(void *svc) { return lambda_service(svc); }
static inline void plug_lambda_close(void *svc) { fx.lambda = lambda_close(svc); }
static const struct cloud_plug plug_lambda = {plug_lambda_open, plug_lambda_service,
                                              plug_lambda_close};

static inline void start_services(void) {
    struct err err = {0};
    if (!fx.runs)
        return;
    struct net_options net = {.app = aws_cloud_app(fx.cloud), .threads = 8};
    if (net_start(&fx.net, &net, &err) || lambda_start(fx.lambda, fx.net, &err) ||
        hub_start(fx.hub, &err))
        fail_msg("%s", err.text);
}

/* After close_services: the same data again. */
static inline void open_services(bool run) {
    fx.runs = run;
    cloud_start(&fx.c);
    start_services();
}

static inline void stop_services(void) {
    hub_stop(fx.hub);
    if (fx.net) {
        lambda_stop(fx.lambda);
        fx.net = net_stop(fx.net, 1000);
    }
}

static inline void close_services(void) {
    stop_services();
    cloud_stop(&fx.c);
}

/* "full" or "userns", as the first argument of a test that runs functions; "full" without. */
static inline enum sandbox_level level_wanted(int argc, char **argv) {
    return argc > 1 && strcmp(argv[1], "userns") == 0 ? SANDBOX_USERNS : SANDBOX_FULL;
}

static inline bool become_ordinary(void) {
    enum { ORDINARY_UID = 12345 };
    if (geteuid() != 0)
        return true;
    return setgroups(0, NULL) == 0 && setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID) == 0 &&
           setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID) == 0 &&
           prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

/* Before any thread. 0, or the exit code of a test that wants this level. */
static inline int fixture_spawner(enum sandbox_level want) {
    struct err err = {0};
    struct sandbox_options options = {0};
    if (sandbox_spawner_start(&fx.spawner, &options, &err)) {
        print_error("%s\n", err.text);
        return 1;
    }
    const struct sandbox_status *status = sandbox_spawner_status(fx.spawner);
    int code = status->level == want ? 0 : sandbox_missing(want, status);
    if (code)
        fx.spawner = sandbox_spawner_free(fx.spawner);
    return code;
}

static inline void fixture_open(bool run) {
    pthread_mutex_init(&fx.lock, NULL);
    fx.assumed = 0;
    fx.runs = run;
    role_may("[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]");
    cloud_open(&fx.c, &(struct cloud_options){.identities = {NULL, find, assume, role},
                                              .max_body = 80 << 20});
    fx.root = *fx.c.root;
    cloud_plug(&fx.c, &plug_lambda);
    start_services();
}

static inline void fixture_close(void) {
    stop_services();
    cloud_close(&fx.c);
    fx.role_policy = policy_free(fx.role_policy);
    buf_deinit(&fx.log);
    buf_deinit(&fx.metrics);
    buf_deinit(&fx.messages);
}

/* Of a group in which no function runs. */
static inline int fixture_setup(void **) {
    fixture_open(false);
    return 0;
}
static inline int fixture_teardown(void **) {
    fixture_close();
    return 0;
}

/* ---- Calls ---- */
/* in is stolen. */
static inline struct answer call_as(struct aws_identity *caller, const char *op, json_t *in,
                                    str body) {
    return cloud_answer(&fx.c, caller, "lambda", op, in, body);
}
static inline struct answer call_op(const char *op, json_t *in) {
    return call_as(&fx.root, op, in, STR_NONE);
}

static inline void must(struct answer a) {
    if (a.status >= 300)
        fail_msg("%d %s: %s", a.status, buf_cstr(&a.code), buf_cstr(&a.message));
    answer_deinit(&a);
}

static inline void refused(struct answer a, int status, const char *code, const char *words) {
    if (a.status != status || !str_is(buf_view(&a.code), code) ||
        str_find(buf_view(&a.message), str_c(words)) < 0)
        fail_msg("wanted %d %s: %s; got %d %s: %s", status, code, words, a.status,
                 buf_cstr(&a.code), buf_cstr(&a.message));
    answer_deinit(&a);
}

static inline json_t *named(const char *name) { return json_pack("{s:s}", "FunctionName", name); }

/* ---- Packages ---- */
struct zip_entry {
    const char *name, *content;
    size_t size;   /* 0: strlen(content) */
    unsigned mode; /* of unix, 0: a regular 0644 */
};
static inline void make_zip(struct buf *out, const struct zip_entry *entries, size_t n) {
    zip_error_t fault;
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &fault);
    zip_source_keep(source);
    zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, &fault);
    CHECK(zip);
    for (size_t i = 0; i < n; i++) {
        const struct zip_entry *e = &entries[i];
        size_t size = e->size ? e->size : strlen(e->content);
        zip_int64_t at = zip_file_add(zip, e->name, zip_source_buffer(zip, e->content, size, 0),
                                      ZIP_FL_ENC_UTF_8);
        CHECK(at >= 0);
        zip_file_set_external_attributes(zip, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX,
                                         (e->mode ? e->mode : 0100644) << 16);
    }
    CHECK_INT(zip_close(zip), 0);
    zip_source_open(source);
    zip_stat_t st;
    zip_source_stat(source, &st);
    out->len += (size_t)zip_source_read(source, buf_reserve(out, st.size), st.size);
    zip_source_close(source);
    zip_source_free(source);
}

/* {"ZipFile": …} of the test function's program, or of other bytes as bootstrap. */
static inline json_t *code_of(const char *bytes, size_t n) {
    CLEANUP_DEINIT(buf) struct buf zip = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    make_zip(&zip, &(struct zip_entry){"bootstrap", bytes, n, 0100755}, 1);
    codec_add_base64(&text, zip.p, zip.len);
    json_t *code = json_object();
    json_set_str(code, "ZipFile", buf_view(&text));
    return code;
}

/* The test function's program, read while we may: a test may become another user. */
static struct buf testfn_program;
static inline bool testfn_read(void) {
    const char *path = getenv("TESTFN");
    return path && io_read_file(&testfn_program, path, 64 << 20, NULL) == 0;
}
static inline json_t *testfn_code(void) { return code_of(testfn_program.p, testfn_program.len); }

/* The request for a function of that name; members of more (stolen) are added. */
static inline json_t *new_function(const char *name, json_t *code, json_t *more) {
    json_t *in =
        json_pack("{s:s,s:s,s:s,s:s,s:o}", "FunctionName", name, "Runtime", "provided.al2023",
                  "Role", ROLE_ARN, "Handler", "test.handler", "Code", code);
    if (more)
        json_object_update(in, more);
    json_decref(more);
    return in;
}

/* A function that is never run. */
static inline json_t *small_code(void) { return code_of("#!/bin/true", 11); }
static inline void make_small(const char *name) {
    must(call_op("CreateFunction", new_function(name, small_code(), NULL)));
}
