/*
 * hub/event: the bytes of an event in its row, and how long a target that is not ready is left
 * alone.
 */
#include "hub/event.h"

enum { VERSION = 1, TEXTS = 10 };

/* The texts in the order of the format. */
static void texts_of(struct hub_event *e, str *ret[TEXTS]) {
    str *const order[TEXTS] = {&e->target,  &e->source_service, &e->source_arn, &e->source_account,
                               &e->payload, &e->subject,        &e->attributes, &e->dead_letter,
                               &e->account, &e->region};
    memcpy(ret, order, sizeof order);
}

void hub_event_encode(struct buf *out, const struct hub_event *event) {
    struct hub_event copy = *event;
    str *texts[TEXTS];
    texts_of(&copy, texts);
    buf_u8(out, VERSION);
    for (size_t i = 0; i < TEXTS; i++)
        buf_lstr(out, *texts[i]);
}

bool hub_event_decode(str bytes, struct hub_event *ret_event) {
    struct cur c = cur_of(bytes);
    struct hub_event event = {0};
    str *texts[TEXTS];
    if (cur_u8(&c) != VERSION)
        return false;
    texts_of(&event, texts);
    for (size_t i = 0; i < TEXTS; i++)
        *texts[i] = cur_lstr(&c);
    if (c.bad || c.s.len != 0)
        return false;
    *ret_event = event;
    return true;
}

int64_t hub_backoff_ms(uint64_t attempts) {
    int64_t wait = 1000;
    for (uint64_t i = 1; i < attempts && wait < HUB_BACKOFF_MOST_MS; i++)
        wait *= 2;
    return wait < HUB_BACKOFF_MOST_MS ? wait : HUB_BACKOFF_MOST_MS;
}
