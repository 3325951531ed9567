#pragma once
/*
 * store/fault: faults on purpose, so that the crash and power-cut harnesses can show that they
 * would catch a missing sync. Off unless a test calls store_fault_set, or the program was built
 * with -Dtest_faults=true and CALOTYPE_TEST_FAULT names points (read once, by store_open).
 *
 * Any thread may ask; set before the threads that ask.
 */
#include "base/err.h"
#include "base/str.h"

enum store_fault {
    STORE_FAULT_SKIP_BLOB_SYNC, /* "skip-blob-sync": a body file is not synced */
    STORE_FAULT_SKIP_DIR_SYNC,  /* "skip-dir-sync": … without fsync of its folder */
    /* "skip-wal-sync": commits are answered before they are on disk */
    STORE_FAULT_SKIP_WAL_SYNC,
    STORE_FAULT_FAIL_COMMIT,    /* "fail-commit": the next merged write fails */
    STORE_FAULT_FAIL_BLOB_SYNC, /* "fail-blob-sync": the next fdatasync of a body fails */
    STORE_FAULT_SKIP_OUTBOX,    /* "skip-outbox": the hub leaves an event's outbox row out */
    /* "kill-migration": the process dies after each batch of migrated rows */
    STORE_FAULT_KILL_MIGRATION,
    /* "kill-rotation-made", "-wrapped", "-named": … after that step of a rotation (rotate.c) */
    STORE_FAULT_KILL_ROTATION_MADE,
    STORE_FAULT_KILL_ROTATION_WRAPPED,
    STORE_FAULT_KILL_ROTATION_NAMED,
    STORE_FAULT_NO_ROOM, /* "no-room": free space seems to be below the reserve */
    STORE_N_FAULT
};

/* Names separated by commas; empty or NULL turns all off. -EINVAL with the unknown name in err. */
int store_fault_set(const char *names, struct err *err);
bool store_fault_on(enum store_fault fault);
/* True once: turns it off. */
bool store_fault_once(enum store_fault fault);

/*
 * A start and a repair are made of steps, each of which leaves something on disk. Under
 * CALOTYPE_TEST_DIE_AT=N the process dies by SIGKILL at the end of the Nth.
 */
void store_fault_step(void);
/* Reads the two variables, in a program built for it. 0 or -EINVAL. */
int store_fault_from_environment(struct err *err);
