#pragma once
/*
 * svc/logs: log groups, streams and events; filter patterns; metrics that log lines carry (EMF).
 *
 * Events are rows ordered by time within their group, with an index by stream; both are keyed by
 * numbers that a group and a stream get when they are made, so that deleting one is one range and a
 * new one of the same name starts empty (docs/formats/logs.md).
 */
#include "aws/op.h"

struct logs_svc; /* the service's state */

/*
 * Plugs itself into the hub: what hub_put_log is given comes here. hub may be NULL (tests): nothing
 * is then swept, and EMF is ignored.
 */
int logs_open(struct logs_svc **ret_logs, struct store *store, struct hub *hub, struct err *err);
struct logs_svc *logs_close(struct logs_svc *logs); /* returns NULL; no request may be under way */
/* For aws_cloud_add. */
struct aws_service logs_service(struct logs_svc *logs);
/*
 * The hub's log port. Not from the committer: a group or stream that is not there yet is made
 * durably before this returns.
 */
void logs_put(void *logs, struct store_batch *batch, const struct hub_log *lines, size_t n);
