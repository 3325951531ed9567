/* hub/timer: periodic work: a kind of due work that has no items, only its look. */
#include "hub/due.h"

struct hub_due *hub_add_timer(struct hub *hub, const char *name, hub_timer_fn *run, void *ctx) {
    return hub_due_add(
        hub, &(struct hub_due_kind){.name = name, .in_memory = true, .look = run, .ctx = ctx});
}
