#pragma once
/*
 * store/view: snapshots, shared by all who ask between two writes.
 *
 * RocksDB's own snapshot takes its lock and an entry in a list, and most readers are answered from
 * memory (cache_priv.h). So a snapshot is a state's number first: RocksDB's is taken when somebody
 * reads the database through it, or, while somebody holds it, by the committer just before the
 * state passes. Between these the newest state is the snapshot's, by definition.
 */
#include "store/changes_priv.h"

#include <pthread.h>
#include <rocksdb/c.h>

struct store_views {
    pthread_mutex_t lock;
    struct store_snap *newest; /* one reference; NULL: nobody asked since the last write */
    bool writing;              /* a write is under way: which state is seen is not known */
};
void store_views_init(struct store_views *views);
void store_views_deinit(struct store_views *views);
/* The committer's, around a write: the newest state passes; there is another. */
void store_views_pass(struct store *store);
void store_views_passed(struct store *store);

/* The state that the snapshot shows, or an older one in which its rows were the same. */
uint64_t store_snap_state(const struct store_snap *snap);
/* RocksDB's snapshot, and options to read through it; borrowed from it. */
const rocksdb_snapshot_t *store_snap_taken(const struct store_snap *snap);
const rocksdb_readoptions_t *store_snap_options(const struct store_snap *snap);
