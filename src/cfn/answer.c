/* Where functions answer custom resources. The token in the path is the whole secret. */
#include "cfn/cfn.h"
#include "cfn/engine.h"

enum { MOST_BODY = 64 * 1024 }; /* AWS takes 4096 bytes; ours leaves room for Data */
static const char prefix[] = CFN_ANSWERS;

bool cfn_is_answer(str path) { return str_starts(path, str_c(prefix)); }

static str token_of(const struct cfn_resource *resource) {
    return json_str(resource->task.notes, "Token");
}

/* Blind: the token was made for this task just now. */
void cfn_expect_reply(const struct rows *rows, const struct cfn_stack *stack,
                      const struct cfn_resource *resource) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct cfn_reply reply = {.stack_id = stack->id,
                              .logical = resource->name,
                              .due = stack->op.due};
    if (!token_of(resource).len)
        return;
    cfn_key_reply(&key, token_of(resource));
    cfn_put_blind(rows, &cfn_reply_form, buf_view(&key), &reply);
}

/* Blind: whether the answer came meanwhile or not, it is too late. */
void cfn_drop_reply(const struct rows *rows, const struct cfn_resource *resource) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    if (!token_of(resource).len)
        return;
    cfn_key_reply(&key, token_of(resource));
    row_del_blind(rows, STORE_META, buf_view(&key));
}

/* A peek: an answer that comes later wakes the engine again. */
json_t *cfn_reply_answer(struct store *store, str token) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_reply) struct cfn_reply reply = {0};
    struct rows rows = {store, NULL, NULL};
    cfn_key_reply(&reply.row.key, token);
    int r = cfn_peek(&rows, &cfn_reply_form, &arena, &reply);
    return r == 0 ? json_incref(reply.answer) : NULL;
}

int cfn_take_answer(struct cfn_engine *engine, const struct cfn_answer *answer) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_reply) struct cfn_reply reply = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_JSON json_t *said =
        answer->body.len <= MOST_BODY ? json_parse(answer->body, NULL) : NULL;
    struct rows rows = {cfn_engine_store(engine), NULL, batch};
    struct err why = {{0}};
    if (!cfn_is_answer(answer->path))
        return 404;
    cfn_key_reply(&reply.row.key, str_skip(answer->path, sizeof prefix - 1));
    int r = cfn_get(&rows, &cfn_reply_form, &arena, &reply);
    if (r)
        return r == STORE_E_ABSENT ? 403 : 500;
    if (!json_is_object(said))
        return 400;
    if (reply.answer)
        return 200; /* the first answer counts */
    reply.answer = json_incref(said);
    cfn_put(&rows, &cfn_reply_form, &reply);
    cfn_engine_wake(engine, batch, reply.due);
    store_batch_frees(batch); /* a stack that waits for it must come to its end on a full disk */
    r = store_commit(rows.store, batch, &why);
    return r == 0 || r == STORE_E_CONDITION ? 200 : 503;
}
