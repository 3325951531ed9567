#pragma once
/* svc/logs, inside the room: the service's state, its rows, and what its operations share. */
#include "aws/row.h"
#include "svc/logs/errors.h"
#include "svc/logs/logs.h"

struct logs_known; /* known.c */
/*
 * Made by logs_open and constant afterwards, but for `known`, which has a lock of its own: any
 * thread.
 */
struct logs_svc {
    struct store *store;
    struct hub *hub;
    struct logs_known *known;
};

#define KIT_OPS    "svc/logs/ops.def"
#define KIT_PREFIX logs
#include "svc/kit/op_handlers.h"

/* ---- rows.c ---- */
/*
 * STORE_META     logs.group   account, region, group          → JSON: name, id, creationTime,
 *                                                               retentionInDays, tags, class
 *                logs.stream  account, region, group, stream  → JSON: name, id, creationTime
 * STORE_LOGS     logs.event   u64 group id, u64 time, u64 id  → event (struct logs_event)
 *                logs.index   u64 group id, u64 stream id, u64 time, u64 id → (empty)
 * STORE_METRICS  logs.size    u64 group id                    → store_stat's row, whose sum is the
 *                                                               stored bytes
 * The functions that make keys clear them first.
 */
void logs_group_key(struct buf *key, str account, str region, str group);
void logs_stream_key(struct buf *key, str account, str region, str group, str stream);

/* A place between events: before the event of that time and id. */
struct logs_place {
    int64_t time_ms;
    uint64_t id;
};
/* 40 digits, as they stand in tokens. False: it is none. */
str logs_place_text(struct rq *rq, struct logs_place at);
bool logs_place_parse(str text, struct logs_place *ret_place);
struct logs_event;
/* The eventId of answers. */
enum { LOGS_EVENT_ID = 56 };
void logs_event_id(const struct logs_event *event, char out[LOGS_EVENT_ID]);
void logs_event_key(struct buf *key, uint64_t group, struct logs_place at);
void logs_index_key(struct buf *key, uint64_t group, uint64_t stream, struct logs_place at);
void logs_size_key(struct buf *key, uint64_t group);
/* The last two parts of an event's or index key. */
struct logs_place logs_place_of(str key);

/* One event. Texts are views of the row, or the caller's. */
struct logs_event {
    struct logs_place at;
    int64_t ingested_ms;
    uint64_t stream_id;
    str stream, message;
    bool plain; /* to be written: no metrics are looked for in it */
};
/* Appends the row's value; `at` stands in its key. */
void logs_event_encode(struct buf *out, const struct logs_event *event);
/* Views into key and value. False: damaged. */
bool logs_event_decode(str key, str value, struct logs_event *ret_event);
/* What an event counts for: its bytes and 26 of overhead, as AWS bills it. */
static inline size_t logs_event_size(str message) { return message.len + 26; }

/* The request's group and stream: 0, or AWS_FAILED (ResourceNotFoundException). */
struct logs_group {
    struct row row;
    json_t *doc;
    str name; /* in the request's arena */
    uint64_t id;
    int64_t oldest_ms; /* events before this have expired; 0: none do */
};
/* Releases the row and the document. */
void logs_group_deinit(struct logs_group *group);
int logs_group_of(struct rq *rq, struct logs_group *ret_group);
/* A stream as a request names it, with its row, which is a condition of what the request writes. */
struct logs_stream {
    struct row row;
    uint64_t id;
};
void logs_stream_deinit(struct logs_stream *stream);
int logs_stream_of(struct rq *rq, const struct logs_group *group, struct logs_stream *ret_stream);
/* The group's name that the request gives, as a name or in an ARN; absent: neither. */
str logs_group_name(struct rq *rq);
/* Events of the group from before this time have expired; 0: it keeps them for ever. */
int64_t logs_oldest_ms(const json_t *group, int64_t now_ms);
/* Documents of a new group or stream, with an id of their own: new references. */
json_t *logs_new_group(struct store *store, str name, int64_t now_ms);
json_t *logs_new_stream(struct store *store, str name, int64_t now_ms);

/* ---- write.c ---- */
struct logs_room; /* below */
/*
 * Where events are written: the ids of a group and a stream, so that no row is read for each event.
 * Texts are borrowed.
 */
struct logs_target {
    str account, region;
    uint64_t group, stream;
    str stream_name;
};
/*
 * Adds events (their `at.time_ms` and `message`) to the batch, and the metrics that they carry, as
 * far as room says; room->too_many and result tell why it ended.
 */
void logs_write(struct logs_svc *logs, const struct rows *rows, const struct logs_target *target,
                const struct logs_event *events, size_t n, struct logs_room *room);

/*
 * Adds to (sign 1) or takes off (-1) the group's stored bytes: as many observations of 1 as there
 * are bytes, which sum up, and need one bin of the histogram.
 */
void logs_count_bytes(struct store_batch *batch, uint64_t group, int sign, double bytes);

/* ---- emf.c ---- */
/*
 * How many metrics are taken out of messages. The specification lets a document of 256 KiB stand for
 * three million observations, so neither their number nor their rows follow from the bytes.
 *
 * Lines of somebody else's batch are taken as far as `left` goes. Who may split his work gives
 * `commit`: it is called whenever the metrics have filled the batch, and leaves it empty.
 */
struct logs_room {
    size_t left;              /* observations that may still be taken */
    size_t of_event;          /* … of one event */
    int (*commit)(void *ctx); /* 0, or why it failed: nothing more is taken */
    void *ctx;
    size_t full_rows, full_bytes; /* commit is called beyond these; set by logs_write */
    bool too_many; /* `left` was not enough, and there is a commit: nothing more is taken */
    int result;    /* what commit answered */
};
enum {
    LOGS_EMF_MOST = 20000,     /* of the lines of somebody else's batch */
    LOGS_EMF_LINE_MOST = 3000, /* … and of one: a full directive of single values, in each set */
    LOGS_EMF_CALL_MOST = 1000000, /* of PutLogEvents: about a second's work */
};

/* Metrics in a message of the embedded metric format go to the hub, in batch. */
void logs_emf(struct logs_svc *logs, struct store_batch *batch, str account, str region,
              int64_t time_ms, str message, struct logs_room *room);

/* ---- known.c: ids of groups and streams, for the hub's port ---- */
/* With a lock of its own: any thread. */
struct logs_known *logs_known_new(void);
struct logs_known *logs_known_free(struct logs_known *known);
/*
 * Finds the line's group and stream, or makes them by a commit of its own; *ret_target borrows the
 * line's texts. 0, -errno or STORE_E_*.
 */
int logs_known_find(struct logs_svc *logs, const struct hub_log *line,
                    struct logs_target *ret_target);
void logs_known_forget(void *logs); /* a store_after hook: something was deleted */

/*
 * A hub_timer_fn: removes what has expired, in commits of a bounded number of rows. Returns when to
 * be called again, in world time.
 */
int64_t logs_sweep(void *logs); /* a hub_timer_fn: removes what has expired */

/* ---- hooks.c ---- */
/* Of the service row: appends the ARN of the group and stream that the request names. 0. */
int logs_hook_resource(void *logs, struct rq *rq, struct buf *ret_arn);
int logs_hook_tags(void *logs, struct rq *rq, str arn, json_t **ret_tags);
