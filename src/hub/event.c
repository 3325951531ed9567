/* hub/event: writes and reads an outbox row, and computes how long a retry waits. */
#include "hub/event.h"

enum { ROW_VERSION = 1 };

/* The texts in the order of the format. */
static void texts_of(struct hub_event *e, str *ret[10]) {
    str *const order[10] = {&e->target,  &e->source_service, &e->source_arn, &e->source_account,
                            &e->payload, &e->subject,        &e->attributes, &e->dead_letter,
                            &e->account, &e->region};
    memcpy(ret, order, sizeof order);
}

void hub_row_encode(struct buf *out, const struct hub_row *row) {
    struct hub_event event = row->event;
    str *texts[10];
    texts_of(&event, texts);
    buf_u8(out, ROW_VERSION);
    buf_varint(out, row->attempts);
    buf_u64(out, (uint64_t)row->born_ms);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_lstr(out, *texts[i]);
}

bool hub_row_decode(str bytes, struct hub_row *ret_row) {
    struct cur c = cur_of(bytes);
    struct hub_row row = {0};
    if (cur_u8(&c) != ROW_VERSION)
        return false;
    row.attempts = cur_varint(&c);
    row.born_ms = (int64_t)cur_u64(&c);
    str *texts[10];
    texts_of(&row.event, texts);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = cur_lstr(&c);
    if (c.bad || c.s.len != 0)
        return false;
    *ret_row = row;
    return true;
}

int64_t hub_backoff_ms(uint64_t attempts) {
    static const int64_t most = 300000;
    int64_t wait = 1000;
    for (uint64_t i = 1; i < attempts && wait < most; i++)
        wait *= 2;
    return wait < most ? wait : most;
}
