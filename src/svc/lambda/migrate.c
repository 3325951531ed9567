/*
 * lambda/migrate: formats 1 and 2 kept asynchronous invocations in rows of kind "lambda.q" (id):
 * version, due_ms, born_ms, failures, and five texts. They become due rows under the same id; the
 * texts are as they were.
 */
#include "base/log.h"
#include "base/rand.h"
#include "hub/due.h"
#include "store/key.h"
#include "svc/lambda/lambda.h"
#include "svc/lambda/row.h"

static bool read_old(str value, struct hub_due_item *ret, struct buf *payload) {
    struct cur c = cur_of(value);
    struct lambda_queue_row row;
    if (cur_u8(&c) != 1)
        return false;
    ret->due_ms = (int64_t)cur_u64(&c);
    ret->born_ms = (int64_t)cur_u64(&c);
    ret->attempts = cur_varint(&c);
    buf_u8(payload, 1);
    buf_str(payload, c.s);
    ret->payload = buf_view(payload);
    return !c.bad && lambda_queue_row_decode(ret->payload, &row);
}

/* The old row goes in the batch that puts the new one, so none is met twice. */
static int turn(struct store *, struct store_batch *batch, str key, str value,
                struct store_memo *) {
    CLEANUP_DEINIT(buf) struct buf to = {0}, payload = {0}, row = {0};
    struct hub_due_item item = {0};
    struct cur c = cur_of(key);
    key_take_kind(&c);
    item.id = key_take_u64(&c);
    if (c.bad)
        return STORE_E_DAMAGED;
    if (read_old(value, &item, &payload)) {
        hub_due_key(&to, LAMBDA_QUEUE, item.id);
        hub_due_encode(&row, &item);
    } else {
        log_error("lambda", "queued event %llu is damaged: it is kept as a row of kind damaged",
                  (unsigned long long)item.id);
        hub_due_damaged_key(&to, LAMBDA_QUEUE, item.id);
        buf_str(&row, value);
    }
    store_put_blind(batch, STORE_QUEUE, buf_view(&to), buf_view(&row));
    store_del_blind(batch, STORE_QUEUE, key);
    return 0;
}

const struct store_migration lambda_migrations[] = {
    {2, STORE_QUEUE, "lambda.q", turn},
    {0},
};
