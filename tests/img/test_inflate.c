/*
 * img/inflate against zlib: streams of every strategy, in pieces of every size; what is cut gives all that was decoded before;
 * what is damaged gives what zlib gives.
 */
#include "png_builder.h"

#include "img/inflate.h"

/* Pieces of one size, of a text. */
struct pieces {
    str left;
    size_t size;
};
static bool next_piece(void *ctx, str *ret) {
    struct pieces *p = ctx;
    *ret = str_slice(p->left, 0, p->size);
    p->left = str_skip(p->left, p->size);
    return ret->len > 0;
}

/* All that comes, taken in bits of `most`. */
static enum img_inflate_end ours(str packed, size_t piece, size_t most, struct buf *to) {
    struct pieces p = {packed, piece};
    const uint8_t *got;
    CLEANUP(img_inflate) struct img_inflate *z = img_inflate_new(most, next_piece, &p);
    size_t n;
    do {
        n = img_inflate_take(z, most, &got);
        buf_add(to, got, n);
    } while (n == most);
    CHECK(img_inflate_how(z) != IMG_INFLATE_GOING);
    return img_inflate_how(z);
}

/* zlib's word on it, and all that it gives. */
static int theirs(str packed, struct buf *to) {
    z_stream z = {.next_in = (Bytef *)packed.p, .avail_in = (uInt)packed.len};
    CHECK_INT(inflateInit(&z), Z_OK);
    int r;
    do {
        enum { STEP = 4096 };
        z.next_out = (Bytef *)buf_reserve(to, STEP);
        z.avail_out = STEP;
        r = inflate(&z, Z_SYNC_FLUSH);
        to->len += STEP - z.avail_out;
    } while (r == Z_OK);
    inflateEnd(&z);
    return r;
}

static void pack(str text, int level, int strategy, struct buf *to) {
    z_stream z = {.next_in = (Bytef *)text.p, .avail_in = (uInt)text.len};
    CHECK_INT(deflateInit2(&z, level, Z_DEFLATED, 15, 8, strategy), Z_OK);
    uLong most = deflateBound(&z, text.len);
    z.next_out = (Bytef *)buf_reserve(to, most);
    z.avail_out = (uInt)most;
    CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
    to->len += z.total_out;
    deflateEnd(&z);
}

/* Texts that make literals, runs of one to 20 bytes, far matches, and noise. */
static void write_text(int kind, size_t n, struct buf *to) {
    uint32_t seed = (uint32_t)kind + 5;
    while (to->len < n) {
        size_t at = to->len;
        uint32_t r = next_random(&seed);
        if (kind == 0)
            buf_u8(to, (uint8_t)r);
        else if (kind == 1)
            buf_u8(to, (uint8_t)__builtin_popcount(r));
        else if (kind == 2 && at > 40000 && r % 3 == 0)
            for (size_t i = 0, back = 1 + r % 32768; i < 3 + r % 300; i++)
                buf_u8(to, (uint8_t)to->p[at - back + i % back]);
        else if (kind == 3)
            for (size_t i = 0, period = 1 + r % 20; i < r % 400; i++)
                buf_u8(to, i < period || to->len < period ? (uint8_t)r
                                                          : (uint8_t)to->p[to->len - period]);
        else
            buf_u8(to, (uint8_t)(r % 64 + at / 5000));
    }
    to->len = n;
}

static void streams_of_every_kind(void **state) {
    (void)state;
    static const struct {
        int level, strategy;
    } ways[] = {{0, Z_DEFAULT_STRATEGY},
                {1, Z_DEFAULT_STRATEGY},
                {6, Z_DEFAULT_STRATEGY},
                {9, Z_FILTERED},
                {6, Z_HUFFMAN_ONLY},
                {6, Z_RLE},
                {6, Z_FIXED}};
    static const size_t pieces[] = {1, 7, 8192, SIZE_MAX}, sizes[] = {0, 1, 257, 70001, 250000};
    for (int kind = 0; kind < 5; kind++)
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
            for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
                CLEANUP_DEINIT(buf) struct buf text = {0}, packed = {0}, got = {0};
                char name[64];
                snprintf(name, sizeof name, "text %d of %zu, level %d, strategy %d", kind, sizes[s],
                         ways[w].level, ways[w].strategy);
                write_text(kind, sizes[s], &text);
                pack(buf_view(&text), ways[w].level, ways[w].strategy, &packed);
                size_t piece = pieces[(s + w) % ARRAY_LEN(pieces)];
                CHECK_CASE(ours(buf_view(&packed), piece, 1 + sizes[s] % 5000, &got) ==
                               IMG_INFLATE_WHOLE,
                           name);
                CHECK_CASE(str_eq(buf_view(&got), buf_view(&text)), name);
            }
}

/* Blocks of all kinds and sizes by turns, until `least` bytes have come of them: compressed, stored, empty, fixed. */
static void pack_by_turns(uint32_t seed, size_t least, struct buf *text, struct buf *to) {
    static const int flushes[] = {Z_NO_FLUSH, Z_BLOCK, Z_SYNC_FLUSH, Z_PARTIAL_FLUSH, Z_FULL_FLUSH};
    z_stream z = {0};
    CHECK_INT(deflateInit(&z, 6), Z_OK);
    bool last = false;
    while (!last) {
        uint32_t r = next_random(&seed);
        size_t from = text->len, n = next_random(&seed) % (r % 8 ? 300 : 20000);
        last = to->len >= least;
        write_text((int)(r >> 3) % 5, from + n, text);
        z.next_in = (Bytef *)text->p + from;
        z.avail_in = (uInt)(text->len - from);
        size_t most = deflateBound(&z, (uLong)n) + 65536;
        z.next_out = (Bytef *)buf_reserve(to, most);
        z.avail_out = (uInt)most;
        static const int levels[] = {0, 0, 1, 6}, ways[] = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_RLE};
        CHECK(deflateParams(&z, levels[r >> 6 & 3], ways[(r >> 8) % 3]) != Z_STREAM_ERROR);
        deflate(&z, last ? Z_FINISH : flushes[(r >> 10) % ARRAY_LEN(flushes)]);
        CHECK_INT(z.avail_in, 0);
        to->len += most - z.avail_out;
    }
    deflateEnd(&z);
}

/* Where a stored block begins the input may just have been moved. */
static void long_streams_of_many_blocks(void **state) {
    (void)state;
    static const size_t pieces[] = {SIZE_MAX, 8192, 1000, 33};
    for (uint32_t round = 0; round < 40; round++) {
        CLEANUP_DEINIT(buf) struct buf text = {0}, packed = {0}, got = {0};
        char name[32];
        snprintf(name, sizeof name, "seed %u", round);
        pack_by_turns(round, 300000, &text, &packed);
        CHECK_CASE(ours(buf_view(&packed), pieces[round % ARRAY_LEN(pieces)], 1000 + round * 999,
                        &got) == IMG_INFLATE_WHOLE,
                   name);
        CHECK_CASE(str_eq(buf_view(&got), buf_view(&text)), name);
    }
}

/* Some bytes are wrong anywhere in a long stream: zlib's bytes, and its verdict. */
static void long_damaged_streams(void **state) {
    (void)state;
    uint32_t seed = 77;
    CLEANUP_DEINIT(buf) struct buf text = {0}, packed = {0};
    pack_by_turns(7, 150000, &text, &packed);
    for (int round = 0; round < 150; round++) {
        CLEANUP_DEINIT(buf) struct buf hurt = {0}, got = {0}, want = {0};
        buf_str(&hurt, buf_view(&packed));
        for (uint32_t n = 1 + next_random(&seed) % 3; n; n--)
            hurt.p[2 + next_random(&seed) % (hurt.len - 2)] ^= (char)(1 + next_random(&seed) % 255);
        enum img_inflate_end end = ours(buf_view(&hurt), 5000, 700, &got);
        CHECK_INT(end == IMG_INFLATE_WHOLE, theirs(buf_view(&hurt), &want) == Z_STREAM_END);
        CHECK_STR(buf_view(&got), buf_view(&want));
    }
}

/* Cut anywhere: what zlib gives of it, no less. */
static void cut_streams(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        CLEANUP_DEINIT(buf) struct buf text = {0}, packed = {0};
        write_text(kind, 3000, &text);
        pack(buf_view(&text), 6, kind == 3 ? Z_FIXED : Z_DEFAULT_STRATEGY, &packed);
        for (size_t cut = 0; cut < packed.len; cut++) {
            CLEANUP_DEINIT(buf) struct buf got = {0}, want = {0};
            str part = str_slice(buf_view(&packed), 0, cut);
            enum img_inflate_end end = ours(part, 100, 64, &got);
            theirs(part, &want);
            CHECK_STR(buf_view(&got), buf_view(&want));
            /* Only the checksum is missing: the data is whole. */
            CHECK_INT(end, cut + 4 < packed.len ? IMG_INFLATE_CUT : IMG_INFLATE_SUM);
        }
    }
}

/* One bit is wrong: zlib's outcome and its bytes. */
static void damaged_streams(void **state) {
    (void)state;
    uint32_t seed = 9;
    int bad = 0;
    for (int round = 0; round < 1200; round++) {
        CLEANUP_DEINIT(buf) struct buf text = {0}, packed = {0}, got = {0}, want = {0};
        write_text(round % 4, 2000, &text);
        pack(buf_view(&text), 6, round % 5 ? Z_DEFAULT_STRATEGY : Z_FIXED, &packed);
        packed.p[2 + next_random(&seed) % (packed.len - 2)] ^= (char)(1 << next_random(&seed) % 8);
        enum img_inflate_end end = ours(buf_view(&packed), SIZE_MAX, 100, &got);
        int r = theirs(buf_view(&packed), &want);
        CHECK_INT(end == IMG_INFLATE_WHOLE, r == Z_STREAM_END);
        if (r == Z_BUF_ERROR) /* ends inside the data, or inside the checksum */
            CHECK(end == IMG_INFLATE_CUT || end == IMG_INFLATE_SUM);
        CHECK_STR(buf_view(&got), buf_view(&want));
        bad += end == IMG_INFLATE_BAD;
    }
    CHECK_RANGE(bad, 50, 1200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_every_kind), cmocka_unit_test(long_streams_of_many_blocks),
        cmocka_unit_test(long_damaged_streams),  cmocka_unit_test(cut_streams),
        cmocka_unit_test(damaged_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
