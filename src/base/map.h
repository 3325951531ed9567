#pragma once
/*
 * base/map: bytes to pointer, a hash table with a per-process random seed (keys come from
 * outside). Keys are copied; values belong to the caller. Iteration is in insertion order.
 * One thread at a time.
 */
#include "base/own.h"
#include "base/str.h"

struct map {
    struct map_entry *entries; /* in insertion order; removed ones have key.p == NULL */
    size_t n, used, cap;       /* live, live and removed, room */
    uint32_t *slots;           /* index + 1 into entries, 0 = free */
    size_t n_slots;
};
struct map_entry {
    str key;
    void *value;
    uint64_t hash;
};

/* Frees the keys and the tables; the values are left to the caller, who walks them first. */
void map_deinit(struct map *m);
/* Sets key to value; returns the value that was replaced, or NULL. value is not NULL. */
void *map_put(struct map *m, str key, void *value);
/* The value, or NULL. map_remove takes the entry out and returns what was its value. */
void *map_get(const struct map *m, str key);
void *map_remove(struct map *m, str key);
/*
 * size_t at = 0; while (map_next(&m, &at, &key, &value)) …
 * Removing the current entry is fine; putting a new one while walking is not. *ret_key is borrowed
 * until its entry goes.
 */
bool map_next(const struct map *m, size_t *at, str *ret_key, void **ret_value);
/* The seeded hash itself, for striping locks and the like. */
uint64_t map_hash(str key);
