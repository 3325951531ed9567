#pragma once
/*
 * sqs/queue: the row of a queue, its attributes, and its messages' rows.
 *
 *   STORE_META   "sqs" account region name                 JSON (see queue.c)
 *   STORE_QUEUE  "sqsb" queue id                           a message's body and attributes, sealed: never changes
 *                "sqss" queue id                           its state: due, receive count, receipt
 *                "sqso" queue due id                       its place: kind, sent; the order of delivery
 *
 * A message is visible when its due time (world, ms) has come. Every change of a message expects the
 * state it has read, so two receivers never get one, and what is deleted stays so.
 */
#include "base/json.h"
#include "store/store.h"

struct svc;

struct sqs_queue {
    json_t *doc;     /* the row */
    struct buf key;  /* its key */
    uint64_t id;
    char seal_id[16];
    str account, region, name; /* in doc */
    /* Attributes in force. */
    int64_t delay_s, max_bytes, retention_s, wait_s, visibility_s;
    str dead_letter_arn; /* absent: no redrive */
    int64_t max_receives;
};

/* ---- Queues ---- */
bool sqs_name_ok(str name);
/* The newest row: 0, STORE_E_ABSENT or another fault. */
int sqs_queue_load(struct svc *svc, str account, str region, str name, struct sqs_queue *ret);
int sqs_queue_load_arn(struct svc *svc, str arn, struct sqs_queue *ret);
/* From a row that was read by other means. */
int sqs_queue_parse(str key, str row, struct sqs_queue *ret);
void sqs_queue_deinit(struct sqs_queue *queue);
void sqs_queue_key(struct buf *key, str account, str region, str name);
void sqs_queue_arn(const struct sqs_queue *queue, struct buf *arn);
/* arn:aws:sqs:region:account:name. False: not one. */
bool sqs_arn_parse(str arn, str *ret_region, str *ret_account, str *ret_name);
/* Writes the row, expecting it to be what it was when loaded (or absent: was_absent). */
void sqs_queue_put(struct store_batch *batch, const struct sqs_queue *queue, str row_before);

/* ---- Messages ---- */
struct sqs_message {
    uint64_t id;            /* 0: sqs_message_put gives one */
    char message_id[37];    /* uuid */
    int64_t sent_ms;
    str sender;
    str body;
    str attributes;         /* JSON of MessageAttributes, or empty */
    str trace;              /* AWSTraceHeader, or empty */
    str dead_letter_source; /* ARN, or empty */
};
struct sqs_state {
    int64_t due_ms;
    uint32_t receives;
    int64_t first_received_ms;
    uint64_t receipt; /* of the last receive; 0: never */
    int64_t sent_ms;
};
enum sqs_place { SQS_FRESH = 'n', SQS_DELAYED = 'd', SQS_IN_FLIGHT = 'f' };

/* Adds a new message, due at due_ms. The queue must still exist when it is committed. 0 or a fault. */
int sqs_message_put(struct svc *svc, struct store_batch *batch, const struct sqs_queue *queue,
                    struct sqs_message *message, int64_t due_ms);
/* Body and attributes; views into *plain. 0, STORE_E_ABSENT, a fault. */
int sqs_message_get(struct svc *svc, const struct sqs_queue *queue, uint64_t id, struct buf *plain,
                    struct sqs_message *ret);
/* *raw keeps the row as read: what changes expect. 0, STORE_E_ABSENT, a fault. */
int sqs_state_get(struct svc *svc, uint64_t queue_id, uint64_t id, struct buf *raw, struct sqs_state *ret);
/* From state `before` (raw) to *after, with its place. */
void sqs_state_change(struct store_batch *batch, uint64_t queue_id, uint64_t id, str raw,
                      const struct sqs_state *before, const struct sqs_state *after, enum sqs_place place);
/* Removes a message whose state is as read. */
void sqs_message_drop(struct store_batch *batch, uint64_t queue_id, uint64_t id, str raw, const struct sqs_state *state);
/* Removes all of a queue's. */
void sqs_messages_drop_all(struct store_batch *batch, uint64_t queue_id);

void sqs_place_prefix(struct buf *key, uint64_t queue_id);
void sqs_place_key(struct buf *key, uint64_t queue_id, int64_t due_ms, uint64_t id);
/* False: not such a key or row. */
bool sqs_place_parse(str key, str value, int64_t *ret_due_ms, uint64_t *ret_id, enum sqs_place *ret_place, int64_t *ret_sent_ms);

/* ---- What clients check: MD5s in hex ---- */
void sqs_md5(str bytes, char hex[33]);
/* Of MessageAttributes, as "SQS message metadata" defines it; values are the API model's documents. */
void sqs_md5_attributes(const json_t *attributes, char hex[33]);
