/*
 * hub/migrate: formats 1 and 2 kept events in rows of two kinds: "out" (id) for what no target was
 * offered yet, "later" (due time, id) for what a target had asked to have again. Both become due
 * rows under the same id. The value was version, attempts, born_ms and the event's texts, which are
 * as they were.
 */
#include "hub/event.h"
#include "hub/hub_priv.h"

#include "base/log.h"
#include "store/key.h"

static bool read_old(str value, struct hub_due_item *ret, struct buf *payload) {
    struct cur c = cur_of(value);
    struct hub_event event;
    if (cur_u8(&c) != 1)
        return false;
    ret->attempts = cur_varint(&c);
    ret->born_ms = (int64_t)cur_u64(&c);
    buf_u8(payload, 1);
    buf_str(payload, c.s);
    ret->payload = buf_view(payload);
    return !c.bad && hub_event_decode(ret->payload, &event);
}

/* The old row goes in the batch that puts the new one, so none is met twice. */
static int turn(struct store_batch *batch, str key, str value, struct hub_due_item *item) {
    CLEANUP_DEINIT(buf) struct buf to = {0}, payload = {0}, row = {0};
    if (read_old(value, item, &payload)) {
        hub_due_key(&to, HUB_OUTBOX, item->id);
        hub_due_encode(&row, item);
    } else {
        log_error("hub", "event %llu is damaged: it is kept as a row of kind damaged",
                  (unsigned long long)item->id);
        hub_due_damaged_key(&to, HUB_OUTBOX, item->id);
        buf_str(&row, value);
    }
    store_put_blind(batch, STORE_QUEUE, buf_view(&to), buf_view(&row));
    store_del_blind(batch, STORE_QUEUE, key);
    return 0;
}

static int turn_out(struct store *, struct store_batch *batch, str key, str value,
                    struct store_memo *) {
    struct hub_due_item item = {0};
    struct cur c = cur_of(key);
    key_take_kind(&c);
    item.id = key_take_u64(&c);
    return c.bad ? STORE_E_DAMAGED : turn(batch, key, value, &item);
}

static int turn_later(struct store *, struct store_batch *batch, str key, str value,
                      struct store_memo *) {
    struct hub_due_item item = {0};
    struct cur c = cur_of(key);
    key_take_kind(&c);
    item.due_ms = (int64_t)key_take_u64(&c);
    item.id = key_take_u64(&c);
    return c.bad ? STORE_E_DAMAGED : turn(batch, key, value, &item);
}

const struct store_migration hub_migrations[] = {
    {2, STORE_QUEUE, "out", turn_out},
    {2, STORE_QUEUE, "later", turn_later},
    {0},
};
