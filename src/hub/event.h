#pragma once
/*
 * hub/event: an event as the payload of its due row (docs/formats/due.md): version u8 = 1, then
 * target, source_service, source_arn, source_account, payload, subject, attributes, dead_letter,
 * account, region, each as varint length and bytes. Private to the room, but tested and fuzzed.
 */
#include "hub/hub.h"

#define HUB_OUTBOX "event" /* the kind of the rows */

void hub_event_encode(struct buf *out, const struct hub_event *event);
/* The texts are views into bytes. False: no such payload. */
bool hub_event_decode(str bytes, struct hub_event *ret_event);

enum { HUB_BACKOFF_MOST_MS = 300000 };
/* Wait before the next attempt: 1 s, doubled each time, at most 5 minutes. */
int64_t hub_backoff_ms(uint64_t attempts);
