#pragma once
/* svc/sns, inside the room: the service's state and what its operations share. */
#include "svc/sns/errors.h"
#include "svc/sns/sns.h"
#include "svc/sns/topic.h"

struct svc {
    struct store *store;
    struct hub *hub;
};

#define KIT_OPS "svc/sns/ops.def"
#define KIT_PREFIX sns
#include "svc/kit/op_handlers.h"

enum { SNS_PAGE = 100, SNS_MESSAGE_MAX = 262144 };

/* ---- ops.c: what most handlers begin with ---- */
/* The ARN in that member, of a topic, or of a subscription (wants_subscription). InvalidParameter otherwise. */
int sns_use_arn(struct rq *rq, const char *member, bool wants_subscription, struct sns_arn *ret);
/* … and its row: a new reference, with the row's text in *row (may be NULL). NotFound. */
int sns_use_topic(struct rq *rq, const char *member, struct sns_arn *ret_arn, json_t **ret_doc, struct buf *row);
int sns_use_subscription(struct rq *rq, struct sns_arn *ret_arn, json_t **ret_doc, struct buf *row);
/* Writes the row, which must still be what it was; before absent: there must be none. */
void sns_put_row(struct rq *rq, str key, str before, const json_t *doc);
str sns_arn_of(struct rq *rq, const struct sns_arn *arn);
json_t *sns_attributes(const json_t *doc); /* borrowed */
int sns_fail_parameter(struct rq *rq, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Pages of SNS_PAGE: NextToken is the base64 of the last key. from gets where to begin. */
int sns_page_start(struct rq *rq, struct buf *from);
void sns_page_end(struct rq *rq, str last_key);

/* ---- fanout.c ---- */
struct sns_message {
    str subject;          /* absent: none */
    str body;             /* what every protocol gets that has none of its own */
    const json_t *by_protocol; /* MessageStructure json: protocol → text; or NULL */
    const json_t *attributes;  /* MessageAttributes; or NULL */
    char id[37];
    int64_t time_ms;
};
/*
 * Adds the outbox rows of every subscription that takes the message, and the metrics, to batch. 0 or
 * a fault.
 */
int sns_fan_out(struct svc *svc, struct store_batch *batch, const struct store_snap *snap, const struct sns_arn *topic,
                const struct sns_message *message);
/* Counts what the hub says became of notifications. */
void sns_fan_out_plug(struct svc *svc);
/* Bytes as SNS counts them: body and attributes. */
size_t sns_message_bytes(const struct sns_message *message);

/* ---- port.c ---- */
void sns_plug(struct svc *svc);
