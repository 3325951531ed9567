#pragma once
/*
 * sqs/queue: the row of a queue, its attributes, and its messages' rows.
 *
 *   STORE_META   "sqs" account region name   JSON (see queue.c)
 *   STORE_QUEUE  "sqsb" queue id             a message's body and attributes; never changes
 *                "sqss" queue id             its state: due, receive count, receipt
 *                "sqso" queue due id         its place: kind, sent; the order of delivery
 *
 * A message is visible when its due time (world, ms) has come. Every change of a message expects
 * the state it has read, so two receivers never get one, and what is deleted stays so.
 */
#include "svc/kit/doc.h"

struct sqs_svc;

enum { SQS_NAME_MAX = 80, SQS_ARN_MAX = 192 };

/* What a queue's row says; views into of->doc, as long as that lives. */
struct sqs_queue {
    struct kit_doc *of;
    uint64_t id;
    str account, region, name;
    /* Attributes in force. */
    int64_t delay_s, max_bytes, retention_s, wait_s, visibility_s;
    char dead_letter_arn[SQS_ARN_MAX]; /* "": no redrive */
    int64_t max_receives;
};

/* ---- Queues ---- */
/* From a row that was read. 0 or -EBADMSG. */
int sqs_queue_of(struct kit_doc *doc, struct sqs_queue *ret);
/*
 * Reads the row of that queue into *doc, which is empty: 0, STORE_E_ABSENT (also when it is no
 * queue's ARN) or a fault.
 */
int sqs_queue_get(const struct rows *rows, str arn, struct kit_doc *doc, struct sqs_queue *ret);
/* Appends the queue's ARN. */
void sqs_queue_arn(const struct sqs_queue *queue, struct buf *arn);
/*
 * RedrivePolicy: false when it is none. maxReceiveCount comes as a number or as a string; 0:
 * neither.
 */
bool sqs_redrive_parse(const json_t *policy, str *ret_target, int64_t *ret_count);

/* ---- Messages ---- */
/* A message as it is sent and received. Texts are views: of the request, or of the opened row. */
struct sqs_message {
    uint64_t id;         /* 0: sqs_message_put gives one */
    char message_id[37]; /* uuid */
    int64_t sent_ms;
    str sender;
    str body;
    str attributes;         /* JSON of MessageAttributes, or empty */
    str trace;              /* AWSTraceHeader, or empty */
    str dead_letter_source; /* ARN, or empty */
};
/* What changes of a message. Zeroed it is empty; sqs_state_deinit releases the row. */
struct sqs_state {
    int64_t due_ms;
    uint32_t receives;
    int64_t first_received_ms;
    uint64_t receipt; /* of the last receive; 0: never */
    int64_t sent_ms;
    struct row row; /* as peeked */
};
void sqs_state_deinit(struct sqs_state *state);
/*
 * What a message waits for at its place: never received, sent with a delay, or received and hidden.
 * The values are on disk.
 */
enum sqs_place { SQS_FRESH = 'n', SQS_DELAYED = 'd', SQS_IN_FLIGHT = 'f' };

/*
 * Adds a new message, due at due_ms, to a queue whose row is a condition of the batch: it must
 * still exist then.
 */
void sqs_message_put(struct sqs_svc *svc, const struct rows *rows, const struct sqs_queue *queue,
                     struct sqs_message *message, int64_t due_ms);
/* Body and attributes; views into *plain. 0, STORE_E_ABSENT, a fault. */
int sqs_message_get(struct sqs_svc *svc, const struct sqs_queue *queue, uint64_t id,
                    struct buf *plain, struct sqs_message *ret);
/*
 * Only peeks: what a receiver passes by, or a stale handle names, may change as it likes. The
 * functions below make it a condition. 0, STORE_E_ABSENT, a fault.
 */
int sqs_state_peek(const struct rows *rows, uint64_t queue_id, uint64_t id, struct sqs_state *ret);
/* From state `before`, as peeked, to *after, with its place. */
void sqs_state_change(const struct rows *rows, uint64_t queue_id, uint64_t id,
                      const struct sqs_state *before, const struct sqs_state *after,
                      enum sqs_place place);
/* Removes a message whose state is as peeked. */
void sqs_message_drop(const struct rows *rows, uint64_t queue_id, uint64_t id,
                      const struct sqs_state *state);
/* Removes all of a queue's. */
void sqs_messages_drop_all(struct store_batch *batch, uint64_t queue_id);

/*
 * Keys of places: those of one queue begin with the prefix, and sort by due time, then id. Both
 * clear key first.
 */
void sqs_place_prefix(struct buf *key, uint64_t queue_id);
void sqs_place_key(struct buf *key, uint64_t queue_id, int64_t due_ms, uint64_t id);
/* What the key says, and what the value does. False: not such a key, or value. */
bool sqs_place_of_key(str key, int64_t *ret_due_ms, uint64_t *ret_id);
bool sqs_place_of_value(str value, enum sqs_place *ret_place, int64_t *ret_sent_ms);

/* ---- What clients check: MD5s in hex ---- */
/* Lower-case digits and a NUL. */
void sqs_md5(str bytes, char hex[33]);
/*
 * Of MessageAttributes, as "SQS message metadata" defines it; values are the API model's documents.
 */
void sqs_md5_attributes(const json_t *attributes, char hex[33]);
