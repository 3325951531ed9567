/* store/sums: a table with one place for each hash, and who moves in and out. */
#include "store/sums_priv.h"

#include "store/key.h"

static struct store_sum *place_of(const struct store_sums *sums, uint64_t hash) {
    return sums->places ? &sums->places[hash % STORE_SUMS] : NULL;
}

/* The place of the row's sum, or NULL. */
static struct store_sum *find(const struct store_sums *sums, enum store_cf cf, str key,
                              uint64_t hash) {
    struct store_sum *s = place_of(sums, hash);
    return s && !store_sum_is_free(s) && s->hash == hash && s->cf == cf &&
                   str_eq(buf_view(&s->key), key)
               ? s
               : NULL;
}

static void forget(struct store_sum *s) {
    stat_sum_deinit(&s->stat);
    s->kind = PENDING_DEL;
}

bool store_sums_take(struct store_sums *sums, struct pending_row *row, enum pending_kind kind) {
    struct store_sum *s = find(sums, row->cf, row->key, row->hash);
    if (!s || s->kind != kind)
        return false;
    row->kind = kind;
    row->stat = s->stat;
    row->many = s->many;
    row->large = s->large;
    s->stat = (struct stat_sum){0};
    s->kind = PENDING_DEL;
    return true;
}

static struct store_sum *make_places(void) {
    struct store_sum *places = mem_zalloc(STORE_SUMS * sizeof *places);
    for (size_t i = 0; i < STORE_SUMS; i++)
        places[i].kind = PENDING_DEL;
    return places;
}

void store_sums_keep(struct store_sums *sums, struct pending_row *row) {
    if (row->stat.n_bins > STORE_SUM_BINS || row->key.len > STORE_SUM_KEY ||
        (row->kind == PENDING_STAT && !stat_is_sound(&row->stat)))
        return;
    if (!sums->places)
        sums->places = make_places();
    struct store_sum *s = place_of(sums, row->hash);
    forget(s);
    buf_clear(&s->key);
    buf_str(&s->key, row->key);
    s->hash = row->hash;
    s->cf = row->cf;
    s->kind = row->kind;
    s->stat = row->stat;
    s->many = row->many;
    s->large = row->large;
    row->stat = (struct stat_sum){0};
}

void store_sums_forget(struct store_sums *sums, enum store_cf cf, str key, uint64_t hash) {
    struct store_sum *s = find(sums, cf, key, hash);
    if (s)
        forget(s);
}

void store_sums_forget_range(struct store_sums *sums, enum store_cf cf, str from, str to) {
    for (size_t i = 0; sums->places && i < STORE_SUMS; i++) {
        struct store_sum *s = &sums->places[i];
        if (!store_sum_is_free(s) && s->cf == cf && key_in(buf_view(&s->key), from, to))
            forget(s);
    }
}

void store_sums_forget_all(struct store_sums *sums) {
    for (size_t i = 0; sums->places && i < STORE_SUMS; i++)
        forget(&sums->places[i]);
}

void store_sums_deinit(struct store_sums *sums) {
    store_sums_forget_all(sums);
    for (size_t i = 0; sums->places && i < STORE_SUMS; i++)
        buf_deinit(&sums->places[i].key);
    free(sums->places);
    *sums = (struct store_sums){0};
}
