/* store/fault: the points at which tests make the store fail. */
#include "store/fault.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>

static const char *const names_of[STORE_N_FAULT] = {
    [STORE_FAULT_SKIP_BLOB_SYNC] = "skip-blob-sync",
    [STORE_FAULT_SKIP_DIR_SYNC] = "skip-dir-sync",
    [STORE_FAULT_SKIP_WAL_SYNC] = "skip-wal-sync",
    [STORE_FAULT_FAIL_COMMIT] = "fail-commit",
    [STORE_FAULT_FAIL_BLOB_SYNC] = "fail-blob-sync",
    [STORE_FAULT_SKIP_OUTBOX] = "skip-outbox",
    [STORE_FAULT_KILL_MIGRATION] = "kill-migration",
    [STORE_FAULT_NO_ROOM] = "no-room",
    [STORE_FAULT_KILL_ROTATION_MADE] = "kill-rotation-made",
    [STORE_FAULT_KILL_ROTATION_WRAPPED] = "kill-rotation-wrapped",
    [STORE_FAULT_KILL_ROTATION_NAMED] = "kill-rotation-named",
};
static atomic_uint in_force;

static int find(str name) {
    for (int i = 0; i < STORE_N_FAULT; i++)
        if (str_is(name, names_of[i]))
            return i;
    return -1;
}

int store_fault_set(const char *names, struct err *err) {
    unsigned bits = 0;
    str rest = str_c(names);
    while (rest.len) {
        str name;
        str_cut(rest, ',', &name, &rest);
        int fault = find(str_trim(name));
        if (fault < 0)
            return err_set(err, -EINVAL, "no fault point is called \"" STR_FMT "\"", STR_ARG(name));
        bits |= 1u << fault;
    }
    atomic_store(&in_force, bits);
    return 0;
}

bool store_fault_on(enum store_fault fault) {
    return atomic_load_explicit(&in_force, memory_order_relaxed) >> fault & 1;
}

bool store_fault_once(enum store_fault fault) {
    unsigned bit = 1u << fault;
    return store_fault_on(fault) && (atomic_fetch_and(&in_force, ~bit) & bit);
}

/* ---- Dying at a step ---- */
static atomic_int steps_left; /* 0: no such order */

static void steps_from(const char *number) {
    uint64_t n;
    if (number && str_to_u64(str_c(number), &n) && n < INT_MAX)
        atomic_store(&steps_left, (int)n);
}

void store_fault_step(void) {
    if (atomic_load(&steps_left) && atomic_fetch_sub(&steps_left, 1) == 1)
        raise(SIGKILL);
}

int store_fault_from_environment(struct err *err) {
#ifdef CALOTYPE_TEST_FAULTS
    const char *names = getenv("CALOTYPE_TEST_FAULT");
    steps_from(getenv("CALOTYPE_TEST_DIE_AT"));
    return names ? store_fault_set(names, err) : 0;
#else
    (void)err;
    (void)steps_from;
    return 0;
#endif
}
