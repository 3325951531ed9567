/*
 * store/cache: a table of sets with a few places each. Which row goes when a set or the whole is
 * full is found by a hand that goes round: what was used since it passed last stays.
 */
#include "store/key.h"
#include "store/store_priv.h"

#include "base/lock.h"
#include "base/own.h"

void store_cache_init(struct store_cache *cache) {
    cache->sets = mem_zalloc(STORE_CACHE_SETS * sizeof *cache->sets);
    for (size_t i = 0; i < STORE_CACHE_LOCKS; i++)
        lock_init(&cache->locks[i]);
}

bool store_cache_takes(const struct store_cache *cache, enum store_cf cf, str key) {
    return cache->on && store_cf_is_named(cf) && !value_is_own(cf, key);
}

/* ---- Kept objects ---- */
static struct store_kept *kept_ref(struct store_kept *kept) {
    atomic_fetch_add_explicit(&kept->refs, 1, memory_order_relaxed);
    return kept;
}

struct store_kept *store_kept_free(struct store_kept *kept) {
    if (kept && atomic_fetch_sub_explicit(&kept->refs, 1, memory_order_acq_rel) == 1)
        kept->kind->free(kept);
    return NULL;
}

/* ---- Entries ---- */
static struct store_entry *entry_ref(struct store_entry *entry) {
    atomic_fetch_add_explicit(&entry->refs, 1, memory_order_relaxed);
    return entry;
}

struct store_entry *store_entry_unref(struct store_entry *entry) {
    if (entry && atomic_fetch_sub_explicit(&entry->refs, 1, memory_order_acq_rel) == 1) {
        store_kept_free(atomic_load_explicit(&entry->kept, memory_order_relaxed));
        free(entry);
    }
    return NULL;
}

static struct store_entry *entry_make(const struct store_cache_row *row,
                                      const struct store_cache_found *found, uint64_t since) {
    size_t bytes = sizeof(struct store_entry) + row->key.len + found->value.len;
    struct store_entry *entry = mem_alloc(bytes);
    char *text = (char *)(entry + 1);
    *entry = (struct store_entry){.there = found->there,
                                  .has_value = found->value.p || !found->there,
                                  .cf = row->cf,
                                  .hash = row->hash,
                                  .since = since,
                                  .stamp = found->stamp,
                                  .key = str_n(text, row->key.len),
                                  .value = str_n(text + row->key.len, found->value.len),
                                  .bytes = bytes};
    atomic_init(&entry->refs, 2); /* the table's and the caller's */
    atomic_init(&entry->used, true);
    memcpy(text, row->key.p, row->key.len);
    if (found->value.p)
        memcpy(text + row->key.len, found->value.p, found->value.len);
    return entry;
}

/* ---- Sets ---- */
static struct store_cache_set *set_of(struct store_cache *cache, uint64_t hash) {
    return &cache->sets[hash / STORE_CHANGES_ROWS % STORE_CACHE_SETS];
}
static pthread_mutex_t *lock_of(struct store_cache *cache, const struct store_cache_set *set) {
    return &cache->locks[(size_t)(set - cache->sets) % STORE_CACHE_LOCKS];
}

/* The row's place, or NULL. */
static struct store_entry **place_of(struct store_cache_set *set,
                                     const struct store_cache_row *row) {
    for (size_t i = 0; i < STORE_CACHE_WAYS; i++) {
        const struct store_entry *e = set->entries[i];
        if (e && e->hash == row->hash && e->cf == row->cf && str_eq(e->key, row->key))
            return &set->entries[i];
    }
    return NULL;
}

/* Empties the place; the caller lets go of what stood there when the lock is. */
static struct store_entry *empty_place(struct store_cache *cache, struct store_entry **place) {
    struct store_entry *entry = *place;
    *place = NULL;
    atomic_fetch_sub_explicit(&cache->bytes, entry->bytes, memory_order_relaxed);
    return entry;
}

/* A place that is free, or whose entry was not used since the hand was there last. */
static struct store_entry **place_for_new(struct store_cache_set *set) {
    for (size_t i = 0; i < STORE_CACHE_WAYS; i++)
        if (!set->entries[i])
            return &set->entries[i];
    for (;;) {
        struct store_entry **place = &set->entries[set->hand++ % STORE_CACHE_WAYS];
        if (!atomic_exchange_explicit(&(*place)->used, false, memory_order_relaxed))
            return place;
    }
}

/* Was the row asked for not long ago? From here on it was. */
static bool asked_before(struct store_cache_set *set, uint64_t hash) {
    uint32_t mark = (uint32_t)(hash >> 32) | 1;
    for (size_t i = 0; i < STORE_CACHE_ASKED; i++)
        if (set->asked[i] == mark)
            return true;
    for (size_t i = STORE_CACHE_ASKED - 1; i > 0; i--)
        set->asked[i] = set->asked[i - 1];
    set->asked[0] = mark;
    return false;
}

struct store_entry *store_cache_find(struct store_cache *cache, const struct store_cache_row *row,
                                     uint64_t state, bool *ret_fill) {
    struct store_cache_set *set = set_of(cache, row->hash);
    LOCK_SCOPE(lock_of(cache, set));
    struct store_entry **place = place_of(set, row);
    if (!place) {
        *ret_fill = asked_before(set, row->hash);
        return NULL;
    }
    /* An older snapshot than the entry reads the database, where nothing newer is to be had. */
    *ret_fill = false;
    if (state && (*place)->since > state)
        return NULL;
    if (!atomic_load_explicit(&(*place)->used, memory_order_relaxed))
        atomic_store_explicit(&(*place)->used, true, memory_order_relaxed);
    return entry_ref(*place);
}

/* ---- The bound ---- */
/* What was not used goes, set by set, until the whole is within its bound. */
static void shrink(struct store_cache *cache) {
    for (size_t n = 0; n < 2 * (size_t)STORE_CACHE_SETS &&
                       atomic_load_explicit(&cache->bytes, memory_order_relaxed) > STORE_CACHE_MOST;
         n++) {
        struct store_entry *gone[STORE_CACHE_WAYS] = {NULL};
        unsigned at = atomic_fetch_add_explicit(&cache->hand, 1, memory_order_relaxed);
        struct store_cache_set *set = &cache->sets[at % STORE_CACHE_SETS];
        pthread_mutex_t *lock = lock_take(lock_of(cache, set));
        for (size_t i = 0; i < STORE_CACHE_WAYS; i++) {
            struct store_entry *e = set->entries[i];
            if (e && !atomic_exchange_explicit(&e->used, false, memory_order_relaxed))
                gone[i] = empty_place(cache, &set->entries[i]);
        }
        lock_drop(lock);
        for (size_t i = 0; i < STORE_CACHE_WAYS; i++)
            store_entry_unref(gone[i]);
    }
}

/* The table's reference to entry goes to its set; what stood in its place is returned. */
static struct store_entry *put_locked(struct store_cache *cache, struct store_cache_set *set,
                                      const struct store_cache_row *row,
                                      struct store_entry *entry) {
    LOCK_HELD(lock_of(cache, set));
    struct store_entry **place = place_of(set, row);
    if (!place)
        place = place_for_new(set);
    struct store_entry *gone = *place ? empty_place(cache, place) : NULL;
    *place = entry;
    atomic_fetch_add_explicit(&cache->bytes, entry->bytes, memory_order_relaxed);
    return gone;
}

struct store_entry *store_cache_put(struct store_cache *cache, const struct store_changes *changes,
                                    const struct store_cache_row *row,
                                    const struct store_cache_found *found) {
    if (row->key.len + found->value.len > STORE_CACHE_ROW)
        return NULL;
    struct store_cache_set *set = set_of(cache, row->hash);
    uint64_t since = store_changes_of(changes, row->cf, row->hash);
    if (since > found->stamp.state)
        return NULL;
    struct store_entry *entry = entry_make(row, found, since);
    pthread_mutex_t *lock = lock_take(lock_of(cache, set));
    /* Again, under the lock that the committer takes after it marked the row: see the header. */
    bool still = store_changes_of(changes, row->cf, row->hash) == since;
    struct store_entry *gone = still ? put_locked(cache, set, row, entry) : entry;
    lock_drop(lock);
    store_entry_unref(gone);
    if (!still)
        return store_entry_unref(entry);
    if (atomic_load_explicit(&cache->bytes, memory_order_relaxed) > STORE_CACHE_MOST)
        shrink(cache);
    return entry;
}

/* ---- Objects of rows ---- */
void store_cache_keep(struct store_cache *cache, struct store_entry *entry,
                      struct store_kept *kept) {
    struct store_cache_set *set = set_of(cache, entry->hash);
    pthread_mutex_t *lock = lock_take(lock_of(cache, set));
    struct store_entry **place =
        place_of(set, &(struct store_cache_row){entry->cf, entry->key, entry->hash});
    if (place && *place == entry && !atomic_load_explicit(&entry->kept, memory_order_relaxed)) {
        atomic_store_explicit(&entry->kept, kept_ref(kept), memory_order_release);
        entry->bytes += kept->bytes;
        atomic_fetch_add_explicit(&cache->bytes, kept->bytes, memory_order_relaxed);
    }
    lock_drop(lock);
    if (atomic_load_explicit(&cache->bytes, memory_order_relaxed) > STORE_CACHE_MOST)
        shrink(cache);
}

struct store_kept *store_entry_kept(const struct store_entry *entry,
                                    const struct store_kept_kind *kind) {
    struct store_kept *kept = atomic_load_explicit(&entry->kept, memory_order_acquire);
    return kept && kept->kind == kind ? kept_ref(kept) : NULL;
}

/* ---- The committer's ---- */
void store_cache_drop(struct store_cache *cache, const struct store_cache_row *row) {
    if (!cache->on || !store_cf_is_named(row->cf))
        return;
    struct store_entry *gone = NULL;
    struct store_cache_set *set = set_of(cache, row->hash);
    pthread_mutex_t *lock = lock_take(lock_of(cache, set));
    struct store_entry **place = place_of(set, row);
    if (place) {
        gone = empty_place(cache, place);
        asked_before(set, row->hash); /* it is asked for again */
    }
    lock_drop(lock);
    store_entry_unref(gone);
}

void store_cache_drop_range(struct store_cache *cache, enum store_cf cf, str from, str to) {
    for (size_t s = 0; cache->on && store_cf_is_named(cf) && s < STORE_CACHE_SETS; s++) {
        struct store_entry *gone[STORE_CACHE_WAYS] = {NULL};
        struct store_cache_set *set = &cache->sets[s];
        pthread_mutex_t *lock = lock_take(lock_of(cache, set));
        for (size_t i = 0; i < STORE_CACHE_WAYS; i++) {
            const struct store_entry *e = set->entries[i];
            if (e && e->cf == cf && key_in(e->key, from, to))
                gone[i] = empty_place(cache, &set->entries[i]);
        }
        lock_drop(lock);
        for (size_t i = 0; i < STORE_CACHE_WAYS; i++)
            store_entry_unref(gone[i]);
    }
}

void store_cache_deinit(struct store_cache *cache) {
    for (size_t s = 0; cache->sets && s < STORE_CACHE_SETS; s++)
        for (size_t i = 0; i < STORE_CACHE_WAYS; i++)
            store_entry_unref(cache->sets[s].entries[i]);
    free(cache->sets);
    for (size_t i = 0; i < STORE_CACHE_LOCKS; i++)
        pthread_mutex_destroy(&cache->locks[i]);
    *cache = (struct store_cache){0};
}
