/* kit/metric: puts one value of a service's own metric. */
#include "svc/kit/metric.h"

#include "base/clock.h"

void kit_metric_put(const struct kit_metrics *metrics, struct store_batch *batch, const char *name,
                    double value, double count, const char *unit) {
    struct hub_metric metric = {.account = metrics->account,
                                .region = metrics->region,
                                .name_space = str_c(metrics->name_space),
                                .name = str_c(name),
                                .dimensions = metrics->dimensions,
                                .value = value,
                                .count = count,
                                .unit = unit,
                                .place = metrics->place,
                                .time_ms = metrics->time_ms ? metrics->time_ms : clock_world_ms()};
    while (metric.n_dimensions < KIT_METRIC_DIMENSIONS &&
           metrics->dimensions[metric.n_dimensions].name.p)
        metric.n_dimensions++;
    hub_put_metric(metrics->hub, batch, &metric);
}
