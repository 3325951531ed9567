/* The rows of messages: see queue.h and docs/formats/sqs.md. */
#include "base/rand.h"
#include "svc/sqs/live.h"
#include "svc/sqs/sqs_priv.h"

#include <errno.h>

enum { BODY_VERSION = 1 };

static void row_key(struct buf *key, const char *kind, uint64_t queue_id, uint64_t id) {
    key_begin(key, kind);
    key_u64(key, queue_id);
    key_u64(key, id);
}

void sqs_place_prefix(struct buf *key, uint64_t queue_id) {
    key_begin(key, "sqso");
    key_u64(key, queue_id);
}

void sqs_place_key(struct buf *key, uint64_t queue_id, int64_t due_ms, uint64_t id) {
    sqs_place_prefix(key, queue_id);
    key_u64(key, (uint64_t)due_ms);
    key_u64(key, id);
}

bool sqs_place_parse(str key, str value, int64_t *ret_due_ms, uint64_t *ret_id, enum sqs_place *ret_place, int64_t *ret_sent_ms) {
    struct cur k = cur_of(key), v = cur_of(value);
    key_take_kind(&k);
    key_take_u64(&k);
    *ret_due_ms = (int64_t)key_take_u64(&k);
    *ret_id = key_take_u64(&k);
    *ret_place = (enum sqs_place)cur_u8(&v);
    *ret_sent_ms = (int64_t)cur_u64(&v);
    return !k.bad && !v.bad;
}

static void put_place(struct store_batch *batch, uint64_t queue_id, uint64_t id, const struct sqs_state *state, enum sqs_place place) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    sqs_place_key(&key, queue_id, state->due_ms, id);
    buf_u8(&value, (uint8_t)place);
    buf_u64(&value, (uint64_t)state->sent_ms);
    store_put(batch, STORE_QUEUE, buf_view(&key), buf_view(&value));
}

static void put_state(struct store_batch *batch, uint64_t queue_id, uint64_t id, const struct sqs_state *s) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    row_key(&key, "sqss", queue_id, id);
    buf_u64(&value, (uint64_t)s->due_ms);
    buf_u32(&value, s->receives);
    buf_u64(&value, (uint64_t)s->first_received_ms);
    buf_u64(&value, s->receipt);
    buf_u64(&value, (uint64_t)s->sent_ms);
    store_put(batch, STORE_QUEUE, buf_view(&key), buf_view(&value));
}

int sqs_state_get(struct svc *svc, uint64_t queue_id, uint64_t id, struct buf *raw, struct sqs_state *ret) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    row_key(&key, "sqss", queue_id, id);
    int r = store_get(svc->store, NULL, STORE_QUEUE, buf_view(&key), raw);
    if (r)
        return r;
    struct cur c = cur_of(buf_view(raw));
    ret->due_ms = (int64_t)cur_u64(&c);
    ret->receives = cur_u32(&c);
    ret->first_received_ms = (int64_t)cur_u64(&c);
    ret->receipt = cur_u64(&c);
    ret->sent_ms = (int64_t)cur_u64(&c);
    return c.bad ? -EBADMSG : 0;
}

static void expect_state(struct store_batch *batch, uint64_t queue_id, uint64_t id, str raw) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    row_key(&key, "sqss", queue_id, id);
    store_expect_value(batch, STORE_QUEUE, buf_view(&key), raw);
}

void sqs_state_change(struct store_batch *batch, uint64_t queue_id, uint64_t id, str raw,
                      const struct sqs_state *before, const struct sqs_state *after, enum sqs_place place) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    expect_state(batch, queue_id, id, raw);
    sqs_place_key(&key, queue_id, before->due_ms, id);
    store_del(batch, STORE_QUEUE, buf_view(&key));
    put_place(batch, queue_id, id, after, place);
    put_state(batch, queue_id, id, after);
}

void sqs_message_drop(struct store_batch *batch, uint64_t queue_id, uint64_t id, str raw, const struct sqs_state *state) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    expect_state(batch, queue_id, id, raw);
    sqs_place_key(&key, queue_id, state->due_ms, id);
    store_del(batch, STORE_QUEUE, buf_view(&key));
    row_key(&key, "sqss", queue_id, id);
    store_del(batch, STORE_QUEUE, buf_view(&key));
    row_key(&key, "sqsb", queue_id, id);
    store_del(batch, STORE_QUEUE, buf_view(&key));
}

void sqs_messages_drop_all(struct store_batch *batch, uint64_t queue_id) {
    static const char *const kinds[] = {"sqso", "sqss", "sqsb"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
        key_begin(&from, kinds[i]);
        key_u64(&from, queue_id);
        buf_str(&to, buf_view(&from));
        key_after(&to);
        store_del_range(batch, STORE_QUEUE, buf_view(&from), buf_view(&to));
    }
}

/* ---- Bodies ---- */

static void encode(struct buf *out, const struct sqs_message *m) {
    buf_u8(out, BODY_VERSION);
    buf_lstr(out, str_c(m->message_id));
    buf_u64(out, (uint64_t)m->sent_ms);
    buf_lstr(out, m->sender);
    buf_lstr(out, m->body);
    buf_lstr(out, m->attributes);
    buf_lstr(out, m->trace);
    buf_lstr(out, m->dead_letter_source);
}

static bool decode(str plain, struct sqs_message *ret) {
    struct cur c = cur_of(plain);
    if (cur_u8(&c) != BODY_VERSION)
        return false;
    str id = cur_lstr(&c);
    if (id.len != RAND_UUID_LEN)
        return false;
    memcpy(ret->message_id, id.p, id.len);
    ret->message_id[id.len] = '\0';
    ret->sent_ms = (int64_t)cur_u64(&c);
    ret->sender = cur_lstr(&c);
    ret->body = cur_lstr(&c);
    ret->attributes = cur_lstr(&c);
    ret->trace = cur_lstr(&c);
    ret->dead_letter_source = cur_lstr(&c);
    return !c.bad;
}

int sqs_message_put(struct svc *svc, struct store_batch *batch, const struct sqs_queue *queue,
                    struct sqs_message *message, int64_t due_ms) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, plain = {0}, sealed = {0};
    const struct seal_key *seal;
    struct err err = {0};
    int r = seal_key_get(svc->store, str_n(queue->seal_id, sizeof queue->seal_id), &seal, &err);
    if (r)
        return r;
    if (!message->id)
        message->id = store_next_id(svc->store);
    row_key(&key, "sqsb", queue->id, message->id);
    encode(&plain, message);
    seal_value(seal, buf_view(&plain), buf_view(&key), &sealed);
    store_expect_present(batch, STORE_META, buf_view(&queue->key));
    store_put(batch, STORE_QUEUE, buf_view(&key), buf_view(&sealed));
    struct sqs_state state = {.due_ms = due_ms, .sent_ms = message->sent_ms};
    put_state(batch, queue->id, message->id, &state);
    put_place(batch, queue->id, message->id, &state, due_ms > message->sent_ms ? SQS_DELAYED : SQS_FRESH);
    sqs_live_changes(svc, batch, queue->id, SQS_ARRIVED);
    return 0;
}

int sqs_message_get(struct svc *svc, const struct sqs_queue *queue, uint64_t id, struct buf *plain,
                    struct sqs_message *ret) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, sealed = {0};
    const struct seal_key *seal;
    struct err err = {0};
    row_key(&key, "sqsb", queue->id, id);
    int r = store_get(svc->store, NULL, STORE_QUEUE, buf_view(&key), &sealed);
    if (r == 0)
        r = seal_key_get(svc->store, str_n(queue->seal_id, sizeof queue->seal_id), &seal, &err);
    if (r)
        return r;
    buf_clear(plain);
    r = unseal_value(seal, buf_view(&sealed), buf_view(&key), plain);
    ret->id = id;
    return r ? r : decode(buf_view(plain), ret) ? 0 : -EBADMSG;
}
