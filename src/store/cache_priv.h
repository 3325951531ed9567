#pragma once
/*
 * store/cache: small rows that are read over and over, as plain text in memory, and the objects
 * that were made of them (store_get_kept).
 *
 * One rule makes it exact: an entry is what its row was in every state (changes_priv.h) from
 * entry->since on, for as long as it stands in the table; the committer takes it out before the
 * write of its row begins. So it answers whoever asks for the newest state, the committer's
 * conditions, and a snapshot that is not older than entry->since. docs/internals/rows-and-commit.md
 * has the argument.
 *
 * A row is taken in when it is asked for the second time in a while, so that what is read once (the
 * keys of new objects) drives nothing out. That a row is absent is an entry too.
 *
 * Any thread; a set of entries has one lock of several. Nothing calls out while one is held.
 */
#include "store/changes_priv.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    STORE_CACHE_SETS = 1024,
    STORE_CACHE_WAYS = 8,
    STORE_CACHE_LOCKS = 64,
    STORE_CACHE_ASKED = 2,
    STORE_CACHE_MOST = 8 << 20, /* bytes of all entries */
    STORE_CACHE_ROW = 32 << 10, /* bytes of a row that is taken in, with its key */
};

/* One edition of a row. Counted references; what it says never changes, but for what is kept. */
struct store_entry {
    atomic_uint refs;
    atomic_bool used; /* since the last search for what may go */
    bool there;       /* false: there is no such row */
    bool has_value;   /* false: of the row, only which edition it is is known */
    enum store_cf cf;
    uint64_t hash, since;
    struct store_stamp stamp;
    str key, value;                    /* in the same memory */
    size_t bytes;                      /* that it counts for, what is kept included */
    _Atomic(struct store_kept *) kept; /* one reference; set once, under the set's lock */
};
struct store_cache_set {
    struct store_entry *entries[STORE_CACHE_WAYS];
    uint32_t asked[STORE_CACHE_ASKED]; /* of rows that were not found, the newest first */
    unsigned hand;
};
struct store_cache {
    bool on; /* set when the store is open: rows are what they stay, and the format is settled */
    struct store_cache_set *sets;
    pthread_mutex_t locks[STORE_CACHE_LOCKS];
    _Atomic size_t bytes;
    atomic_uint hand;
};
void store_cache_init(struct store_cache *cache);
void store_cache_deinit(struct store_cache *cache);

/* Which row is meant. The hash is store_key_hash of both. */
struct store_cache_row {
    enum store_cf cf;
    str key;
    uint64_t hash;
};
/* May such a row stand in the cache? Rows of the store's own may not, nor families of passing rows. */
bool store_cache_takes(const struct store_cache *cache, enum store_cf cf, str key);

/*
 * A reference to the entry of the row that holds in `state` (0: in the newest), or NULL. *ret_fill:
 * there is none, and the row is asked for so often that whoever reads it should put it.
 */
struct store_entry *store_cache_find(struct store_cache *cache, const struct store_cache_row *row,
                                     uint64_t state, bool *ret_fill);
struct store_entry *store_entry_unref(struct store_entry *entry);

/* What was read of the database. value absent: not known; of a row that is not there nothing is. */
struct store_cache_found {
    bool there;
    struct store_stamp stamp; /* with the state in which it was read */
    str value;
};
/*
 * Puts what was read in the state stamp.state, if it is still so. Returns a reference to the entry,
 * or NULL: it was not taken in.
 */
struct store_entry *store_cache_put(struct store_cache *cache, const struct store_changes *changes,
                                    const struct store_cache_row *row,
                                    const struct store_cache_found *found);
/* Keeps an object with the entry, as long as that stands in the table and has none. */
void store_cache_keep(struct store_cache *cache, struct store_entry *entry,
                      struct store_kept *kept);
/* What is kept with the entry, if its kind is this: a reference, or NULL. */
struct store_kept *store_entry_kept(const struct store_entry *entry,
                                    const struct store_kept_kind *kind);

/* ---- The committer's, before a write begins ---- */
void store_cache_drop(struct store_cache *cache, const struct store_cache_row *row);
/* All of [from, to), and who was about to put one of them finds that it was changed. */
void store_cache_drop_range(struct store_cache *cache, enum store_cf cf, str from, str to);
