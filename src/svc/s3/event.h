#pragma once
/*
 * s3/event: the JSON text of an event notification ("Event message structure", S3 user guide) and
 * of the test message that S3 sends when a configuration is stored. Pure.
 */
#include "base/buf.h"
#include "svc/s3/notify.h"

/* What a record tells. All texts are borrowed for the call. */
struct s3_event {
    enum s3_event_type type;
    int64_t time_ms;
    str region;    /* the bucket's */
    str principal; /* "AWS:AIDA…" */
    str source_ip;
    str request_id, host_id;
    str config_id;
    str bucket;
    str owner_id;  /* canonical id of the bucket's owner */
    str key;       /* as stored; the record shows it URL-encoded */
    bool has_body; /* size is told */
    uint64_t size;
    str etag;       /* absent: not told */
    str version_id; /* absent: the bucket was never versioned */
    uint64_t seq;   /* the record's sequencer, hex: later events of a key have a higher one */
};
/* Appends {"Records":[…]} with one record. */
void s3_event_write(struct buf *out, const struct s3_event *event);

/* {"Service":"Amazon S3","Event":"s3:TestEvent",…} */
void s3_event_write_test(struct buf *out, str bucket, int64_t time_ms, str request_id, str host_id);
