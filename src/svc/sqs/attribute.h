#pragma once
/* sqs/attribute: what may be set of a queue, and how it is checked. */
#include "svc/sqs/sqs_priv.h"

/*
 * Checks every member of attributes (a request's) and sets it in into, a queue's Attributes; an
 * empty value of Policy, RedrivePolicy and RedriveAllowPolicy removes it. queue_arn is the queue's.
 */
int sqs_attributes_apply(struct svc *svc, struct rq *rq, const json_t *attributes, json_t *into, str queue_arn);
/* The value in force: as set, or the default; absent for those without one. */
str sqs_attribute_value(const json_t *attributes, const char *name);
/* Each that can be set: fn(ctx, name). */
void sqs_attributes_each(void (*fn)(void *ctx, const char *name), void *ctx);
