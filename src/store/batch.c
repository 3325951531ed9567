/* store/batch: gathers what a commit shall do: changes, conditions and hooks. */
#include "store/batch_priv.h"

#include "base/codec.h"
#include "base/map.h"
#include "store/key.h"
#include "store/seal_priv.h"

#include <errno.h>

struct store_batch *store_batch_new(void) {
    return mem_new(struct store_batch);
}

struct store_batch *store_batch_free(struct store_batch *batch) {
    if (!batch)
        return NULL;
    stat_sum_deinit(&batch->sum);
    buf_deinit(&batch->bytes);
    buf_deinit(&batch->disk);
    buf_deinit(&batch->dropped);
    free(batch->ops);
    free(batch->conds);
    free(batch->hooks);
    free(batch);
    return NULL;
}

void store_batch_clear(struct store_batch *batch) {
    buf_clear(&batch->bytes);
    buf_clear(&batch->disk);
    buf_clear(&batch->dropped);
    stat_sum_deinit(&batch->sum);
    batch->sums = false;
    batch->n_ops = batch->n_conds = batch->n_hooks = 0;
    batch->adds = batch->frees = batch->huge = false;
}

bool store_batch_empty(const struct store_batch *batch) {
    return batch->n_ops == 0 && batch->n_conds == 0 && batch->n_hooks == 0;
}

bool store_batch_idle(const struct store_batch *batch) {
    return batch->n_ops == 0 && batch->n_hooks == 0;
}

uint64_t store_key_hash(enum store_cf cf, str key) {
    return map_hash(key) + (uint64_t)cf * 0x9E3779B97F4A7C15u;
}

/* A place for one more element of an array that doubles. */
static void *one_more(void *array, size_t size, size_t n, size_t *cap) {
    if (n < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 8;
    return mem_realloc(array, *cap * size);
}

/* Room for another row of so many bytes; a batch that has none stays without it, and is refused. */
static bool has_room(struct store_batch *batch, size_t bytes) {
    if (store_batch_rows(batch) >= STORE_BATCH_ROWS_MOST ||
        batch->bytes.len + bytes > STORE_BATCH_BYTES_MOST)
        batch->huge = true;
    return !batch->huge;
}

static struct store_span keep(struct store_batch *batch, str s) {
    struct store_span span = {batch->bytes.len, s.len};
    buf_str(&batch->bytes, s);
    return span;
}

void store_batch_settle(struct store_batch *batch) {
    if (!batch->sums)
        return;
    struct store_span *value = &batch->ops[batch->n_ops - 1].value;
    value->at = batch->bytes.len;
    stat_write(&batch->sum, &batch->bytes);
    value->len = batch->bytes.len - value->at;
    stat_sum_deinit(&batch->sum);
    batch->sums = false;
}

static void add_op(struct store_batch *batch, const struct store_op *op) {
    batch->ops = one_more(batch->ops, sizeof *op, batch->n_ops, &batch->cap_ops);
    batch->ops[batch->n_ops++] = *op;
    batch->adds = batch->adds || op->kind == OP_PUT || op->kind == OP_STAT;
}

void store_put_stamped(struct store_batch *batch, enum store_cf cf, str key, str value,
                       struct store_stamp *ret_stamp) {
    *ret_stamp = (struct store_stamp){.sealed = true}; /* not read in any state */
    seal_next_nonce(ret_stamp->nonce);
    store_batch_settle(batch);
    if (!has_room(batch, key.len + value.len))
        return;
    add_op(batch, &(struct store_op){.kind = OP_PUT,
                                     .cf = cf,
                                     .hash = store_key_hash(cf, key),
                                     .key = keep(batch, key),
                                     .value = keep(batch, value),
                                     .stamp = *ret_stamp});
}

void store_put(struct store_batch *batch, enum store_cf cf, str key, str value) {
    struct store_stamp stamp;
    store_put_stamped(batch, cf, key, value, &stamp);
}

void store_del(struct store_batch *batch, enum store_cf cf, str key) {
    store_batch_settle(batch);
    if (!has_room(batch, key.len))
        return;
    add_op(batch, &(struct store_op){.kind = OP_DEL,
                                     .cf = cf,
                                     .hash = store_key_hash(cf, key),
                                     .key = keep(batch, key)});
}

void store_put_blind(struct store_batch *batch, enum store_cf cf, str key, str value) {
    store_put(batch, cf, key, value);
    if (!batch->huge)
        batch->ops[batch->n_ops - 1].blind = true;
}

void store_put_sum(struct store_batch *batch, enum store_cf cf, str key, str value) {
    store_put_blind(batch, cf, key, value);
    if (!batch->huge)
        batch->ops[batch->n_ops - 1].sum = true;
}

void store_del_blind(struct store_batch *batch, enum store_cf cf, str key) {
    store_del(batch, cf, key);
    if (!batch->huge)
        batch->ops[batch->n_ops - 1].blind = true;
}

void store_del_range(struct store_batch *batch, enum store_cf cf, str from, str to) {
    store_batch_settle(batch);
    if (!has_room(batch, from.len + to.len))
        return;
    add_op(batch, &(struct store_op){.kind = OP_DEL_RANGE,
                                     .cf = cf,
                                     .key = keep(batch, from),
                                     .value = keep(batch, to)});
}

void store_del_below(struct store_batch *batch, enum store_cf cf, str prefix) {
    CLEANUP_DEINIT(buf) struct buf to = {0};
    buf_str(&to, prefix);
    key_after(&to);
    store_del_range(batch, cf, prefix, buf_view(&to));
}

/*
 * A metric's values come in a row, up to 150 of PutMetricData: they are added up here and not by the
 * committer, for whom everybody waits.
 */
bool store_stat_again(struct store_batch *batch, enum store_cf cf, str key, double value,
                      double count) {
    const struct store_op *last = batch->n_ops ? &batch->ops[batch->n_ops - 1] : NULL;
    if (!last || last->kind != OP_STAT || last->cf != cf || last->value.len ||
        !str_eq(store_span_str(batch, last->key), key))
        return false;
    if (!batch->sums)
        stat_add(&batch->sum, last->number, last->count);
    batch->sums = true;
    stat_add(&batch->sum, value, count);
    return true;
}

void store_stat(struct store_batch *batch, enum store_cf cf, str key, double value, double count) {
    if (store_stat_again(batch, cf, key, value, count))
        return;
    store_batch_settle(batch);
    if (!has_room(batch, key.len))
        return;
    add_op(batch, &(struct store_op){.kind = OP_STAT,
                                     .cf = cf,
                                     .hash = store_key_hash(cf, key),
                                     .key = keep(batch, key),
                                     .number = value,
                                     .count = count});
}

void store_count(struct store_batch *batch, enum store_cf cf, str key, int64_t many,
                 int64_t large) {
    store_batch_settle(batch);
    if (!has_room(batch, key.len))
        return;
    add_op(batch, &(struct store_op){.kind = OP_COUNT,
                                     .cf = cf,
                                     .hash = store_key_hash(cf, key),
                                     .key = keep(batch, key),
                                     .many = many,
                                     .large = large});
}

bool store_count_read(str row, int64_t *ret_many, int64_t *ret_large) {
    struct cur c = cur_of(row);
    *ret_many = (int64_t)cur_u64(&c);
    *ret_large = (int64_t)cur_u64(&c);
    return !c.bad && c.s.len == 0;
}

/* Events of one target share a batch, and each expects the target's row: it is compared once. */
static bool is_expected(struct store_batch *batch, const struct store_cond *cond, str key,
                        str value) {
    enum { LOOK_BACK = 8 };
    for (size_t i = batch->n_conds; i > 0 && batch->n_conds - i < LOOK_BACK; i--) {
        struct store_cond *c = &batch->conds[i - 1];
        if (c->hash == cond->hash && c->kind == cond->kind && c->cf == cond->cf &&
            store_stamp_eq(&c->stamp, &cond->stamp) && str_eq(store_span_str(batch, c->key), key) &&
            str_eq(store_span_str(batch, c->value), value)) {
            if (c->stamp.state < cond->stamp.state)
                c->stamp.state = cond->stamp.state; /* it was so in both */
            return true;
        }
    }
    return false;
}

static void add_cond(struct store_batch *batch, struct store_cond cond, str key, str value) {
    cond.hash = store_key_hash(cond.cf, key);
    if (is_expected(batch, &cond, key, value) || !has_room(batch, key.len + value.len))
        return;
    batch->conds = one_more(batch->conds, sizeof *batch->conds, batch->n_conds, &batch->cap_conds);
    cond.key = keep(batch, key);
    cond.value = keep(batch, value);
    batch->conds[batch->n_conds++] = cond;
}

void store_expect_absent(struct store_batch *batch, enum store_cf cf, str key, uint64_t state) {
    add_cond(batch, (struct store_cond){.kind = COND_ABSENT, .cf = cf, .stamp.state = state}, key,
             STR_NONE);
}
void store_expect_value(struct store_batch *batch, enum store_cf cf, str key,
                        const struct store_stamp *stamp, str value) {
    add_cond(batch, (struct store_cond){.kind = COND_IS, .cf = cf, .stamp = *stamp}, key,
             stamp->sealed ? STR_NONE : value);
}

static void add_hook(struct store_batch *batch, struct store_hook hook) {
    batch->hooks = one_more(batch->hooks, sizeof *batch->hooks, batch->n_hooks, &batch->cap_hooks);
    batch->hooks[batch->n_hooks++] = hook;
}

void store_after(struct store_batch *batch, void (*fn)(void *ctx), void *ctx) {
    add_hook(batch, (struct store_hook){.fn = fn, .ctx = ctx});
}

void store_after_id(struct store_batch *batch, void (*fn)(void *ctx, uint64_t id), void *ctx,
                    uint64_t id) {
    add_hook(batch, (struct store_hook){.fn_id = fn, .ctx = ctx, .id = id});
}

void store_batch_frees(struct store_batch *batch) { batch->frees = true; }

#ifdef CALOTYPE_CHECKS
static bool has_cond(const struct store_batch *batch, const struct store_op *op) {
    for (size_t i = 0; i < batch->n_conds; i++) {
        const struct store_cond *cond = &batch->conds[i];
        if (cond->hash == op->hash && cond->cf == op->cf &&
            str_eq(store_span_str(batch, cond->key), store_span_str(batch, op->key)))
            return true;
    }
    return false;
}

int store_batch_check(const struct store_batch *batch, struct err *err) {
    for (size_t i = 0; i < batch->n_ops; i++) {
        const struct store_op *op = &batch->ops[i];
        if ((op->kind != OP_PUT && op->kind != OP_DEL) || op->blind || has_cond(batch, op))
            continue;
        CLEANUP_DEINIT(buf) struct buf key = {0};
        codec_add_uri(&key, store_span_str(batch, op->key), false);
        return err_set(err, -EINVAL,
                       "the row %s (family %d) is changed but was neither read nor declared blind",
                       buf_cstr(&key), (int)op->cf);
    }
    return 0;
}
#endif
