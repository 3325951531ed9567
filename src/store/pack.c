/*
 * store/pack: values made shorter before they are sealed, because RocksDB can do nothing about
 * sealed ones.
 */
#include "store/value_priv.h"

#include <lz4.h>
#include <pthread.h>

enum {
    /* A shorter value gains less than what a row costs in any case. */
    PACK_LEAST = 160,
    /* LZ4 finds nothing shorter than one byte for so many. */
    PACK_MOST_RATIO = 255,
    HEAD = 4,
    /* How much of a large value is tried first: most large values are sealed bodies. */
    SAMPLE = 512,
    SAMPLE_FROM = 4096,
};

/* The thread's state is made when it first packs: setting up 16 KiB for each value costs more. */
static __thread LZ4_stream_t *mine;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_end;

static void drop_state(void *state) {
    free(state);
    mine = NULL;
}

static void set_up(void) {
    if (pthread_key_create(&at_thread_end, drop_state))
        abort(); /* as where there is no memory */
}

static LZ4_stream_t *state(void) {
    if (mine)
        return mine;
    pthread_once(&once, set_up);
    mine = mem_new(LZ4_stream_t);
    LZ4_initStream(mine, sizeof *mine);
    pthread_setspecific(at_thread_end, mine);
    return mine;
}

/* The length of the block, 0 when it would be longer than `most`. */
static int block(str plain, char *to, size_t most) {
    LZ4_stream_t *s = state();
    LZ4_resetStream_fast(s);
    return LZ4_compress_fast_continue(s, plain.p, to, (int)plain.len, (int)most, 1);
}

/* The middle of a large value tells whether it is worth the try. */
static bool is_dense(str plain) {
    char to[SAMPLE];
    if (plain.len < SAMPLE_FROM)
        return false;
    size_t at = plain.len / 2;
    return block(str_slice(plain, at, at + SAMPLE), to, SAMPLE - SAMPLE / 16) <= 0;
}

bool value_pack(str plain, struct buf *out) {
    if (plain.len < PACK_LEAST || plain.len > LZ4_MAX_INPUT_SIZE || is_dense(plain))
        return false;
    size_t before = out->len, most = plain.len - plain.len / 16 - HEAD;
    buf_u32(out, (uint32_t)plain.len);
    int n = block(plain, buf_reserve(out, most), most);
    out->len = n > 0 ? out->len + (size_t)n : before;
    out->p[out->len] = '\0';
    return n > 0;
}

int value_unpack(str packed, struct buf *out) {
    struct cur c = cur_of(packed);
    size_t len = cur_u32(&c);
    if (c.bad || len > c.s.len * PACK_MOST_RATIO || c.s.len > LZ4_MAX_INPUT_SIZE)
        return STORE_E_DAMAGED;
    char *to = buf_reserve(out, len);
    int n = LZ4_decompress_safe(c.s.p, to, (int)c.s.len, (int)len);
    if (n < 0 || (size_t)n != len) {
        out->p[out->len] = '\0';
        return STORE_E_DAMAGED;
    }
    out->len += len;
    out->p[out->len] = '\0';
    return 0;
}
