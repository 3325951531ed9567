#pragma once
/*
 * sqs/attribute: what may be set of a queue, how it is checked, and what is in force while it is
 * not set.
 */
#include "svc/kit/attribute.h"
#include "svc/sqs/sqs_priv.h"

/*
 * queue_arn: the queue's, for its dead letters. The values of Policy, RedrivePolicy and
 * RedriveAllowPolicy may be empty: none.
 */
int sqs_attributes_apply(struct rq *rq, const json_t *given, json_t *into, str queue_arn);
str sqs_attribute_value(const json_t *attributes, const char *name);
int64_t sqs_attribute_integer(const json_t *attributes, const char *name);
/* Each that can be set: fn(ctx, name). */
void sqs_attributes_each(void (*fn)(void *ctx, const char *name), void *ctx);
