#pragma once
/* A cloud with IAM and STS over a store of its own; operations called in-process. */
#include "cm.h"

#include "aws/call.h"
#include "base/clock.h"
#include "svc/iam/iam.h"
#include "svc/sts/sts.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#define ACCOUNT "000000000000"

struct cloud {
    char dir[64];
    struct store *store;
    struct hub *hub;
    struct iam_svc *iam;
    struct sts_svc *sts;
    struct aws_service iam_service, sts_service;
    struct aws_cloud *cloud;
    struct aws_credentials root_key;
    struct aws_identity *root;
    struct aws_call call; /* the last one */
};

static inline void cloud_start(struct cloud *c) {
    struct err err = {{0}};
    int r =
        store_open(&c->store, &(struct store_options){.data = c->dir, .reserve_bytes = 1}, &err);
    c->hub = r ? NULL : hub_new(c->store);
    if (r == 0)
        r = iam_open(&c->iam, c->store, c->hub, &err);
    if (r == 0)
        r = sts_open(&c->sts, c->iam, &err);
    if (r)
        fail_msg("open: %s", err.text);
    struct aws_options options = {.store = c->store,
                                  .hub = c->hub,
                                  .identities = iam_identity_source(c->iam)};
    c->iam_service = iam_service(c->iam);
    c->sts_service = sts_service(c->sts);
    if (aws_cloud_new(&c->cloud, &options, &err) ||
        aws_cloud_add(c->cloud, &c->iam_service, &err) ||
        aws_cloud_add(c->cloud, &c->sts_service, &err))
        fail_msg("cloud: %s", err.text);
}

static inline void cloud_stop(struct cloud *c) {
    c->cloud = aws_cloud_free(c->cloud);
    c->sts = sts_close(c->sts);
    c->iam = iam_close(c->iam);
    c->hub = hub_free(c->hub);
    c->store = store_free(c->store);
}

static inline int cloud_setup(void **state) {
    struct cloud *c = mem_new(struct cloud);
    snprintf(c->dir, sizeof c->dir, "/tmp/calotype-test-XXXXXX");
    CHECK(mkdtemp(c->dir));
    cloud_start(c);
    struct err err = {{0}};
    CHECK_INT(iam_create_account(c->iam, S(ACCOUNT), &c->root_key, &err), 0);
    CHECK_INT(iam_root_identity(c->iam, S(ACCOUNT), &c->root, &err), 0);
    *state = c;
    return 0;
}

static inline int cloud_unlink(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static inline int cloud_teardown(void **state) {
    struct cloud *c = *state;
    aws_call_deinit(&c->call);
    aws_identity_free(c->root);
    cloud_stop(c);
    nftw(c->dir, cloud_unlink, 16, FTW_DEPTH | FTW_PHYS);
    free(c);
    return 0;
}

/* JSON with ' for ", and ` for a quote inside of a string. */
static inline json_t *cloud_doc(const char *in) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err err = {{0}};
    for (const char *p = in; *p; p++)
        buf_c(&text, *p == '\'' ? "\"" : *p == '`' ? "\\\"" : (char[]){*p, '\0'});
    json_t *doc = json_parse(buf_view(&text), &err);
    if (!doc)
        fail_msg("%s: %s", in, err.text);
    return doc;
}

/* in: of cloud_doc. The error's code, or "" when it went well. The answer is c->call.out. */
static inline const char *cloud_call_as(struct cloud *c, struct aws_identity *caller,
                                        const char *service, const char *op, const char *in) {
    CLEANUP_JSON json_t *doc = cloud_doc(in);
    aws_call_deinit(&c->call);
    c->call = (struct aws_call){.cloud = c->cloud,
                                .caller = caller,
                                .account = caller ? caller->principal.account : S(ACCOUNT),
                                .region = S("us-east-1"),
                                .service = service,
                                .op = op,
                                .in = doc};
    aws_call(&c->call);
    return buf_cstr(&c->call.error_code);
}
static inline const char *cloud_call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, c->root, "iam", op, in);
}

#define ok(expr)                                                                                   \
    do {                                                                                           \
        const char *code_ = (expr);                                                                \
        if (*code_)                                                                                \
            fail_msg("%s: %s: %s", #expr, code_, buf_cstr(&c->call.error_message));                \
    } while (0)
#define fails(expr, code) CHECK_TEXT((expr), (code))
#define message(text)     CHECK_BUF(c->call.error_message, (text))

/* A further service; before the first call. */
static inline void cloud_add(struct cloud *c, const struct aws_service *service) {
    struct err err = {{0}};
    if (aws_cloud_add(c->cloud, service, &err))
        fail_msg("%s: %s", service->name, err.text);
}

/* The identity behind an access key, as requests find it: a reference, or NULL. */
static inline struct aws_identity *cloud_find(struct cloud *c, str access_key) {
    struct aws_identity_source source = iam_identity_source(c->iam);
    struct aws_identity *id = NULL;
    int r = source.find(source.ctx, access_key, &id);
    CHECK(r == 0 || r == AWS_E_NO_KEY);
    return id;
}
