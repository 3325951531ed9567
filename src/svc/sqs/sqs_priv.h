#pragma once
/* svc/sqs, inside the room: the service's state and what its operations share. */
#include "base/lock.h"
#include "base/map.h"
#include "base/outcomes.h"
#include "hub/due.h"
#include "store/key.h"
#include "store/seal.h"
#include "svc/sqs/errors.h"
#include "svc/sqs/queue.h"
#include "svc/sqs/sqs.h"

struct sqs_live;

/* Made by sqs_open. What is in `live` is a memory of rows and waits: rows decide. */
struct sqs_svc {
    struct store *store;
    struct hub *hub;
    struct hub_due *due;  /* queues that something is to be done for: live.c */
    pthread_mutex_t lock; /* guards what follows */
    struct map live;      /* queue id (8 bytes) → struct sqs_live, made when first touched */
};

#define KIT_OPS    "svc/sqs/ops.def"
#define KIT_PREFIX sqs
#include "svc/kit/op_handlers.h"

/* ---- ops.c ---- */
/*
 * The queue that member QueueUrl (or QueueName) names, as long as the request lasts. AWS_FAILED:
 * QueueDoesNotExist.
 */
int sqs_use_queue(struct rq *rq, struct sqs_queue *ret_queue);
/* ENDPOINT/ACCOUNT/NAME, in the request's arena; the endpoint is the one that the client asked. */
str sqs_queue_url(struct rq *rq, str account, str name);
/* Is "All" or that one among the names that were asked for? */
bool sqs_is_asked(const json_t *names, const char *name);
/* Numbers are told as texts. As the API does in attributes. */
void sqs_set_number(json_t *out, const char *name, int64_t v);

/* ---- batch.c: the frame of the three batch operations ---- */
enum { SQS_BATCH_MAX = 10 };
/* Why one entry failed, while the others of the batch go on. */
struct sqs_entry_error {
    const struct aws_error *row;
    str message;
};
enum { SQS_ENTRY_FAILED = OUTCOMES_SQS };
struct sqs_batch;
/*
 * 0 with *result filled (Id is added), AWS_FAILED with a fault of ours set, or SQS_ENTRY_FAILED
 * with *error set.
 */
typedef int sqs_entry_fn(struct sqs_batch *b, const json_t *entry, json_t *result,
                         struct sqs_entry_error *error);
/* One batch under way, on the stack of its operation. */
struct sqs_batch {
    struct sqs_svc *svc;
    struct rq *rq;
    struct sqs_queue *queue;
    sqs_entry_fn *one;
    uint64_t done[SQS_BATCH_MAX]; /* messages that this batch has changed already */
    size_t n_done;
};
/*
 * Checks Entries (count, ids) and runs one for each. rq->out gets Successful and Failed. 0 or
 * AWS_FAILED; one is called in the order of the entries.
 */
int sqs_run_entries(struct sqs_svc *svc, struct rq *rq, sqs_entry_fn *one);
/* The same function outside a batch: its error becomes the request's. */
int sqs_run_single(struct sqs_svc *svc, struct rq *rq, sqs_entry_fn *one);
/*
 * Fills *error; fmt NULL: the row's own text. The message lies in rq's arena. Always
 * SQS_ENTRY_FAILED.
 */
int sqs_entry_fail(struct sqs_entry_error *error, struct rq *rq, const struct aws_error *row,
                   const char *fmt, ...) PRINTF_LIKE(4, 5);

/* ---- metric.c ---- */
/*
 * Adds count observations of value to AWS/SQS's metric of that name for the queue, with the commit
 * of batch.
 */
void sqs_put_metric(struct sqs_svc *svc, struct store_batch *batch, const struct sqs_queue *queue,
                    const char *name, double value, double count, const char *unit);
/* The rows of a queue at this moment. */
struct sqs_counts {
    uint64_t visible, in_flight, delayed;
    int64_t oldest_ms; /* when the oldest was sent; 0: none */
};
int sqs_count(struct sqs_svc *svc, uint64_t queue_id, int64_t now_ms, struct sqs_counts *ret);

/* ---- port.c ---- */
/* Plugs the hub's port "sqs": what other services send to a queue. Before hub_start. */
void sqs_plug(struct sqs_svc *svc);
