/*
 * store/pending: the table of what the batch being merged has changed, so that conditions see
 * changes that are not on disk yet.
 */
#include "store/pending_priv.h"

#include "store/key.h"

static size_t slot_of(const struct pending *p, enum store_cf cf, str key, uint64_t hash) {
    size_t at = hash & (p->n_slots - 1);
    for (; p->slots[at]; at = (at + 1) & (p->n_slots - 1)) {
        const struct pending_row *row = &p->rows[p->slots[at] - 1];
        if (row->hash == hash && row->cf == cf && str_eq(row->key, key))
            break;
    }
    return at;
}

static void grow(struct pending *p) {
    p->cap = p->cap ? p->cap * 2 : 256;
    p->rows = mem_realloc(p->rows, p->cap * sizeof *p->rows);
    free(p->slots);
    p->n_slots = p->cap * 2;
    p->slots = mem_zalloc(p->n_slots * sizeof *p->slots);
    for (size_t i = 0; i < p->n; i++)
        p->slots[slot_of(p, p->rows[i].cf, p->rows[i].key, p->rows[i].hash)] = (uint32_t)i + 1;
}

struct pending_row *pending_find(const struct pending *p, enum store_cf cf, str key,
                                 uint64_t hash) {
    if (p->n == 0)
        return NULL;
    size_t at = slot_of(p, cf, key, hash);
    return p->slots[at] ? &p->rows[p->slots[at] - 1] : NULL;
}

struct pending_row *pending_take(struct pending *p, enum store_cf cf, str key, uint64_t hash,
                                 bool *ret_new) {
    if (p->n == p->cap)
        grow(p);
    size_t at = slot_of(p, cf, key, hash);
    *ret_new = p->slots[at] == 0;
    if (*ret_new) {
        p->rows[p->n++] =
            (struct pending_row){.hash = hash, .key = key, .cf = cf, .kind = PENDING_DEL};
        p->slots[at] = (uint32_t)p->n;
    }
    return &p->rows[p->slots[at] - 1];
}

void pending_set(struct pending_row *row, enum pending_kind kind, str value) {
    if (row->kind == PENDING_STAT && kind != PENDING_STAT)
        stat_sum_deinit(&row->stat);
    row->kind = kind;
    row->value = value;
}

static bool is_in(const struct pending_range *range, enum store_cf cf, str key) {
    return range->cf == cf && key_in(key, range->from, range->to);
}

void pending_drop_range(struct pending *p, enum store_cf cf, str from, str to) {
    if (p->n_ranges == p->cap_ranges) {
        p->cap_ranges = p->cap_ranges ? p->cap_ranges * 2 : 8;
        p->ranges = mem_realloc(p->ranges, p->cap_ranges * sizeof *p->ranges);
    }
    struct pending_range *range = &p->ranges[p->n_ranges++];
    *range = (struct pending_range){cf, from, to};
    for (size_t i = 0; i < p->n; i++)
        if (is_in(range, p->rows[i].cf, p->rows[i].key))
            pending_set(&p->rows[i], PENDING_DEL, STR_NONE);
}

bool pending_is_dropped(const struct pending *p, enum store_cf cf, str key) {
    for (size_t i = 0; i < p->n_ranges; i++)
        if (is_in(&p->ranges[i], cf, key))
            return true;
    return false;
}

void pending_clear(struct pending *p) {
    for (size_t i = 0; i < p->n; i++)
        stat_sum_deinit(&p->rows[i].stat);
    if (p->n)
        memset(p->slots, 0, p->n_slots * sizeof *p->slots);
    p->n = p->n_ranges = 0;
}

void pending_deinit(struct pending *p) {
    pending_clear(p);
    free(p->rows);
    free(p->slots);
    free(p->ranges);
    *p = (struct pending){0};
}
