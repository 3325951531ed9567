#pragma once
/*
 * fn/event: S3's event notification, read into records. Source: "Event message structure" in the S3
 * User Guide. The texts of an event are untrusted: keys are any bytes of UTF-8.
 */
#include "base/arena.h"
#include "base/json.h"

enum { FN_MAX_RECORDS = 1000, FN_SEQUENCER_LEN = 32 };

/* One object that was created. */
struct fn_record {
    str bucket;
    str key;        /* decoded: "a b@c.jpg" */
    str version_id; /* absent on unversioned buckets */
    str etag;
    int64_t size;                         /* -1: the event does not say */
    int64_t time_ms;                      /* the event's */
    char sequencer[FN_SEQUENCER_LEN + 1]; /* zero-padded, so that text order is event order */
    char image_id[32 + 1];                /* first 32 hex digits of SHA-256("bucket/key") */
};
/*
 * Records of object creation; others (tests, removals) are left out and counted in *ret_ignored.
 * Texts live in arena. 0, or -EINVAL: not an S3 event.
 */
int fn_event_parse(const json_t *event, struct arena *arena, struct fn_record **ret_records,
                   size_t *ret_n, size_t *ret_ignored, struct err *err);
