/*
 * Where functions answer custom resources. The token in the path and the signature in the query are
 * the whole secret.
 */
#include "cfn/engine.h"

#include "base/lock.h"
#include "base/map.h"

/* "The total size of the response body can't exceed 4096 bytes." */
enum { MOST_BODY = 4096, ENDED_MOST = 256 };
static const char prefix[] = CFN_ANSWERS;

static str token_of(const struct cfn_resource *resource) {
    return json_str(resource->task.notes, "Token");
}

static str signature_of(const struct cfn_resource *resource) {
    return json_str(resource->task.notes, "Signature");
}

/* The signature that a URL's query has, or none. */
static str signed_by(str query) {
    for (str one, name, value; query.p;) {
        str_cut(query, '&', &one, &query);
        if (str_cut(one, '=', &name, &value) && str_is(name, CFN_ANSWER_SIGNATURE))
            return value;
    }
    return STR_NONE;
}

/* ---- Answers that nobody waits for any more ---- */

/*
 * AWS takes an answer that comes late, or once more, like the first: the URL is a bucket's and holds
 * for two hours. A function that is refused fails, and is tried again. So the last URLs are
 * remembered, as long as the daemon lives.
 */
struct cfn_ended {
    pthread_mutex_t lock;
    uint64_t urls[ENDED_MOST]; /* hashes: 0 where there is none */
    size_t next;
};

struct cfn_ended *cfn_ended_new(void) {
    struct cfn_ended *ended = mem_new(struct cfn_ended);
    lock_init(&ended->lock);
    return ended;
}

struct cfn_ended *cfn_ended_free(struct cfn_ended *ended) {
    pthread_mutex_destroy(&ended->lock);
    free(ended);
    return NULL;
}

static uint64_t hash_of(str token, str signature) {
    CLEANUP_DEINIT(buf) struct buf both = {0};
    buf_lstr(&both, token);
    buf_lstr(&both, signature);
    return map_hash(buf_view(&both));
}

static void remember(struct cfn_ended *ended, uint64_t url) {
    LOCK_SCOPE(&ended->lock);
    ended->urls[ended->next++ % ENDED_MOST] = url;
}

static bool has_ended(struct cfn_ended *ended, uint64_t url) {
    LOCK_SCOPE(&ended->lock);
    for (size_t i = 0; i < ENDED_MOST; i++)
        if (ended->urls[i] == url)
            return true;
    return false;
}

/* ---- Who is waited for ---- */

/* Blind: the token was made for this task just now. */
void cfn_expect_reply(const struct rows *rows, const struct cfn_stack *stack,
                      const struct cfn_resource *resource) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct cfn_reply reply = {.stack_id = stack->id,
                              .logical = resource->name,
                              .signature = signature_of(resource),
                              .due = stack->op.due};
    if (!token_of(resource).len)
        return;
    cfn_key_reply(&key, token_of(resource));
    cfn_put_blind(rows, &cfn_reply_form, buf_view(&key), &reply);
}

/* Blind: whether the answer came meanwhile or not, it is too late. */
void cfn_drop_reply(struct cfn_engine *engine, const struct rows *rows,
                    const struct cfn_resource *resource) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    if (!token_of(resource).len)
        return;
    remember(cfn_engine_ended(engine), hash_of(token_of(resource), signature_of(resource)));
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

/* ---- Taking one ---- */

/* A new reference: the answer's object, or as a text what is wrong with it. */
static json_t *read_body(str body) {
    json_t *said = NULL;
    if (body.len > MOST_BODY)
        return json_string("Response object is too long.");
    said = json_parse(body, NULL);
    if (json_is_object(said))
        return said;
    json_decref(said);
    return json_string("Response is not a valid JSON object.");
}

static int keep(struct cfn_engine *engine, const struct rows *rows, struct cfn_reply *reply,
                str body) {
    struct err why = {{0}};
    reply->answer = read_body(body);
    cfn_put(rows, &cfn_reply_form, reply);
    cfn_engine_wake(engine, rows->batch, reply->due);
    store_batch_frees(rows->batch); /* a stack that waits must come to its end on a full disk */
    int r = store_commit(rows->store, rows->batch, &why);
    return r == 0 || r == STORE_E_CONDITION ? 200 : 503;
}

int cfn_take_answer(struct cfn_engine *engine, const struct cfn_answer *answer) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_reply) struct cfn_reply reply = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct rows rows = {cfn_engine_store(engine), NULL, batch};
    if (!str_starts(answer->path, str_c(prefix)))
        return 404;
    str token = str_skip(answer->path, sizeof prefix - 1), signature = signed_by(answer->query);
    cfn_key_reply(&reply.row.key, token);
    int r = cfn_get(&rows, &cfn_reply_form, &arena, &reply);
    if (r == STORE_E_ABSENT)
        return has_ended(cfn_engine_ended(engine), hash_of(token, signature)) ? 200 : 403;
    if (r)
        return 500;
    /* what an older version asked for has none */
    if (reply.signature.len && !str_eq_secret(reply.signature, signature))
        return 403;
    return reply.answer ? 200 /* the first one counts */
                        : keep(engine, &rows, &reply, answer->body);
}
