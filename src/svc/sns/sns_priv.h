#pragma once
/*
 * svc/sns, inside the room: the service's state and what its operations share. The state is set by
 * sns_open and constant afterwards, so any thread may use it; everything that changes is a row.
 */
#include "hub/due.h"
#include "svc/kit/attribute.h"
#include "svc/kit/page.h"
#include "svc/sns/errors.h"
#include "svc/sns/sns.h"
#include "svc/sns/topic.h"

struct sns_svc {
    struct store *store;
    struct hub *hub;
    struct hub_due *fanouts; /* later.c */
};

#define KIT_OPS    "svc/sns/ops.def"
#define KIT_PREFIX sns
#include "svc/kit/op_handlers.h"

/* Bytes of a message with its attributes ("Amazon SNS quotas"). */
enum { SNS_MESSAGE_MAX = 262144 };

/* ---- ops.c: what most handlers begin with ---- */
/*
 * The ARN in that member, of a topic, or of a subscription (wants_subscription). InvalidParameter
 * otherwise.
 */
int sns_use_arn(struct rq *rq, const char *member, bool wants_subscription, struct sns_arn *ret);
/* … and its row, as long as the request lasts. NotFound. */
int sns_use_topic(struct rq *rq, const char *member, struct sns_arn *ret_arn,
                  struct kit_doc **ret_doc);
/* The same for a subscription's ARN. What they give lives in the request. */
int sns_use_subscription(struct rq *rq, struct sns_arn *ret_arn, struct kit_doc **ret_doc);
/* The ARN as text, in the request's arena. */
str sns_arn_of(struct rq *rq, const struct sns_arn *arn);
/* InvalidParameter, "Invalid parameter: " and the text. AWS_FAILED. */
int sns_fail_parameter(struct rq *rq, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- topics.c ---- */
/*
 * The policy of a topic that was given none, as AWS shows and applies it: services that name
 * aws:SourceOwner (alarms) may publish for the topic's own account. Users are asked for policies
 * of their own, for their requests name no owner.
 */
void sns_default_policy(struct buf *out, str arn, str account);

/* ---- What the tables of topics.c and subscriptions.c share ---- */
#define SNS_PAGING(member)                                                                         \
    {                                                                                              \
        .list = member, .token = "NextToken", .most = 100, .error = &SNS_InvalidParameter,         \
        .text = "Invalid parameter: NextToken"                                                     \
    }
#define SNS_UNKNOWN_ATTRIBUTE                                                                      \
    { &SNS_InvalidParameter, "Invalid parameter: AttributeName" }
extern const struct kit_refusal sns_no_attribute, sns_no_value;

/* ---- fanout.c ---- */
/* What is published. Everything is borrowed until the call is over. */
struct sns_message {
    str subject;               /* absent: none */
    str body;                  /* what every protocol gets that has none of its own */
    const json_t *by_protocol; /* MessageStructure json: protocol → text; or NULL */
    const json_t *attributes;  /* MessageAttributes; or NULL */
    char id[37];
    int64_t time_ms;
    bool near;       /* of a request: its batch may take what queues get (hub_deliver_near) */
    uint64_t before; /* subscriptions with a higher number came later; 0: all are served */
};
/*
 * Adds the outbox rows of the subscriptions that take the message, and the metrics, to batch. When
 * the batch is full the rest is left to later.c, in the same batch. 0 or a fault; without a snapshot
 * (a port, whose batch is committed in any case) what cannot be read is left to later.c too.
 */
int sns_fan_out(struct sns_svc *svc, struct store_batch *batch, const struct store_snap *snap,
                const struct sns_arn *topic, const struct sns_message *message);
/*
 * Only the rows of those behind the subscription *last (its id; empty: from the first), until the
 * batch is full. *last becomes the last one served. 1: some are left; 0; or -errno.
 */
int sns_fan_out_some(struct sns_svc *svc, struct store_batch *batch, const struct store_snap *snap,
                     const struct sns_arn *topic, const struct sns_message *message,
                     struct buf *last);
/* Counts what the hub says became of notifications. */
void sns_fan_out_plug(struct sns_svc *svc);
/* Bytes as SNS counts them: body and attributes. */
size_t sns_message_bytes(const struct sns_message *message);

/* ---- later.c: what is left of a fan-out that one batch does not hold ---- */
/* Adds the rows of it; last: the subscription that was served last, or empty. */
void sns_later_put(struct sns_svc *svc, struct store_batch *batch, const struct sns_arn *topic,
                   const struct sns_message *message, str last);
/* Adds the kind of due work. Before hub_start. */
void sns_later_open(struct sns_svc *svc);

/* ---- port.c ---- */
/* Plugs the hub's port "sns": what other services publish to a topic. Before hub_start. */
void sns_plug(struct sns_svc *svc);
