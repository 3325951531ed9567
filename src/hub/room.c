/*
 * hub/room: notices when the store stops taking changes, because the disk is full, and when it takes
 * them again; and tells those who wait for that.
 *
 * It looks every ten seconds, at once where somebody says that he was refused, and every second while
 * the store refuses. What it remembers beside that is since when all is well, for the ages of events.
 */
#include "hub/hub_priv.h"

#include "base/clock.h"
#include "base/log.h"

enum { LOOK_MS = 10000, LOOK_SOON_MS = 1000 };

void hub_plug_room(struct hub *hub, void (*fn)(void *ctx), void *ctx) {
    hub->waiters = mem_realloc(hub->waiters, (hub->n_waiters + 1) * sizeof *hub->waiters);
    hub->waiters[hub->n_waiters++] = (struct hub_waiter){fn, ctx};
}

void hub_await_room(struct hub *hub) { hub_kick(hub->room); }

int64_t hub_able_since_ms(struct hub *hub) {
    int64_t now = clock_world_ms(), since = atomic_load(&hub->able_since_ms);
    if (hub->store && store_refuses(hub->store))
        return now;
    if (since > now) /* the clock went back: it counts from here */
        atomic_store(&hub->able_since_ms, since = now);
    return since;
}

static void tell(int refusal) {
    if (refusal == STORE_E_READONLY)
        log_error("hub", "a write failed: nothing is written until the daemon is started again; "
                         "events wait until then");
    else
        log_error("hub", "free space is below the reserve: changes are refused, and events wait "
                         "until there is room");
}

static int64_t look(void *hub_) {
    struct hub *hub = hub_;
    int refusal = hub->store ? store_refuses(hub->store) : 0;
    int64_t now = clock_world_ms();
    if (refusal && !hub->refuses)
        tell(refusal);
    bool again = hub->refuses && !refusal;
    hub->refuses = refusal != 0;
    if (refusal || again)
        atomic_store(&hub->able_since_ms, now);
    if (again) {
        log_info("hub", "there is room on the disk again: what waited goes on");
        for (size_t i = 0; i < hub->n_waiters; i++)
            hub->waiters[i].fn(hub->waiters[i].ctx);
    }
    return now + (refusal ? LOOK_SOON_MS : LOOK_MS);
}

void hub_room_open(struct hub *hub) {
    atomic_store(&hub->able_since_ms, clock_world_ms());
    hub->room = hub_add_timer(hub, "room", look, hub);
}
