/*
 * sns/later: what is left of a fan-out that one batch does not hold.
 *
 * Publish writes notifications until its batch is full. The message is then kept once, in a row of
 * its own, beside a due row of kind "fanout" that says which subscription was the last one served;
 * both are part of Publish's commit. Each run of the item adds the notifications of the next
 * subscriptions and the place where it stopped, in one commit, so a kill at any moment neither
 * loses nor repeats a notification.
 *
 * Subscriptions are read at the time of the run: who has unsubscribed gets nothing more. One made
 * after the publishing has a higher number than the message and is passed by.
 */
#include "base/clock.h"
#include "base/log.h"
#include "svc/sns/sns_priv.h"

enum {
    CURSOR_VERSION = 1,
    MESSAGE_VERSION = 1,
    PAUSE_MS = 10000, /* when there is no room, or a row cannot be read */
    AT_ONCE = 8,
    RUN_BYTES = 2 * STORE_BATCH_BYTES, /* what a run adds at most, and its last notification */
};

/* Where a fan-out stands. Views. */
struct place {
    str topic; /* ARN */
    str last;  /* the subscription that was served last; empty: none */
};

static void encode_place(struct buf *out, const struct place *place) {
    buf_u8(out, CURSOR_VERSION);
    buf_lstr(out, place->topic);
    buf_lstr(out, place->last);
}

static bool decode_place(str bytes, struct place *ret) {
    struct cur c = cur_of(bytes);
    if (cur_u8(&c) != CURSOR_VERSION)
        return false;
    ret->topic = cur_lstr(&c);
    ret->last = cur_lstr(&c);
    return !c.bad && c.s.len == 0;
}

/* ---- The message's row ---- */
static void message_key(struct buf *key, uint64_t id) {
    key_begin(key, "sns-message");
    key_u64(key, id);
}

static void encode_message(struct buf *out, const struct sns_message *m, uint64_t number) {
    CLEANUP_DEINIT(buf) struct buf by_protocol = {0}, attributes = {0};
    if (m->by_protocol)
        json_write(&by_protocol, m->by_protocol);
    if (m->attributes)
        json_write(&attributes, m->attributes);
    buf_u8(out, MESSAGE_VERSION);
    buf_u64(out, number);
    buf_u64(out, (uint64_t)m->time_ms);
    buf_lstr(out, str_c(m->id));
    buf_lstr(out, m->subject);
    buf_lstr(out, m->body);
    buf_lstr(out, buf_view(&by_protocol));
    buf_lstr(out, buf_view(&attributes));
}

/* A message as it was kept; the texts are views into its row. */
struct kept {
    struct row row;
    struct sns_message message;
    json_t *by_protocol, *attributes;
};

static void kept_deinit(struct kept *kept) {
    row_deinit(&kept->row);
    json_decref(kept->by_protocol);
    json_decref(kept->attributes);
}

static bool take_json(str text, json_t **ret) {
    *ret = text.len ? json_parse(text, NULL) : NULL;
    return text.len == 0 || json_is_object(*ret);
}

static bool decode_message(struct kept *kept) {
    struct cur c = cur_of(buf_view(&kept->row.bytes));
    struct sns_message *m = &kept->message;
    if (cur_u8(&c) != MESSAGE_VERSION)
        return false;
    m->before = cur_u64(&c);
    m->time_ms = (int64_t)cur_u64(&c);
    str id = cur_lstr(&c);
    m->subject = cur_lstr(&c);
    m->body = cur_lstr(&c);
    str by_protocol = cur_lstr(&c), attributes = cur_lstr(&c);
    if (c.bad || c.s.len || id.len != sizeof m->id - 1 ||
        !take_json(by_protocol, &kept->by_protocol) || !take_json(attributes, &kept->attributes))
        return false;
    memcpy(m->id, id.p, id.len);
    m->by_protocol = kept->by_protocol;
    m->attributes = kept->attributes;
    return true;
}

/* A peek: the row never changes, and the item in hand alone removes it. */
static int read_message(const struct rows *rows, uint64_t id, struct kept *kept) {
    kept->row.cf = STORE_QUEUE;
    message_key(&kept->row.key, id);
    int r = row_peek(rows, &kept->row);
    if (r)
        return r;
    return decode_message(kept) ? 0 : STORE_E_DAMAGED;
}

/* ---- The item ---- */
static uint64_t put_place(struct sns_svc *svc, struct store_batch *batch, struct hub_due_item *item,
                          const struct place *place) {
    CLEANUP_DEINIT(buf) struct buf payload = {0};
    encode_place(&payload, place);
    item->payload = buf_view(&payload);
    return hub_due_put(svc->fanouts, batch, item);
}

/* Blind: the id is our own. */
void sns_later_put(struct sns_svc *svc, struct store_batch *batch, const struct sns_arn *topic,
                   const struct sns_message *m, str last) {
    CLEANUP_DEINIT(buf) struct buf arn = {0}, key = {0}, value = {0};
    const struct rows rows = {svc->store, NULL, batch};
    sns_arn_add(&arn, topic);
    struct hub_due_item item = {.born_ms = clock_world_ms()};
    uint64_t id = put_place(svc, batch, &item, &(struct place){buf_view(&arn), last});
    message_key(&key, id);
    encode_message(&value, m, store_next_id(svc->store));
    row_put_blind(&rows, STORE_QUEUE, buf_view(&key), buf_view(&value));
}

static enum hub_due_result put_off(struct hub_due_item *item, const char *why) {
    log_warn("sns", "the rest of a message's notifications waits: %s; again in %d s", why,
             PAUSE_MS / 1000);
    item->attempts++;
    item->due_ms = clock_world_ms() + PAUSE_MS;
    return HUB_DUE_AGAIN;
}

/* Blind: the item in hand alone changes its rows. */
static enum hub_due_result serve(struct sns_svc *svc, const struct rows *rows,
                                 struct hub_due_item *item, const struct sns_arn *topic,
                                 struct place place, const struct kept *kept) {
    CLEANUP_DEINIT(buf) struct buf last = {0};
    buf_str(&last, place.last);
    int r = sns_fan_out_some(svc, rows->batch, NULL, topic, &kept->message, &last);
    if (r == 0) {
        row_del_blind(rows, STORE_QUEUE, buf_view(&kept->row.key));
        return HUB_DUE_DONE;
    }
    if (r < 0) /* what was served so far is in the batch, so the place moves in any case */
        put_off(item, "a subscription cannot be read");
    place.last = buf_view(&last);
    put_place(svc, rows->batch, item, &place);
    item->due_ms = INT64_MAX; /* the commit arms it */
    return HUB_DUE_LEFT;
}

static enum hub_due_result run(void *ctx, struct store_batch *batch, struct hub_due_item *item) {
    struct sns_svc *svc = ctx;
    const struct rows rows = {svc->store, NULL, batch};
    CLEANUP_DEINIT(kept) struct kept kept = {0};
    struct place place;
    struct sns_arn topic;
    if (!decode_place(item->payload, &place) || !sns_arn_parse(place.topic, &topic))
        return HUB_DUE_DAMAGED;
    /* one message becomes many here: unlike what only moves, it respects the reserve */
    if (!store_has_room(svc->store, RUN_BYTES))
        return put_off(item, "there is no room on the disk");
    int r = read_message(&rows, item->id, &kept);
    if (r == STORE_E_ABSENT || r == STORE_E_DAMAGED)
        return HUB_DUE_DAMAGED;
    if (r)
        return put_off(item, "the message cannot be read");
    return serve(svc, &rows, item, &topic, place, &kept);
}

void sns_later_open(struct sns_svc *svc) {
    svc->fanouts = hub_due_add(svc->hub, &(struct hub_due_kind){.name = "fanout",
                                                                .longest_ms = PAUSE_MS,
                                                                .at_once = AT_ONCE,
                                                                .run = run,
                                                                .ctx = svc});
}
