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

bool sqs_place_of_key(str key, int64_t *ret_due_ms, uint64_t *ret_id) {
    struct cur k = cur_of(key);
    key_take_kind(&k);
    key_take_u64(&k);
    *ret_due_ms = (int64_t)key_take_u64(&k);
    *ret_id = key_take_u64(&k);
    return !k.bad;
}

bool sqs_place_of_value(str value, enum sqs_place *ret_place, int64_t *ret_sent_ms) {
    struct cur v = cur_of(value);
    *ret_place = (enum sqs_place)cur_u8(&v);
    *ret_sent_ms = (int64_t)cur_u64(&v);
    return !v.bad;
}

/*
 * Places and bodies are only written along with their message's state, which is a condition, or
 * under an id of our own.
 */
static void put_place(const struct rows *rows, uint64_t queue_id, uint64_t id,
                      const struct sqs_state *state, enum sqs_place place) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    sqs_place_key(&key, queue_id, state->due_ms, id);
    buf_u8(&value, (uint8_t)place);
    buf_u64(&value, (uint64_t)state->sent_ms);
    row_put_blind(rows, STORE_QUEUE, buf_view(&key), buf_view(&value));
}

static void drop_place(const struct rows *rows, uint64_t queue_id, uint64_t id,
                       const struct sqs_state *state) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    sqs_place_key(&key, queue_id, state->due_ms, id);
    row_del_blind(rows, STORE_QUEUE, buf_view(&key));
}

static void encode_state(struct buf *value, const struct sqs_state *s) {
    buf_u64(value, (uint64_t)s->due_ms);
    buf_u32(value, s->receives);
    buf_u64(value, (uint64_t)s->first_received_ms);
    buf_u64(value, s->receipt);
    buf_u64(value, (uint64_t)s->sent_ms);
}

void sqs_state_deinit(struct sqs_state *state) { row_deinit(&state->row); }

int sqs_state_peek(const struct rows *rows, uint64_t queue_id, uint64_t id, struct sqs_state *ret) {
    ret->row.cf = STORE_QUEUE;
    row_key(&ret->row.key, "sqss", queue_id, id);
    int r = row_peek(rows, &ret->row);
    if (r)
        return r;
    struct cur c = cur_of(buf_view(&ret->row.bytes));
    ret->due_ms = (int64_t)cur_u64(&c);
    ret->receives = cur_u32(&c);
    ret->first_received_ms = (int64_t)cur_u64(&c);
    ret->receipt = cur_u64(&c);
    ret->sent_ms = (int64_t)cur_u64(&c);
    return c.bad ? -EBADMSG : 0;
}

void sqs_state_change(const struct rows *rows, uint64_t queue_id, uint64_t id,
                      const struct sqs_state *before, const struct sqs_state *after,
                      enum sqs_place place) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    encode_state(&value, after);
    row_still(rows, &before->row);
    drop_place(rows, queue_id, id, before);
    put_place(rows, queue_id, id, after, place);
    row_put(rows, &before->row, buf_view(&value));
}

void sqs_message_drop(const struct rows *rows, uint64_t queue_id, uint64_t id,
                      const struct sqs_state *state) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    row_key(&body, "sqsb", queue_id, id);
    row_still(rows, &state->row);
    drop_place(rows, queue_id, id, state);
    row_del(rows, &state->row);
    row_del_blind(rows, STORE_QUEUE, buf_view(&body));
}

void sqs_messages_drop_all(struct store_batch *batch, uint64_t queue_id) {
    static const char *const kinds[] = {"sqso", "sqss", "sqsb"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CLEANUP_DEINIT(buf) struct buf from = {0};
        key_begin(&from, kinds[i]);
        key_u64(&from, queue_id);
        store_del_below(batch, STORE_QUEUE, buf_view(&from));
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

static bool decode(str bytes, struct sqs_message *ret) {
    struct cur c = cur_of(bytes);
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

void sqs_message_put(struct sqs_svc *svc, const struct rows *rows, const struct sqs_queue *queue,
                     struct sqs_message *message, int64_t due_ms) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, bytes = {0}, value = {0};
    if (!message->id)
        message->id = store_next_id(svc->store);
    struct sqs_state state = {.due_ms = due_ms, .sent_ms = message->sent_ms};
    row_key(&key, "sqsb", queue->id, message->id);
    encode(&bytes, message);
    row_put_blind(rows, STORE_QUEUE, buf_view(&key), buf_view(&bytes));
    row_key(&key, "sqss", queue->id, message->id);
    encode_state(&value, &state);
    row_put_blind(rows, STORE_QUEUE, buf_view(&key), buf_view(&value));
    put_place(rows, queue->id, message->id, &state,
              due_ms > message->sent_ms ? SQS_DELAYED : SQS_FRESH);
    sqs_live_changes(svc, rows->batch, queue, SQS_ARRIVED);
}

int sqs_message_get(struct sqs_svc *svc, const struct sqs_queue *queue, uint64_t id,
                    struct buf *bytes, struct sqs_message *ret) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    row_key(&key, "sqsb", queue->id, id);
    int r = store_get(svc->store, NULL, STORE_QUEUE, buf_view(&key), bytes); /* never changes */
    ret->id = id;
    return r ? r : decode(buf_view(bytes), ret) ? 0 : -EBADMSG;
}
