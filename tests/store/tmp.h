#pragma once
/* A store in a folder of its own, removed at the end. */
#include "cm.h"

#include "store/fault.h"
#include "store/store.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* mkdtemp under TMPDIR; path is the folder, not yet a store. */
static inline void tmp_dir(char path[128]) {
    const char *base = getenv("TMPDIR");
    snprintf(path, 128, "%s/calotype-test-XXXXXX", base ? base : "/tmp");
    CHECK(mkdtemp(path));
}

static inline void tmp_remove(const char *path) {
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", path, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

static inline struct store *tmp_open(const char *path) {
    struct store *store = NULL;
    struct err err = {{0}};
    int r = store_open(&store, &(struct store_options){.data = path, .reserve_bytes = 1}, &err);
    if (r)
        print_error("store_open: %d %s\n", r, err.text);
    CHECK_INT(r, 0);
    return store;
}

/* One row, durably. */
static inline int put_row(struct store *store, enum store_cf cf, str key, str value) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_put_blind(batch, cf, key, value);
    return store_commit(store, batch, NULL);
}
