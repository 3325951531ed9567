/* A log line that may hold metrics. World time is 2026-11-22T04:56:59Z. */
#include "base/clock.h"
#include "svc/logs/logs_priv.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What leaves the reader is within the service's bounds. */
static void look(void *ctx, struct store_batch *batch, const struct hub_metric *m) {
    (void)ctx, (void)batch;
    if (!isfinite(m->value) || m->name.len == 0 || m->name_space.len == 0 || m->n_dimensions > 30)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct logs_svc logs;
    if (!logs.hub) {
        logs.hub = hub_new(NULL);
        hub_plug_metric(logs.hub, look, NULL);
        clock_set_offset_ms(INT64_C(1795323419000) - clock_real_ms());
    }
    struct logs_room room = {.left = LOGS_EMF_MOST, .of_event = LOGS_EMF_LINE_MOST};
    logs_emf(&logs, NULL, S("000000000000"), S("us-east-1"), clock_world_ms(), str_n(data, size),
             &room);
    if (room.left > LOGS_EMF_MOST)
        __builtin_trap();
    return 0;
}
