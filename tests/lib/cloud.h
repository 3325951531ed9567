#pragma once
/*
 * lib/cloud: the one fixture. A store in a folder of its own, a hub, a cloud, two identities, and
 * the services that the test names; operations are called from inside the process.
 *
 *   CLOUD_PLUG(sqs);                                   sqs_open, sqs_service and sqs_close
 *
 *   static int setup(void **state) {
 *       cloud_setup(state);                            with IAM and STS
 *       cloud_plug(*state, &plug_sqs);
 *       return 0;
 *   }
 *   static void a_queue_is_made(void **state) {
 *       struct cloud *c = *state;
 *       ok(cloud_call_as(c, c->root, "sqs", "CreateQueue", "{'QueueName':'jobs'}"));
 *       fails(cloud_call_as(c, c->user, "sqs", "CreateQueue", "{'QueueName':'b'}"), "AccessDenied");
 *   }
 *   … cmocka_unit_test_setup_teardown(a_queue_is_made, setup, cloud_teardown)
 *
 * World time is moved with clock_set_offset_ms and hub_clock_moved; cloud_close moves it back.
 */
#include "cm.h"

#include "aws/call.h"
#include "aws/op.h"
#include "base/clock.h"
#include "hub/hub.h"
#include "svc/iam/iam.h"
#include "svc/sts/sts.h"

#define ACCOUNT "000000000000"
/* The keys of root and user of a cloud without IAM; the same secret for both. */
#define ROOT_KEY   "AKIAROOT000000000000"
#define USER_KEY   "AKIAUSER000000000000"
#define SECRET_KEY "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

/* How a service is opened and closed; made by CLOUD_PLUG. */
struct cloud_plug {
    int (*open)(void **ret_svc, struct store *store, struct hub *hub, struct err *err);
    struct aws_service (*service)(void *svc);
    void (*close)(void *svc);
};
struct cloud_plugged {
    const struct cloud_plug *plug;
    void *svc;
    struct aws_service row;
};

struct cloud_options {
    bool iam; /* IAM and STS are there, and root is IAM's */
    /* Instead of ROOT_KEY and USER_KEY, and of IAM; .find NULL: not given. */
    struct aws_identity_source identities;
    uint64_t max_body; /* of aws_options */
};

struct cloud {
    char dir[128];
    struct cloud_options options;
    struct store *store;
    struct hub *hub;
    struct aws_cloud *cloud;
    struct iam_svc *iam; /* NULL without options.iam, as is sts */
    struct sts_svc *sts;
    struct aws_service iam_service, sts_service;
    struct cloud_plugged plugged[8];
    size_t n_plugged;
    struct aws_credentials root_key; /* IAM's */
    struct aws_identity *root;
    struct aws_identity *user; /* anna, who has the policy of cloud_user_policy */
    struct policy *user_policy;
    const struct policy *user_policies[1];
    struct aws_identity known[2];
    struct aws_call call; /* the last one of cloud_call and cloud_call_as */
};

/* ---- Life; all of these fail the test ---- */
/* Fills all of c. options: copied; NULL: none. */
void cloud_open(struct cloud *c, const struct cloud_options *options);
void cloud_close(struct cloud *c);
/* What a daemon's end and start are: everything is closed, and opened again over the same data. */
void cloud_stop(struct cloud *c);
void cloud_start(struct cloud *c);

/* For cmocka: *state is a cloud with IAM. */
int cloud_setup(void **state);
int cloud_teardown(void **state);

/* A further service, before the first call; it is closed with the cloud. Returns its state. */
void *cloud_plug(struct cloud *c, const struct cloud_plug *plug);
/* A row that the test owns, before the first call; it must outlive the cloud. */
void cloud_add(struct cloud *c, const struct aws_service *service);

#define CLOUD_PLUG(room)                                                                           \
    static int plug_##room##_open(void **ret_svc, struct store *store, struct hub *hub,            \
                                  struct err *err) {                                               \
        struct room##_svc *svc = NULL;                                                             \
        int r = room##_open(&svc, store, hub, err);                                                \
        *ret_svc = svc;                                                                            \
        return r;                                                                                  \
    }                                                                                              \
    static struct aws_service plug_##room##_service(void *svc) { return room##_service(svc); }     \
    static void plug_##room##_close(void *svc) { room##_close(svc); }                              \
    static const struct cloud_plug plug_##room = {plug_##room##_open, plug_##room##_service,       \
                                                  plug_##room##_close}

/* ---- Identities ---- */
/* Gives the user one policy; NULL: none. Fails the test when the policy is malformed. */
void cloud_user_policy(struct cloud *c, const char *json);
/* The identity behind an access key, as requests find it: a reference, or NULL. */
struct aws_identity *cloud_find(struct cloud *c, str access_key);

/* ---- Calls ---- */
/* JSON with ' for ", and ` for a quote inside of a string. A new reference. */
json_t *cloud_doc(const char *in);
/* in: of cloud_doc. The error's code, or "" when it went well. The answer is c->call.out. */
const char *cloud_call_as(struct cloud *c, struct aws_identity *caller, const char *service,
                          const char *op, const char *in);
const char *cloud_call(struct cloud *c, const char *op, const char *in); /* root, of IAM */
/* As root; T+n and T-n in `in` stand for the numbers base + n and base - n. */
const char *cloud_call_at(struct cloud *c, const char *service, const char *op, const char *in,
                          int64_t base);

/* An answer of its own, for callers in several threads and for payloads. */
struct answer {
    int status;
    json_t *out; /* NULL: none */
    struct buf body, code, message;
};
void answer_deinit(struct answer *a);
/* in: stolen. body: what the operation is sent as a stream, STR_NONE: nothing. Any thread. */
struct answer cloud_answer(struct cloud *c, struct aws_identity *caller, const char *service,
                           const char *op, json_t *in, str body);

#define ok(expr)                                                                                   \
    do {                                                                                           \
        const char *code_ = (expr);                                                                \
        if (*code_)                                                                                \
            fail_msg("%s: %s: %s", #expr, code_, buf_cstr(&c->call.error_message));                \
    } while (0)
#define fails(expr, code) CHECK_TEXT((expr), (code))
#define message(text)     CHECK_BUF(c->call.error_message, (text))
