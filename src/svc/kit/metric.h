#pragma once
/* kit/metric: a service's own metrics, which CloudWatch keeps (AWS/SQS by QueueName, …). */
#include "hub/hub.h"

/* The most dimensions that a metric of a service has. */
enum { KIT_METRIC_DIMENSIONS = 3 };

/* Whose numbers they are: made once for a queue, a topic, a table; views of its texts. */
struct kit_metrics {
    struct hub *hub;
    str account, region;
    const char *name_space;
    /* the first without a name ends them */
    struct hub_dimension dimensions[KIT_METRIC_DIMENSIONS];
    int64_t time_ms;         /* world time; 0: now */
    struct hub_place *place; /* of the one metric that is put; or NULL */
};
/* count observations of value, with the commit of batch. unit as CloudWatch spells it, or NULL. */
void kit_metric_put(const struct kit_metrics *metrics, struct store_batch *batch, const char *name,
                    double value, double count, const char *unit);
