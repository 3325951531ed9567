#pragma once
/* A store in a folder of its own, with a hub that nobody takes metrics and log lines from. */
#include "lib/tmp.h"

#include "base/clock.h"
#include "base/lock.h"
#include "hub/due.h"
#include "store/key.h"

#include <stdlib.h>
#include <unistd.h>

struct hub_fixture {
    char data[128];
    struct store *store;
    struct hub *hub;
};

static inline void hub_fixture_start(struct hub_fixture *f) {
    f->store = tmp_open(f->data);
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
    tmp_dir(f->data);
    clock_set_offset_ms(0);
    hub_fixture_start(f);
}

static inline void hub_fixture_close(struct hub_fixture *f) {
    hub_fixture_end(f);
    tmp_remove(f->data);
}

/* How many due rows there are of that kind. */
static inline int hub_fixture_due(struct hub_fixture *f, const char *kind) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    key_begin(&key, "due");
    key_str(&key, str_c(kind));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(f->store, NULL, STORE_QUEUE, buf_view(&key));
    int n = 0;
    while (store_iter_next(it))
        n++;
    CHECK_INT(store_iter_fault(it), 0);
    return n;
}

static inline size_t hub_fixture_rows(struct hub_fixture *f, const char *kind) {
    return count_rows(f->store, STORE_QUEUE, kind);
}

/* A row as it lies on disk, without anything in memory: what a kill before the arming leaves. */
static inline void hub_fixture_put_raw(struct hub_fixture *f, const char *kind, uint64_t id,
                                       str bytes) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    hub_due_key(&key, kind, id);
    CHECK_INT(put_row(f->store, STORE_QUEUE, buf_view(&key), bytes), 0);
}
