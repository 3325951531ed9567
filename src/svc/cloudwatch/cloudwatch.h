#pragma once
/*
 * svc/cloudwatch: metrics in one-minute buckets, alarms and dashboards.
 *
 * A data point is merged into its series' row of that minute (store_stat), in the batch of whatever
 * caused it. Percentiles come from the row's histogram, within 1 %. Alarms are stored, described
 * and can be set; they are not evaluated. What was done with them is kept for 30 days.
 * docs/formats/cloudwatch.md has the rows.
 */
#include "aws/op.h"

struct cw_svc; /* the service's state */

/* Plugs itself into the hub (NULL in tests): what hub_put_metric is given comes here. */
int cw_open(struct cw_svc **ret_cw, struct store *store, struct hub *hub, struct err *err);
struct cw_svc *cw_close(struct cw_svc *cw); /* returns NULL; no request may be under way */
/* For aws_cloud_add. */
struct aws_service cw_service(struct cw_svc *cw);
/* The hub's metric port. Any thread but the committer's. */
void cw_put_metric(void *cw, struct store_batch *batch, const struct hub_metric *metric);
