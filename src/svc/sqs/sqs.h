#pragma once
/*
 * svc/sqs: the SQS service: standard queues. FIFO queues are refused by name.
 *
 * A queue is a row of STORE_META, its messages are rows of STORE_QUEUE (docs/formats/sqs.md).
 * Visibility, delays and retention follow world time; the wait of a long poll follows real time. What other services send comes in by the hub's port "sqs"
 * and is asked of the queue's policy; Lambda's dead letters are not: they are sent with the rights
 * of the function's role, which Lambda has checked.
 *
 * One timer of the hub ends long polls, drops what is past its retention, and puts the queues'
 * metrics. Everything here may be called by any thread once open.
 */
#include "aws/op.h"

struct sqs_svc; /* the service's state */

/* Plugs the port into the hub: before hub_start. hub and store must outlive the service. */
int sqs_open(struct sqs_svc **ret_sqs, struct store *store, struct hub *hub, struct err *err);
struct sqs_svc *sqs_close(
    struct sqs_svc *sqs); /* returns NULL; hub stopped, no request under way */

/* For store_open: how rows of older formats become those of this one. */
extern const struct store_migration sqs_migrations[];

/* The service as the cloud wants it (aws_cloud_add). The caller keeps the struct. */
struct aws_service sqs_service(struct sqs_svc *sqs);
