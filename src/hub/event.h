#pragma once
/*
 * hub/event: the outbox row's format (docs/formats/outbox.md).
 *
 * version u8 = 1, attempts varint, born_ms u64 (world time of the event), then target,
 * source_service, source_arn, source_account, payload, subject, attributes, dead_letter, account,
 * region, each as varint length and bytes. Private to the room, but tested and fuzzed.
 */
#include "hub/hub.h"

struct hub_row {
    uint64_t attempts;
    int64_t born_ms;
    struct hub_event event; /* views into the decoded bytes */
};
void hub_row_encode(struct buf *out, const struct hub_row *row);
bool hub_row_decode(str bytes, struct hub_row *ret_row);
/* Wait before the next attempt: 1 s, doubled each time, at most 5 minutes. */
int64_t hub_backoff_ms(uint64_t attempts);
