/*
 * store/space: asks the file system about once a second how much room is left, and counts what is
 * written in between.
 */
#include "store/fault.h"
#include "store/store_priv.h"

#include "base/clock.h"

#include <sys/statvfs.h>

enum { LOOK_EVERY_MS = 1000, LOOK_EVERY_BYTES = 32 << 20 };

/* Only what an unprivileged writer may use counts; root's spare blocks are the last resort. */
static void look(struct store_space *space) {
    struct statvfs fs;
    if (statvfs(space->path, &fs) < 0)
        return; /* keeps the last known figure: the write itself will tell */
    uint64_t available = (uint64_t)fs.f_bavail * fs.f_frsize;
    uint64_t most = available < INT64_MAX ? available : INT64_MAX;
    uint64_t reserve = atomic_load(&space->reserve);
    reserve = reserve < INT64_MAX ? reserve : INT64_MAX;
    atomic_store(&space->room, (int64_t)most - (int64_t)reserve);
    atomic_store(&space->next_ms, clock_mono_ms() + LOOK_EVERY_MS);
}

void store_space_init(struct store_space *space, const char *path, uint64_t reserve) {
    space->path = path;
    space->reserve = reserve;
    look(space);
}

void store_set_reserve(struct store *store, uint64_t bytes) {
    atomic_store(&store->space.reserve, bytes);
    look(&store->space);
}

bool store_space_has(struct store_space *space, uint64_t adding) {
    if (clock_mono_ms() >= atomic_load(&space->next_ms))
        look(space);
    int64_t room = store_fault_on(STORE_FAULT_NO_ROOM) ? 0 : atomic_load(&space->room);
    return room > 0 && adding <= (uint64_t)room;
}

void store_space_used(struct store_space *space, uint64_t added) {
    int64_t bytes = (int64_t)added;
    int64_t before = atomic_fetch_sub(&space->room, bytes);
    /* A lot at once, or the edge is near: look sooner than the clock says. */
    if (bytes >= LOOK_EVERY_BYTES || before < 2 * (int64_t)LOOK_EVERY_BYTES)
        atomic_store(&space->next_ms, 0);
}

bool store_has_room(struct store *store, uint64_t bytes) {
    return store_space_has(&store->space, bytes);
}

enum { SMALL_CHANGE = 1 << 20 };

int store_refuses(struct store *store) {
    if (store_is_readonly(store, NULL))
        return STORE_E_READONLY;
    return store_space_has(&store->space, SMALL_CHANGE) ? STORE_OK : STORE_E_FULL;
}

void store_room(struct store *store, struct store_room *ret) {
    struct store_space *space = &store->space;
    (void)store_space_has(space, 0); /* looks where it is time to */
    int64_t room = store_fault_on(STORE_FAULT_NO_ROOM) ? 0 : atomic_load(&space->room);
    uint64_t below = room < 0 ? (uint64_t)-room : 0, reserve = atomic_load(&space->reserve);
    ret->reserve_bytes = reserve;
    ret->free_bytes = room >= 0 ? reserve + (uint64_t)room : below > reserve ? 0 : reserve - below;
}

void store_took_room(struct store *store, uint64_t bytes) {
    store_space_used(&store->space, bytes);
}
