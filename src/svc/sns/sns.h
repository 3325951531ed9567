#pragma once
/*
 * svc/sns: the SNS service: standard topics, subscriptions, Publish. FIFO topics are refused by
 * name.
 *
 * Publish and the outbox rows of its deliveries commit together; the hub takes them to SQS queues
 * and Lambda functions, whose own policies decide. What one batch does not hold of them is due work
 * of kind "fanout", committed with the others. E-mail, http and https subscriptions are stored
 * and stay PendingConfirmation: nothing is sent to them, and nothing is counted as delivered or
 * failed for them, as AWS does with subscriptions that nobody has confirmed.
 *
 * What other services publish (S3's notifications) comes in by the hub's port "sns" and is asked of
 * the topic's policy. The service has no thread but that of its due work; everything here may be
 * called by any thread once open.
 */
#include "aws/op.h"

struct sns_svc; /* the service's state */

/* Plugs the port into the hub: before hub_start. hub and store must outlive the service. */
int sns_open(struct sns_svc **ret_sns, struct store *store, struct hub *hub, struct err *err);
/* Returns NULL. The hub was stopped, and no request is under way. */
struct sns_svc *sns_close(struct sns_svc *sns);

/* The service as the cloud wants it (aws_cloud_add). The caller keeps the struct. */
struct aws_service sns_service(struct sns_svc *sns);
