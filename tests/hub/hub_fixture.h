#pragma once
/* A store in a folder of its own, with a hub that nobody takes metrics and log lines from. */
#include "cm.h"

#include "base/clock.h"
#include "base/lock.h"
#include "hub/due.h"
#include "store/key.h"

#include <stdlib.h>
#include <unistd.h>

struct hub_fixture {
    char data[64];
    struct store *store;
    struct hub *hub;
};

static inline void hub_fixture_start(struct hub_fixture *f) {
    struct err err = {{0}};
    const struct store_options options = {.data = f->data, .reserve_bytes = 1};
    CHECK_CASE(store_open(&f->store, &options, &err) == 0, err.text);
    f->hub = hub_new(f->store);
    hub_plug_metric(f->hub, hub_no_metric, NULL);
    hub_plug_log(f->hub, hub_no_log, NULL);
}

/* The rows stay: hub_fixture_start opens them again. */
static inline void hub_fixture_end(struct hub_fixture *f) {
    hub_stop(f->hub);
    f->hub = hub_free(f->hub);
    f->store = store_free(f->store);
}

static inline void hub_fixture_open(struct hub_fixture *f) {
    snprintf(f->data, sizeof f->data, "/tmp/calotype-hub-XXXXXX");
    CHECK(mkdtemp(f->data));
    clock_set_offset_ms(0);
    hub_fixture_start(f);
}

static inline void hub_fixture_close(struct hub_fixture *f) {
    char command[100];
    hub_fixture_end(f);
    snprintf(command, sizeof command, "rm -rf %s", f->data);
    CHECK_INT(system(command), 0);
}

/* How many rows of STORE_QUEUE begin with key (hub_due_key without its id, or key_begin). */
static inline int hub_fixture_count(struct hub_fixture *f, str prefix) {
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(f->store, NULL, STORE_QUEUE, prefix);
    int n = 0;
    while (store_iter_next(it))
        n++;
    CHECK_INT(store_iter_fault(it), 0);
    return n;
}

static inline int hub_fixture_due(struct hub_fixture *f, const char *kind) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    key_begin(&key, "due");
    key_str(&key, str_c(kind));
    return hub_fixture_count(f, buf_view(&key));
}

static inline int hub_fixture_rows(struct hub_fixture *f, const char *kind) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    key_begin(&key, kind);
    return hub_fixture_count(f, buf_view(&key));
}

/* A row as it lies on disk, without anything in memory: what a kill before the arming leaves. */
static inline void hub_fixture_put_raw(struct hub_fixture *f, const char *kind, uint64_t id,
                                       str bytes) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    hub_due_key(&key, kind, id);
    store_put_blind(batch, STORE_QUEUE, buf_view(&key), bytes);
    CHECK_INT(store_commit(f->store, batch, NULL), 0);
}
