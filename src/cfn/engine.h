#pragma once
/*
 * cfn/engine: carries stack operations through, durably.
 *
 * An operation under way is a due row of kind "stack" that names the stack; the stack's status says
 * how far the operation has come, each resource's task how far that is. Every step first writes
 * what it is about to do, then does it, then writes what came of it: a killed daemon takes up each
 * operation where it was. A few threads look at an operation when it begins, when a wait is over
 * and when an answer has come; one operation is in one thread at a time. The row is due at once for
 * as long as it is there: how long to wait is kept in memory, and found anew after a restart.
 *
 * Order: the reference graph; resources that wait (custom resources) do not hold up others. On
 * failure what was made is removed in reverse order; in an update, what was changed is changed
 * back.
 */
#include "cfn/cfn.h"
#include "cfn/rows.h"
#include "cfn/type.h"
#include "hub/hub.h"

struct aws_identity;
struct cfn_late;
/* One call of an operation: what is asked, and what came of it. The caller releases that. */
struct cfn_backend_call {
    struct aws_identity *as;
    struct cfn_place place;
    const char *service, *op;
    const json_t *in;
    json_t *out;  /* a new reference, or NULL */
    int status;   /* HTTP */
    bool refused; /* it failed because the store takes no changes now */
    struct buf code, message;
};
/* What the engine needs of the world; tests have their own. */
struct cfn_backend {
    void *ctx;
    const struct cfn_type *(*type)(void *ctx, str name);
    /* Who an operation acts as; the caller's reference. Non-zero: err says why not. */
    int (*identity)(void *ctx, const struct cfn_operation *op, struct aws_identity **ret,
                    struct err *err);
    /* CFN_DONE, or CFN_FAILED with status, code and message. */
    int (*call)(void *ctx, struct cfn_backend_call *call);
};

struct cfn_engine;
/*
 * Adds the kind of due rows "stack" to the hub, before hub_start. The backend is copied; its ctx,
 * store and hub must outlive the engine. The caller frees.
 */
struct cfn_engine *cfn_engine_new(struct store *store, struct hub *hub,
                                  const struct cfn_backend *backend);
struct cfn_engine *cfn_engine_free(struct cfn_engine *engine); /* after hub_stop */
DEFINE_FREEP(cfn_engine)
/* Steps under way end at the next row, late answers go out; call before hub_stop. */
void cfn_engine_stop(struct cfn_engine *engine);
/*
 * When batch is durable the stack's operation is looked at; due: the operation's, or the reply's.
 */
void cfn_engine_wake(struct cfn_engine *engine, struct store_batch *batch, int64_t due);
/* Adds the row that has the stack's operation carried on: its id. */
int64_t cfn_engine_put(struct cfn_engine *engine, struct store_batch *batch,
                       const struct cfn_stack *stack);
/*
 * Removes the row of an operation that is over, with the commit of batch, upon which the late answer
 * goes out.
 */
void cfn_engine_drop(struct cfn_engine *engine, struct store_batch *batch, int64_t due);
/* The payload of that row. False: not such a payload. */
#define CFN_QUEUE "stack" /* the kind of the rows */
void cfn_queue_row_encode(struct buf *out, const struct cfn_stack *stack);
bool cfn_queue_row_decode(str bytes, struct cfn_place *ret_place, str *ret_uuid);
/* What the engine was made of; borrowed. */
struct store *cfn_engine_store(struct cfn_engine *engine);
const struct cfn_backend *cfn_engine_backend(struct cfn_engine *engine);
struct cfn_late *cfn_engine_late(struct cfn_engine *engine);

/*
 * Where functions answer custom resources; the path is added. Inside a sandbox *.amazonaws.com is
 * the cloud.
 */
#define CFN_RESPONSE_BASE "https://cloudformation.us-east-1.amazonaws.com"

/*
 * For tests, before hub_start: works on every operation in this thread until all wait or are over.
 * Next wake time.
 */
int64_t cfn_engine_work(struct cfn_engine *engine);

/*
 * A function's answer to a custom resource: a PUT to the ResponseURL, not signed by a key. HTTP
 * status to answer: 200, 403 (nobody was ever asked by this URL). As with AWS's, which is a
 * bucket's, whatever is put there is taken: what is wrong with it is the resource's failure; what
 * comes late, or once more, is nobody's.
 */
#define CFN_ANSWER_SIGNATURE "X-Amz-Signature" /* in the query */
int cfn_take_answer(struct cfn_engine *engine, const struct cfn_answer *answer);
/* The longest that an answer is waited for, seconds of world time; ServiceTimeout may say less. */
enum { CFN_MOST_SERVICE_TIMEOUT_S = 3600 };
/*
 * The row of the token in a task's notes, when it has one: before anybody is asked, and once nobody
 * waits.
 */
void cfn_expect_reply(const struct rows *rows, const struct cfn_stack *stack,
                      const struct cfn_resource *resource);
void cfn_drop_reply(struct cfn_engine *engine, const struct rows *rows,
                    const struct cfn_resource *resource);
/* The URLs that nobody waits for any more: the engine's. Any thread. */
struct cfn_ended;
struct cfn_ended *cfn_ended_new(void);
struct cfn_ended *cfn_ended_free(struct cfn_ended *ended);
struct cfn_ended *cfn_engine_ended(struct cfn_engine *engine);
/*
 * What was answered (new reference): an object, or as a text why it is none; NULL: nothing yet.
 */
json_t *cfn_reply_answer(struct store *store, str token);

/* The verb's caller, behind cfn_work.caller. */
struct cfn_caller {
    const struct cfn_backend *backend;
    struct aws_identity *identity;
    struct cfn_place place;
    struct store *store;
};

/* Stack tags under the type's own, where the type has tags. */
void cfn_merge_tags(const struct tmpl_type *type, const json_t *stack_tags, json_t *props);
