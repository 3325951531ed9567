/*
 * svc/s3: what became of a bucket's notifications. S3 tells nobody; here the bucket's owner finds
 * those that no target took in a metric of ours, NotificationsFailed of the namespace Calotype/S3.
 */
#include "base/arn.h"
#include "svc/kit/metric.h"
#include "svc/s3/s3_priv.h"

static void on_outcome(void *svc_, struct store_batch *batch, const struct hub_event *event,
                       int outcome) {
    struct s3_svc *svc = svc_;
    struct arn bucket;
    if (outcome == HUB_OK || !arn_parse(event->source_arn, &bucket))
        return;
    const struct kit_metrics metrics = {
        .hub = svc->hub,
        .account = event->account,
        .region = event->region,
        .name_space = "Calotype/S3",
        .dimensions = {{S("BucketName"), bucket.resource}, {S("Destination"), event->target}}};
    kit_metric_put(&metrics, batch, "NotificationsFailed", 1, 1, "Count");
}

void s3_outcome_plug(struct s3_svc *svc) {
    hub_plug_outcome(svc->hub, "s3.amazonaws.com", on_outcome, svc);
}
