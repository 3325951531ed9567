/*
 * base/map: the hash table: an array of entries in insertion order, and a table of indexes into
 * the array, probed linearly.
 */
#include "base/map.h"

#include "base/rand.h"

#include <pthread.h>

static uint64_t seed[2];
static pthread_once_t seeded = PTHREAD_ONCE_INIT;
static void make_seed(void) { rand_bytes(seed, sizeof seed); }

static uint64_t rotate(uint64_t v, int by) { return v << by | v >> (64 - by); }

static void sip_round(uint64_t v[4]) {
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3: enough against chosen keys for a table that lives in one process. */
uint64_t map_hash(str key) {
    pthread_once(&seeded, make_seed);
    uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575u, seed[1] ^ 0x646f72616e646f6du,
                     seed[0] ^ 0x6c7967656e657261u, seed[1] ^ 0x7465646279746573u};
    size_t whole = key.len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word;
        memcpy(&word, key.p + i, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)key.len << 56;
    for (size_t i = whole; i < key.len; i++)
        last |= (uint64_t)(unsigned char)key.p[i] << (8 * (i - whole));
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void map_deinit(struct map *m) {
    for (size_t i = 0; i < m->used; i++)
        free((void *)m->entries[i].key.p);
    free(m->entries);
    free(m->slots);
    *m = (struct map){0};
}

/* Slot that holds key, or the free one where it would go. */
static size_t find_slot(const struct map *m, str key, uint64_t hash) {
    size_t at = hash & (m->n_slots - 1);
    for (; m->slots[at]; at = (at + 1) & (m->n_slots - 1)) {
        const struct map_entry *e = &m->entries[m->slots[at] - 1];
        if (e->key.p && e->hash == hash && str_eq(e->key, key))
            break;
    }
    return at;
}

static void rebuild(struct map *m) {
    size_t cap = m->n < 4 ? 8 : m->n * 2;
    struct map_entry *entries = mem_alloc(cap * sizeof *entries);
    size_t used = 0;
    for (size_t i = 0; i < m->used; i++)
        if (m->entries[i].key.p)
            entries[used++] = m->entries[i];
    free(m->entries);
    free(m->slots);
    m->entries = entries;
    m->used = used;
    m->cap = cap;
    m->n_slots = 16;
    while (m->n_slots < cap * 2)
        m->n_slots *= 2;
    m->slots = mem_zalloc(m->n_slots * sizeof *m->slots);
    for (size_t i = 0; i < used; i++)
        m->slots[find_slot(m, entries[i].key, entries[i].hash)] = (uint32_t)i + 1;
}

void *map_put(struct map *m, str key, void *value) {
    uint64_t hash = map_hash(key);
    if (m->used == m->cap)
        rebuild(m);
    size_t at = find_slot(m, key, hash);
    if (m->slots[at]) {
        struct map_entry *e = &m->entries[m->slots[at] - 1];
        void *old = e->value;
        e->value = value;
        return old;
    }
    char *copy = mem_alloc(key.len + 1);
    if (key.len)
        memcpy(copy, key.p, key.len);
    copy[key.len] = '\0';
    m->entries[m->used++] = (struct map_entry){{copy, key.len}, value, hash};
    m->slots[at] = (uint32_t)m->used;
    m->n++;
    return NULL;
}

static struct map_entry *find(const struct map *m, str key) {
    if (m->n == 0)
        return NULL;
    size_t at = find_slot(m, key, map_hash(key));
    return m->slots[at] ? &m->entries[m->slots[at] - 1] : NULL;
}

void *map_get(const struct map *m, str key) {
    const struct map_entry *e = find(m, key);
    return e ? e->value : NULL;
}

/* The slot keeps pointing at the dead entry, so that probing goes on past it. */
void *map_remove(struct map *m, str key) {
    struct map_entry *e = find(m, key);
    if (!e)
        return NULL;
    free((void *)e->key.p);
    e->key = STR_NONE;
    m->n--;
    return e->value;
}

bool map_next(const struct map *m, size_t *at, str *ret_key, void **ret_value) {
    while (*at < m->used) {
        const struct map_entry *e = &m->entries[(*at)++];
        if (!e->key.p)
            continue;
        *ret_key = e->key;
        if (ret_value)
            *ret_value = e->value;
        return true;
    }
    return false;
}
