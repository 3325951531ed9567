/*
 * img/png_source on files at fault: damage is data, so whatever has pixels gives them, and what is said of it is right; and
 * files made to cost more than they should.
 */
#include "png_builder.h"

#include <time.h>

static const struct png_kind plain = {2, 8, false, false}, interlaced = {2, 8, false, true};

/* Where the nth chunk of that type begins, with its length. */
static size_t chunk_of(const struct buf *file, const char *type, int nth) {
    size_t at = 8;
    while (at + 12 <= file->len) {
        struct cur c = cur_of(str_skip(buf_view(file), at));
        uint32_t len = cur_u32(&c);
        if (str_is(cur_take(&c, 4), type) && nth-- == 0)
            return at;
        at += 12 + (size_t)len;
    }
    CHECK_CASE(false, type);
    return 0;
}

/* Computes the checksum of a chunk again, after a change. */
static void sum_again(struct buf *file, size_t at) {
    struct cur c = cur_of(str_skip(buf_view(file), at));
    uint32_t len = cur_u32(&c), sum = crc32_ieee(0, file->p + at + 4, len + 4);
    for (size_t i = 0; i < 4; i++)
        file->p[at + 8 + len + i] = (char)(sum >> (24 - 8 * i));
}

/* ---- Damage ---- */

/* How many rows from the top are as they should be; those behind must be zeros. */
static uint32_t good_rows(const struct decoded *d, const struct picture *want) {
    size_t stride = (size_t)want->width * want->channels;
    uint32_t y = 0;
    CHECK_INT(d->rows, want->height);
    while (y < want->height &&
           memcmp(d->picture.px.p + y * stride, want->px.p + y * stride, stride) == 0)
        y++;
    return y;
}
static void check_zeros(const struct decoded *d, uint32_t from) {
    for (size_t i = (size_t)from * d->picture.width * d->picture.channels; i < d->picture.px.len;
         i++)
        CHECK_INT(d->picture.px.p[i], 0);
}

/* Cut anywhere: the rows that are there, and no less than libpng would give with all bytes in its hands. */
static void cut_files(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(picture) struct picture want = {0};
    add_png(&file, &plain, 50, 40, 3);
    CHECK(reference(buf_view(&file), &want));
    size_t data = chunk_of(&file, "IDAT", 0) + 8, end = chunk_of(&file, "IEND", 0);
    uint32_t most = 0;
    for (size_t cut = 0; cut < file.len; cut++) {
        CLEANUP_DEINIT(decoded) struct decoded d;
        int r = decode(str_slice(buf_view(&file), 0, cut), &d);
        if (r) {
            CHECK(cut < data + 400);
            CHECK_HAS(d.reason, cut < 8 ? "The file does not begin" : "The PNG");
            CHECK(d.rows == 0);
            continue;
        }
        uint32_t rows = good_rows(&d, &want);
        CHECK(rows >= most);
        most = rows;
        CHECK_INT(d.outcome.truncated, rows < want.height);
        /* Of what is cut in the end only the stream's own checksum is missed. */
        CHECK_INT(d.outcome.warnings & ~IMG_WARN_CHECKSUM, 0);
        CHECK_INT(d.outcome.warnings, rows < want.height || cut >= end - 4 ? 0 : IMG_WARN_CHECKSUM);
        check_zeros(&d, rows);
    }
    CHECK_INT(most, want.height);
}

enum where { LENGTH_TOP, LENGTH_LOW, TYPE, BODY_FIRST, BODY_LAST, SUM };
enum change { FLIP, CUT_OUT, PUT_IN };
/* One change in a file of several pieces of picture data. */
static const struct fault {
    const char *name, *type;
    int nth;
    enum where where;
    enum change change;
    bool sum_again; /* the chunk's checksum fits the change */
    bool whole;     /* all pixels are as they were */
    unsigned warnings, head_warnings;
} faults[] = {
    {"sum of the first data", "IDAT", 0, SUM, FLIP, false, true, IMG_WARN_CHECKSUM, 0},
    {"sum of the last data", "IDAT", 6, SUM, FLIP, false, true, IMG_WARN_CHECKSUM, 0},
    {"the stream's own sum", "IDAT", 6, BODY_LAST, FLIP, true, true, IMG_WARN_CHECKSUM, 0},
    {"the stream's first byte", "IDAT", 0, BODY_FIRST, FLIP, true, true, IMG_WARN_CHECKSUM, 0},
    {"length of the third, more than the file", "IDAT", 2, LENGTH_TOP, FLIP, false, true,
     IMG_WARN_DAMAGED, 0},
    {"length of the third, a little wrong", "IDAT", 2, LENGTH_LOW, FLIP, false, true,
     IMG_WARN_DAMAGED, IMG_WARN_DAMAGED},
    {"a byte gone between chunks", "IDAT", 3, LENGTH_TOP, CUT_OUT, false, false, IMG_WARN_DAMAGED,
     IMG_WARN_DAMAGED},
    {"a byte more between chunks", "IDAT", 3, LENGTH_TOP, PUT_IN, false, true, IMG_WARN_DAMAGED,
     IMG_WARN_DAMAGED},
    {"the end's type", "IEND", 0, TYPE, FLIP, false, true, 0, 0},
    {"a chunk before the data claims more than the file", "tEXt", 0, LENGTH_TOP, FLIP, false, true,
     0, IMG_WARN_DAMAGED},
    {"a chunk before the data has another length", "tEXt", 0, LENGTH_LOW, FLIP, false, true, 0,
     IMG_WARN_DAMAGED},
    {"sum of a palette", "PLTE", 0, SUM, FLIP, false, true, 0, IMG_WARN_CHECKSUM},
    {"sum of gamma", "gAMA", 0, SUM, FLIP, false, true, 0, IMG_WARN_CHECKSUM},
    {"sum of a text", "tEXt", 0, SUM, FLIP, false, true, 0, 0},
};

/* Palette, 7 pieces of data, a text and gamma. */
static void add_victim(struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf rows = {0}, packed = {0}, palette = {0};
    uint32_t seed = 5;
    add_signature(out);
    add_ihdr(out, 80, 80, 8, 3, false);
    add_chunk(out, "gAMA", S("\0\0\xB1\x8F"));
    for (int i = 0; i < 768; i++)
        buf_u8(&palette, (uint8_t)next_random(&seed));
    add_chunk(out, "PLTE", buf_view(&palette));
    add_chunk(out, "tEXt", S("Comment\0nothing at all"));
    for (int i = 0; i < 80 * 81; i++)
        buf_u8(&rows, i % 81 ? (uint8_t)next_random(&seed) : 0);
    add_packed(&packed, buf_view(&rows), 9);
    add_idat(out, buf_view(&packed), 1000);
    add_chunk(out, "IEND", S(""));
}

static void make_fault(struct buf *file, const struct fault *f) {
    size_t at = chunk_of(file, f->type, f->nth);
    struct cur c = cur_of(str_skip(buf_view(file), at));
    size_t len = cur_u32(&c);
    const size_t places[] = {
        [LENGTH_TOP] = at,     [LENGTH_LOW] = at + 3,      [TYPE] = at + 5,
        [BODY_FIRST] = at + 8, [BODY_LAST] = at + 7 + len, [SUM] = at + 8 + len};
    size_t place = places[f->where];
    CLEANUP_DEINIT(buf) struct buf rest = {0};
    buf_str(&rest, str_skip(buf_view(file), place + (f->change != PUT_IN)));
    char was = file->p[place];
    file->len = place;
    if (f->change != CUT_OUT)
        buf_char(file, f->change == PUT_IN ? 'x' : (char)(was ^ 0x24));
    buf_str(file, buf_view(&rest));
    if (f->sum_again)
        sum_again(file, at);
}

static void damage_is_data(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(picture) struct picture want = {0};
        add_victim(&file);
        CHECK(reference(buf_view(&file), &want));
        make_fault(&file, &faults[i]);
        CLEANUP_DEINIT(decoded) struct decoded d;
        CHECK_CASE(decode(buf_view(&file), &d) == 0, faults[i].name);
        uint32_t rows = good_rows(&d, &want);
        CHECK_CASE((rows == want.height) == faults[i].whole, faults[i].name);
        CHECK_CASE(rows > 30, faults[i].name);
        CHECK_CASE(d.outcome.warnings == faults[i].warnings, faults[i].name);
        CHECK_CASE(d.source->head.warnings == faults[i].head_warnings, faults[i].name);
        CHECK_CASE(d.outcome.truncated == !faults[i].whole, faults[i].name);
        CHECK_CASE(d.source->head.said.has_gama == !str_is(str_c(faults[i].type), "gAMA"),
                   faults[i].name);
    }
}

/* A bit in the stream, four fifths on: what came before is as it was. */
static void a_bit_late_in_the_file(void **state) {
    (void)state;
    for (int bit = 0; bit < 8; bit++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(picture) struct picture want = {0};
        add_victim(&file);
        CHECK(reference(buf_view(&file), &want));
        file.p[file.len * 4 / 5] ^= (char)(1 << bit);
        CLEANUP_DEINIT(decoded) struct decoded d;
        CHECK_INT(decode(buf_view(&file), &d), 0);
        CHECK_RANGE(good_rows(&d, &want), 50, 79);
        CHECK(d.outcome.warnings & IMG_WARN_CHECKSUM);
    }
}

/* Rows that are made by hand: filters that there are not, too few, too many. */
static void rows_that_are_wrong(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str rows;
        uint32_t good;
        unsigned warnings;
    } cases[] = {
        {"as many as it says", S_INIT("\0\1\2\0\3\4\0\5\6"), 3, 0},
        {"a filter that there is not", S_INIT("\0\1\2\5\3\4\0\5\6"), 1, IMG_WARN_DAMAGED},
        {"too few", S_INIT("\0\1\2\0\3\4"), 2, IMG_WARN_DAMAGED},
        {"too few by a byte", S_INIT("\0\1\2\0\3\4\0\5"), 2, IMG_WARN_DAMAGED},
        {"too many", S_INIT("\0\1\2\0\3\4\0\5\6\0\7\7"), 3, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0}, packed = {0};
        add_signature(&file);
        add_ihdr(&file, 2, 3, 8, 0, false);
        add_packed(&packed, cases[i].rows, 6);
        add_idat(&file, buf_view(&packed), 5);
        CLEANUP_DEINIT(decoded) struct decoded d;
        CHECK_CASE(decode(buf_view(&file), &d) == 0, cases[i].name);
        char want[6] = {1, 2, 3, 4, 5, 6};
        memset(want + 2 * cases[i].good, 0, 6 - 2 * cases[i].good);
        CHECK_STR(buf_view(&d.picture.px), str_n(want, 6));
        CHECK_CASE(d.outcome.truncated == (cases[i].good < 3), cases[i].name);
        CHECK_CASE(d.outcome.warnings == cases[i].warnings, cases[i].name);
    }
}

/* What the passes that are missing would have filled is filled from those that are there. */
static void a_cut_interlaced_one_has_no_holes(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0}, rows = {0}, packed = {0};
    /* Pass 1: 4 x 3 pixels, then nothing; 26 columns, 20 rows. */
    add_signature(&file);
    add_ihdr(&file, 26, 20, 8, 0, true);
    for (int i = 0; i < 3; i++) {
        buf_u8(&rows, 0);
        for (int k = 0; k < 4; k++)
            buf_u8(&rows, (uint8_t)(10 + i * 4 + k));
    }
    add_packed(&packed, buf_view(&rows), 6);
    add_idat(&file, buf_view(&packed), 1000);
    CLEANUP_DEINIT(decoded) struct decoded d;
    CHECK_INT(decode(buf_view(&file), &d), 0);
    CHECK(d.outcome.truncated);
    for (size_t y = 0; y < 20; y++)
        for (size_t x = 0; x < 26; x++)
            CHECK_INT(d.picture.px.p[y * 26 + x], 10 + y / 8 * 4 + x / 8);
    /* And one with more in it: every pixel is one of the picture's. */
    CLEANUP_DEINIT(buf) struct buf other = {0};
    CLEANUP_DEINIT(picture) struct picture want = {0};
    add_png(&other, &interlaced, 61, 47, 4);
    CHECK(reference(buf_view(&other), &want));
    CLEANUP_DEINIT(decoded) struct decoded e;
    CHECK_INT(decode(str_slice(buf_view(&other), 0, other.len * 9 / 10), &e), 0);
    size_t same = 0;
    for (size_t i = 0; i < want.px.len; i++)
        same += e.picture.px.p[i] == want.px.p[i];
    CHECK_RANGE(same, want.px.len * 8 / 10, want.px.len - 1);
}

/* Rejected, in words. */
static void headers_that_are_wrong(void **state) {
    (void)state;
    static const struct {
        const char *reason;
        uint32_t width, height;
        unsigned depth, type;
        const char *data;
    } cases[] = {
        {"The PNG's header claims a size that no picture has", 0, 5, 8, 2, "IDAT"},
        {"The PNG's header claims a size that no picture has", 5, 0, 8, 2, "IDAT"},
        {"The PNG's header claims a size that no picture has", 0x80000000, 5, 8, 2, "IDAT"},
        {"The PNG's header claims a kind of colours that PNG does not have", 5, 5, 8, 1, "IDAT"},
        {"The PNG's header claims a kind of colours that PNG does not have", 5, 5, 8, 9, "IDAT"},
        {"The PNG's header claims a kind of colours that PNG does not have", 5, 5, 4, 2, "IDAT"},
        {"The PNG's header claims a kind of colours that PNG does not have", 5, 5, 16, 3, "IDAT"},
        {"The PNG's header claims a kind of colours that PNG does not have", 5, 5, 255, 0, "IDAT"},
        {"The PNG has no palette, and its colours are numbers of one", 5, 5, 8, 3, "IDAT"},
        {"The PNG ends before its picture data", 5, 5, 8, 2, "tEXt"},
        {"The PNG ends before its first pixels", 5, 5, 8, 2, "IDAT"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        add_signature(&file);
        add_ihdr(&file, cases[i].width, cases[i].height, cases[i].depth, cases[i].type, false);
        add_chunk(&file, cases[i].data, S(""));
        add_chunk(&file, "IEND", S(""));
        CLEANUP_DEINIT(decoded) struct decoded d;
        CHECK_INT(decode(buf_view(&file), &d), IMG_E_REJECTED);
        CHECK_TEXT(d.reason, cases[i].reason);
    }
}

/* ---- Costs ---- */

static double cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* n zero bytes, or `begins` and then zeros, packed. */
static void add_bomb(struct buf *out, str begins, size_t n) {
    CLEANUP_DEINIT(buf) struct buf zeros = {0};
    buf_str(&zeros, begins);
    char *at = buf_reserve(&zeros, n);
    memset(at, 0, n);
    zeros.len += n;
    add_packed(out, buf_view(&zeros), 9);
}

enum { MEGABYTE = 1 << 20 };
static void many_packed_texts(struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_add(&body, "Comment\0", 9);
    add_bomb(&body, S(""), 7 * MEGABYTE);
    for (int i = 0; i < 150; i++)
        add_chunk(out, "zTXt", buf_view(&body));
}
static void many_raw_profiles(struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_add(&body, "Raw profile type exif\0", 23);
    add_bomb(&body, S("\nexif\n 7000000\n"), 7 * MEGABYTE);
    for (int i = 0; i < 150; i++)
        add_chunk(out, "zTXt", buf_view(&body));
}
static void endless_xmp(struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_add(&body, "XML:com.adobe.xmp\0\1\0\0", 22);
    add_bomb(&body, S(""), 64 * MEGABYTE);
    add_chunk(out, "iTXt", buf_view(&body));
}
static void endless_profile(struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_add(&body, "icc\0", 5);
    add_bomb(&body, S("\x7F\xFF\xFF\xFF"), 64 * MEGABYTE);
    add_chunk(out, "iCCP", buf_view(&body));
}
static void empty_chunks(struct buf *out) {
    for (int i = 0; i < 80000; i++)
        add_chunk(out, i % 2 ? "eXIf" : "iCCP", S(""));
}
static void a_claim_of_600_mb(struct buf *out) {
    buf_u32(out, 600 * MEGABYTE);
    buf_c(out, "tEXt");
}
/* Heads that claim much, and here and there a sound one: what looks for sound ones must not look for long. */
static void false_heads(struct buf *out) {
    for (int i = 0; i < 40000; i++) {
        buf_u32(out, (uint32_t)(i % 10 ? 500000 : 0xFFFFFFFF));
        buf_c(out, "IDAT");
        if (i % 10 == 5)
            add_chunk(out, "IDAT", S(""));
    }
}
static void empty_data(struct buf *out) {
    for (int i = 0; i < 80000; i++)
        add_chunk(out, "IDAT", S(""));
}

static void nothing_costs_out_of_proportion(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*add)(struct buf *out);
        bool rejected;
        unsigned head_warnings;
    } cases[] = {
        {"150 texts of 7 MB", many_packed_texts, false, 0},
        {"150 raw profiles of 7 MB", many_raw_profiles, false, IMG_WARN_METADATA},
        {"XMP of 64 MB", endless_xmp, false, IMG_WARN_METADATA},
        {"a profile of 64 MB", endless_profile, false, IMG_WARN_PROFILE_DROPPED},
        {"80,000 chunks of nothing", empty_chunks, false, IMG_WARN_DAMAGED},
        {"a claim of 600 MB", a_claim_of_600_mb, false, IMG_WARN_DAMAGED},
        {"false heads", false_heads, true, IMG_WARN_DAMAGED},
        {"80,000 pieces of nothing", empty_data, false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0}, rest = {0};
        add_png(&rest, &plain, 10, 10, 1);
        buf_str(&file, str_slice(buf_view(&rest), 0, 33));
        cases[i].add(&file);
        buf_str(&file, str_skip(buf_view(&rest), 33));
        double before = cpu_ms();
        CLEANUP_DEINIT(decoded) struct decoded d;
        int r = decode(buf_view(&file), &d);
        double took = cpu_ms() - before;
#ifdef __SANITIZE_ADDRESS__
        took /= 4;
#endif
        CHECK_CASE(r == (cases[i].rejected ? IMG_E_REJECTED : 0), cases[i].name);
        CHECK_CASE(d.source->head.warnings == cases[i].head_warnings, cases[i].name);
        if (took > 50 + 50 * (double)file.len / MEGABYTE)
            CHECK_FAILED(__FILE__, __LINE__, "%s took %.0f ms\n", cases[i].name, took);
    }
}

/* A picture that is not interlaced is decoded in the memory of some rows; one that is says what it needs. */
static void memory_is_known_before(void **state) {
    (void)state;
    static const struct {
        struct png_kind kind;
        uint32_t width, height;
        uint64_t least, most;
    } cases[] = {
        {{2, 8, false, false}, 4288, 2848, 200 << 10, 1 << 20},
        {{6, 16, false, false}, 4288, 2848, 200 << 10, 1 << 20},
        {{2, 8, false, false}, 16000, 16000, 200 << 10, 1 << 20},
        {{2, 8, false, true}, 4000, 3000, 36000000, 37000000},
        {{0, 1, false, true}, 4000, 3000, 12000000, 13000000},
        {{2, 8, false, true}, 0x7FFFFFFF, 0x7FFFFFFF, UINT64_MAX / 4, UINT64_MAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        char reason[IMG_REASON_MAX];
        struct img_source *source;
        add_signature(&file);
        add_ihdr(&file, cases[i].width, cases[i].height, cases[i].kind.depth, cases[i].kind.type,
                 cases[i].kind.interlaced);
        add_chunk(&file, "IDAT", S("x"));
        CHECK_INT(img_png_decoder.open(buf_view(&file), &source, reason), 0);
        uint64_t need = img_png_decoder.need(source, 1);
        CHECK(need >= cases[i].least && need <= cases[i].most);
        img_png_decoder.close(source);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_files),
        cmocka_unit_test(damage_is_data),
        cmocka_unit_test(a_bit_late_in_the_file),
        cmocka_unit_test(rows_that_are_wrong),
        cmocka_unit_test(a_cut_interlaced_one_has_no_holes),
        cmocka_unit_test(headers_that_are_wrong),
        cmocka_unit_test(nothing_costs_out_of_proportion),
        cmocka_unit_test(memory_is_known_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
