/*
 * base/md5: the values of RFC 1321, and one text at a time against several at once: these are
 * different code.
 */
#include "cm.h"

#include "base/codec.h"
#include "base/md5.h"

enum { LONGEST = 3000 };
static unsigned char text[LONGEST + MD5_LANES];

static str hex_of(char out[2 * MD5_LEN + 1], const void *p, size_t n) {
    unsigned char raw[MD5_LEN];
    struct md5 md5;
    md5_init(&md5);
    md5_add(&md5, p, n);
    md5_finish(&md5, raw);
    codec_hex(out, raw, sizeof raw);
    out[2 * MD5_LEN] = '\0';
    return str_n(out, 2 * MD5_LEN);
}

static void values(void **state) {
    (void)state;
    static const struct {
        const char *text, *md5;
    } rows[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
    };
    char hex[2 * MD5_LEN + 1];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_STR(hex_of(hex, rows[i].text, strlen(rows[i].text)), str_c(rows[i].md5));
}

/* Letters a: md5sum of coreutils. */
static void long_texts(void **state) {
    (void)state;
    static char a[1000000];
    char hex[2 * MD5_LEN + 1];
    memset(a, 'a', sizeof a);
    CHECK_STR(hex_of(hex, a, sizeof a), S("7707d6ae4e027c70eea2a935c2296f21"));
    CHECK_STR(hex_of(hex, a, 119), S("8a7bd0732ed6a28ce75f6dabc90e1613"));
    CHECK_STR(hex_of(hex, a, 120), S("5f61c0ccad4cac44c75ff505e1f1e537"));
}

static void pieces_equal_the_whole(void **state) {
    (void)state;
    char whole[2 * MD5_LEN + 1], hex[2 * MD5_LEN + 1];
    unsigned char raw[MD5_LEN];
    for (size_t n = 0; n < 200; n++)
        for (size_t cut = 0; cut <= n; cut += 7) {
            struct md5 md5;
            md5_init(&md5);
            md5_add(&md5, text, cut);
            md5_add(&md5, text + cut, n - cut);
            md5_finish(&md5, raw);
            codec_hex(hex, raw, sizeof raw);
            CHECK_STR(str_n(hex, 2 * MD5_LEN), hex_of(whole, text, n));
        }
}

/* Texts of different lengths that begin in the middle of a block, one or many at a time. */
static void together_as_alone(void **state) {
    (void)state;
    enum { MOST = 2 * MD5_LANES + 1 };
    uint32_t random = 1;
    for (unsigned round = 0; round < 400; round++) {
        unsigned n = 1 + round % MOST;
        struct md5 md5s[MOST];
        struct md5_piece pieces[MOST];
        size_t lengths[MOST], begun[MOST];
        for (unsigned i = 0; i < n; i++) {
            random = random * 1664525u + 1013904223u;
            lengths[i] = (random >> 8) % (round % 3 ? LONGEST : 130);
            begun[i] = lengths[i] ? (random >> 4) % lengths[i] : 0;
            md5_init(&md5s[i]);
            md5_add(&md5s[i], text + i % MD5_LANES, begun[i]);
            pieces[i] = (struct md5_piece){&md5s[i], text + i % MD5_LANES + begun[i],
                                           lengths[i] - begun[i]};
        }
        md5_add_all(pieces, n);
        for (unsigned i = 0; i < n; i++) {
            char hex[2 * MD5_LEN + 1], want[2 * MD5_LEN + 1];
            unsigned char raw[MD5_LEN];
            md5_finish(&md5s[i], raw);
            codec_hex(hex, raw, sizeof raw);
            CHECK_STR(str_n(hex, 2 * MD5_LEN), hex_of(want, text + i % MD5_LANES, lengths[i]));
        }
    }
}

/* What this processor has not is left out by md5.c. */
int main(void) {
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(i * i + i / 7);
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(long_texts),
                                       cmocka_unit_test(pieces_equal_the_whole),
                                       cmocka_unit_test(together_as_alone)};
    int failed = 0;
    for (int vectors = MD5_NO_VECTORS; vectors <= MD5_AVX512; vectors++) {
        md5_limit((enum md5_vectors)vectors);
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failed;
}
