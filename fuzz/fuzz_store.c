/*
 * What the store reads back from disk: statistics rows, keys, references to bodies, envelopes.
 * The first byte says which.
 */
#include "store/blob_priv.h"
#include "store/key.h"
#include "store/stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_stat(str row) {
    struct stat_sum sum = {0};
    if (stat_merge(&sum, row) && sum.n_bins)
        (void)stat_percentile(&sum, 50);
    stat_merge(&sum, row);
    stat_sum_deinit(&sum);
}

static void fuzz_key(str bytes) {
    struct buf part = {0}, again = {0};
    struct cur c = cur_of(bytes);
    str kind = key_take_kind(&c);
    if (!c.bad && key_take_str(&c, &part)) {
        /* What was read writes the same bytes. */
        key_str(&again, buf_view(&part));
        str rest = str_slice(bytes, kind.len + 2, kind.len + 2 + again.len);
        if (!str_eq(buf_view(&again), rest))
            __builtin_trap();
    }
    (void)key_take_u64(&c);
    buf_deinit(&part);
    buf_deinit(&again);
}

static void fuzz_envelope(str bytes) {
    static const unsigned char zero[SEAL_KEY_BYTES];
    static struct seal_key *key;
    if (!key)
        key = seal_key_new(zero);
    struct buf plain = {0};
    if (bytes.len >= BLOB_HEAD)
        blob_head_check(bytes.p, key, str_slice(bytes, 8, 24), str_slice(bytes, 24, 40), 70000);
    unseal_value(key, bytes, S("aad"), &plain);
    buf_deinit(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    str rest = str_n(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0: fuzz_stat(rest); break;
    case 1: fuzz_key(rest); break;
    case 2: (void)blob_size(rest); break;
    default: fuzz_envelope(rest); break;
    }
    return 0;
}
