/*
 * store/value: forms, and what a value is bound to. Each family has a data key of its own, so that
 * a thread keeps one cipher context for each (seal.c); the family stands in what is bound all the
 * same, because two families are alike to whoever reads the text.
 */
#include "store/value_priv.h"
#include "store/seal_priv.h"
#include "store/store_priv.h"

#include "base/codec.h"
#include "base/log.h"

/* "sys" and "dek" as key_begin writes them. */
static const str own_kinds[] = {S_INIT("sys\0\1"), S_INIT("dek\0\1")};

bool value_is_own(enum store_cf cf, str key) {
    if (cf != STORE_META)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(own_kinds); i++)
        if (str_starts(key, own_kinds[i]))
            return true;
    return false;
}

/* ---- What is bound ---- */
enum { BOUND_SMALL = 256 };

/* Family, form and key in `small`; only a key that does not fit there takes memory, in `large`. */
static str bind_to(char small[BOUND_SMALL], struct buf *large, enum store_cf cf,
                   enum value_form form, str key) {
    char *to = key.len + 2 <= BOUND_SMALL ? small : buf_reserve(large, key.len + 2);
    to[0] = (char)cf;
    to[1] = (char)form;
    memcpy(to + 2, key.p, key.len);
    return str_n(to, key.len + 2);
}

/* ---- Writing ---- */
void value_write(struct store *store, enum store_cf cf, str key, str value, const char nonce[12],
                 struct buf *out) {
    if (format_writes_raw(store, cf, key)) {
        buf_str(out, value);
        return;
    }
    char small[BOUND_SMALL];
    CLEANUP_DEINIT(buf) struct buf large = {0}, packed = {0};
    enum value_form form = value_pack(value, &packed) ? VALUE_PACKED : VALUE_SEALED;
    buf_u8(out, (uint8_t)form);
    str plain = form == VALUE_PACKED ? buf_view(&packed) : value;
    char *to = buf_reserve(out, plain.len + SEAL_OVERHEAD);
    seal_raw_as(store->ring.family[cf], nonce, plain.p, plain.len,
                bind_to(small, &large, cf, form, key), to);
    out->len += plain.len + SEAL_OVERHEAD;
    out->p[out->len] = '\0';
}

void value_begin_sum(const struct store *store, struct buf *out) {
    if (store->format.kept != FORMAT_RAW)
        buf_u8(out, VALUE_PLAIN);
}

/* ---- Reading ---- */
static int unseal(struct store *store, enum store_cf cf, enum value_form form, str key, str sealed,
                  struct buf *value) {
    char small[BOUND_SMALL];
    CLEANUP_DEINIT(buf) struct buf large = {0};
    return unseal_value(store->ring.family[cf], sealed, bind_to(small, &large, cf, form, key),
                        value);
}

static int unpack(struct store *store, enum store_cf cf, str key, str sealed, struct buf *value) {
    CLEANUP_DEINIT(buf) struct buf packed = {0};
    int r = unseal(store, cf, VALUE_PACKED, key, sealed, &packed);
    return r ? r : value_unpack(buf_view(&packed), value);
}

static int open_form(struct store *store, enum store_cf cf, str key, str disk, struct buf *value) {
    struct cur c = cur_of(disk);
    switch (cur_u8(&c)) {
    case VALUE_PLAIN:
        if (c.bad || cf != STORE_METRICS)
            return STORE_E_DAMAGED;
        buf_str(value, c.s);
        return 0;
    case VALUE_SEALED: return unseal(store, cf, VALUE_SEALED, key, c.s, value);
    case VALUE_PACKED: return unpack(store, cf, key, c.s, value);
    default: return STORE_E_DAMAGED;
    }
}

int value_read(struct store *store, enum store_cf cf, str key, str disk, struct buf *value) {
    buf_clear(value);
    if (format_reads_raw(store, cf, key)) {
        buf_str(value, disk);
        return 0;
    }
    int r = open_form(store, cf, key, disk, value);
    if (r == 0)
        return 0;
    CLEANUP_DEINIT(buf) struct buf name = {0};
    codec_add_uri(&name, key, false);
    buf_clear(value);
    buf_str(value, disk);
    log_error("store",
              "the row %s of family %s is damaged: its value does not verify. What it held is lost "
              "here; take it from a copy of DATA (docs/operations.md), or see `calotype repair`",
              buf_cstr(&name), store_cf_name(cf));
    return r;
}

/* ---- Stamps ---- */
void value_stamp(struct store *store, enum store_cf cf, str key, str disk,
                 struct store_stamp *ret) {
    *ret = (struct store_stamp){.state = ret->state,
                                .sealed = disk.len > SEAL_NONCE && disk.p[0] != VALUE_PLAIN &&
                                          !format_reads_raw(store, cf, key)};
    if (ret->sealed)
        memcpy(ret->nonce, disk.p + 1, SEAL_NONCE);
}

bool value_is(struct store *store, enum store_cf cf, str key, str disk,
              const struct store_stamp *stamp, str value) {
    if (stamp->sealed)
        return disk.len > SEAL_NONCE && disk.p[0] != VALUE_PLAIN &&
               memcmp(disk.p + 1, stamp->nonce, SEAL_NONCE) == 0;
    if (format_reads_raw(store, cf, key))
        return str_eq(disk, value);
    return disk.len > 0 && disk.p[0] == VALUE_PLAIN && str_eq(str_skip(disk, 1), value);
}
