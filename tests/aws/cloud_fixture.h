#pragma once
/* A cloud over a store in a temporary folder, with known identities. */
#include "aws/call.h"
#include "aws/op.h"
#include "base/io.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#define ROOT_KEY   "AKIAROOT000000000000"
#define USER_KEY   "AKIAUSER000000000000"
#define ROLE_KEY   "ASIAROLE000000000000"
#define SECRET_KEY "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

struct known {
    struct aws_identity id;
    struct policy *policy;
    const struct policy *list[1];
};

struct cloud_fixture {
    char dir[64];
    struct store *store;
    struct hub *hub;
    struct aws_cloud *cloud;
    struct known root, user;
};

static inline void known_free(struct aws_identity *id) { (void)id; /* part of the fixture */ }

static inline int fixture_find(void *ctx, str access_key, struct aws_identity **ret) {
    struct cloud_fixture *f = ctx;
    struct known *k = str_is(access_key, ROOT_KEY)   ? &f->root
                      : str_is(access_key, USER_KEY) ? &f->user
                                                     : NULL;
    if (!k)
        return AWS_E_NO_KEY;
    *ret = aws_identity_ref(&k->id);
    return 0;
}

/* There are no roles. */
static inline int fixture_assume(void *ctx, str role_arn, str service, str session_name,
                                 int64_t seconds, struct aws_credentials *ret, struct err *err) {
    (void)ctx, (void)service, (void)session_name, (void)seconds, (void)ret;
    return err_set(err, AWS_E_NO_ROLE, "no role " STR_FMT, STR_ARG(role_arn));
}
static inline int fixture_role(void *ctx, str role_arn, str service, str session_name,
                               struct aws_identity **ret, struct err *err) {
    (void)ctx, (void)service, (void)session_name, (void)ret;
    return err_set(err, AWS_E_NO_ROLE, "no role " STR_FMT, STR_ARG(role_arn));
}

/* Gives the user one policy; NULL: none. False: it is malformed. */
static inline bool fixture_user_policy(struct cloud_fixture *f, const char *json) {
    struct err err = {0};
    f->user.policy = policy_free(f->user.policy);
    f->user.id.policies = (struct policy_set){0};
    if (!json)
        return true;
    if (policy_new(&f->user.policy, POLICY_IDENTITY, str_c(json), &err)) {
        fprintf(stderr, "policy: %s\n", err.text);
        return false;
    }
    f->user.list[0] = f->user.policy;
    f->user.id.policies.identity = f->user.list;
    f->user.id.policies.n_identity = 1;
    return true;
}

static inline void fixture_identities(struct cloud_fixture *f) {
    f->root.id = (struct aws_identity){.refs = 1,
                                       .access_key = S(ROOT_KEY),
                                       .secret_key = S(SECRET_KEY),
                                       .user_id = S("000000000000"),
                                       .principal = {PRINCIPAL_ROOT, S("000000000000"),
                                                     S("arn:aws:iam::000000000000:root"), STR_NONE},
                                       .free_data = known_free};
    f->user.id =
        (struct aws_identity){.refs = 1,
                              .access_key = S(USER_KEY),
                              .secret_key = S(SECRET_KEY),
                              .user_id = S("AIDAUSER"),
                              .user_name = S("anna"),
                              .principal = {PRINCIPAL_USER, S("000000000000"),
                                            S("arn:aws:iam::000000000000:user/anna"), STR_NONE},
                              .free_data = known_free};
}

static inline int fixture_open(struct cloud_fixture *f) {
    struct err err = {0};
    *f = (struct cloud_fixture){.dir = "/tmp/calotype-aws-XXXXXX"};
    if (!mkdtemp(f->dir))
        return -1;
    fixture_identities(f);
    if (store_open(&f->store, &(struct store_options){.data = f->dir, .reserve_bytes = 1}, &err)) {
        fprintf(stderr, "store: %s\n", err.text);
        return -1;
    }
    f->hub = hub_new(f->store);
    hub_plug_metric(f->hub, hub_no_metric, NULL);
    hub_plug_log(f->hub, hub_no_log, NULL);
    struct aws_options options = {.store = f->store,
                                  .hub = f->hub,
                                  .identities = {.ctx = f,
                                                 .find = fixture_find,
                                                 .assume = fixture_assume,
                                                 .role = fixture_role}};
    return aws_cloud_new(&f->cloud, &options, &err);
}

static inline int fixture_unlink(const char *path, const struct stat *st, int flag,
                                 struct FTW *ftw) {
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static inline void fixture_close(struct cloud_fixture *f) {
    aws_cloud_free(f->cloud);
    hub_free(f->hub);
    store_free(f->store);
    policy_free(f->user.policy);
    policy_free(f->root.policy);
    nftw(f->dir, fixture_unlink, 16, FTW_DEPTH | FTW_PHYS);
}
