/* JPEG: damage leaves what there is; words for what is refused; and what hostile files may cost. */
#include "img/jpeg_got.h"

#include <time.h>

/* ---- Damage ---- */

static void only_the_end_is_missing(void **state) {
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (unsigned reduction = 1; reduction <= 8; reduction *= 8) {
            CLEANUP_DEINIT(buf) struct buf file = {0};
            CLEANUP_DEINIT(got) struct got g = {0};
            make(&file, &kinds[k].b);
            decode(&g, str_slice(buf_view(&file), 0, file.len - 2), reduction);
            check_decoded(&g, kinds[k].name);
            CHECK_CASE(!g.outcome.truncated && g.outcome.warnings == 0, kinds[k].name);
            for (unsigned i = 0; i < kinds[k].b.n; i++)
                check_samples(&g, &kinds[k].b, i, 1, kinds[k].name);
        }
}

/* Every row comes all the same; in a file of one scan those before the cut are right. */
static void a_cut_file(void **state) {
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (unsigned reduction = 1; reduction <= 8; reduction *= 8) {
            CLEANUP_DEINIT(buf) struct buf file = {0};
            CLEANUP_DEINIT(got) struct got g = {0};
            const struct jpeg_build *b = &kinds[k].b;
            make(&file, b);
            size_t scan = build_find(&file, 0xDA, 0);
            decode(&g, str_slice(buf_view(&file), 0, scan + (file.len - scan) * 3 / 4), reduction);
            check_decoded(&g, kinds[k].name);
            CHECK_CASE(g.outcome.truncated, kinds[k].name);
            if (!b->progressive && !b->apart)
                check_samples(&g, b, 0, 0.4, kinds[k].name);
        }
}

/* One byte in each of some intervals: what is behind the next restart is right again. */
static void damage_between_restarts(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(got) struct got g = {0};
    struct jpeg_build b = {.width = 256, .height = 256, .n = 1, .restart = 32};
    build_jpeg(&file, &b);
    size_t at = build_find(&file, 0xD0, build_find(&file, 0xDA, 0));
    memset(file.p + at + 4, 0x55, 8);
    decode(&g, buf_view(&file), 1);
    check_decoded(&g, "restarts");
    CHECK_INT(g.outcome.warnings, IMG_WARN_DAMAGED);
    CHECK(!g.outcome.truncated);
    unsigned wrong = 0;
    for (uint32_t y = 0; y < 256; y++)
        for (uint32_t x = 0; x < 256; x++) {
            double off =
                (uint8_t)g.px[0].p[y * 256 + x] - build_at(&b, 0, (x + 0.5) / 256, (y + 0.5) / 256);
            wrong += (off < -5 || off > 5) && (y < 8 || y >= 16);
        }
    CHECK_INT(wrong, 0);
}

/* Writes n bytes behind the first scan's header; 0xFF and what follows it stay, and none is written. */
static void hurt_scans(struct buf *file, uint32_t *seed, unsigned n) {
    size_t from = build_find(file, 0xDA, 0) + 16;
    while (n) {
        *seed = *seed * 1664525u + 1013904223u;
        char *at = file->p + from + (*seed >> 8) % (file->len - from - 2);
        bool header = false; /* of a later scan, or its tables */
        for (int i = 0; i < 600 && at - i > file->p + from; i++)
            header |=
                (uint8_t)at[-i] == 0xFF && at[1 - i] != 0 && ((uint8_t)at[1 - i] & 0xF8) != 0xD0;
        if (header || (uint8_t)at[0] == 0xFF || (uint8_t)at[-1] == 0xFF) {
            n -= header;
            continue;
        }
        *at = (char)((*seed >> 3) % 255);
        n--;
    }
}

/* A flipped bit in the zero that is stuffed behind 0xFF makes a marker that no JPEG has: nothing is lost. */
static void a_flip_that_makes_a_marker(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(got) struct got g = {0}, sound = {0};
    build_jpeg(&file, &(struct jpeg_build){.width = 256, .height = 256, .n = 1, .noise = 100});
    decode(&sound, buf_view(&file), 1);
    size_t at = build_find(&file, 0, build_find(&file, 0xDA, 0) + 100);
    file.p[at + 1] = 0x20;
    decode(&g, buf_view(&file), 1);
    check_decoded(&g, "flip");
    CHECK_INT(g.outcome.warnings, IMG_WARN_DAMAGED);
    CHECK(!g.outcome.truncated);
    CHECK_MEM(g.px[0].p, sound.px[0].p, g.px[0].len);
}

/* Wrong bytes in what is Huffman-coded, and no marker made or lost: sample by sample what libjpeg makes of them. */
static void damage_as_libjpeg_takes_it(void **state) {
    (void)state;
    uint32_t seed = 3;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (unsigned round = 0; round < 24; round++) {
            CLEANUP_DEINIT(buf) struct buf file = {0}, want = {0};
            CLEANUP_DEINIT(got) struct got g = {0};
            struct jpeg_build b = kinds[k].b;
            unsigned reduction = 1u << round % 4;
            if (b.h[0] < b.h[1] || b.arithmetic || b.space) /* luma alone is compared */
                continue;
            b.noise = round % 3 * 60;
            make(&file, &b);
            hurt_scans(&file, &seed, 1 + round / 2);
            decode(&g, buf_view(&file), reduction);
            check_decoded(&g, kinds[k].name);
            long warned = by_libjpeg(&want, buf_view(&file), reduction, JCS_GRAYSCALE);
            check_as_libjpeg(&g, 0, buf_view(&want), reduction, 1, kinds[k].name);
            bool all = !b.progressive || reduction < 8; /* else some scans are not read */
            CHECK_CASE(!warned || !all || g.outcome.truncated || g.outcome.warnings, kinds[k].name);
        }
}

/* A whole restart interval was lost on the way. */
static void a_lost_interval(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(got) struct got g = {0};
    struct jpeg_build b = {.width = 256, .height = 256, .n = 1, .restart = 32};
    build_jpeg(&file, &b);
    size_t from = build_find(&file, 0xD2, build_find(&file, 0xDA, 0)),
           to = build_find(&file, 0xD3, from);
    memmove(file.p + from, file.p + to, file.len - to);
    file.len -= to - from;
    decode(&g, buf_view(&file), 1);
    check_decoded(&g, "restarts");
    CHECK_INT(g.outcome.warnings, IMG_WARN_DAMAGED);
    CHECK_RANGE((uint8_t)g.px[0].p[200 * 256], build_at(&b, 0, 0, 0.78) - 5,
                build_at(&b, 0, 0, 0.78) + 5);
}

/* Nothing follows one of its intervals, be it sound or not: what the others held is missing. */
static void ends_between_intervals(void **state) {
    (void)state;
    for (int hurt = 0; hurt < 2; hurt++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        build_jpeg(&file, &(struct jpeg_build){.width = 256, .height = 256, .n = 1, .restart = 32});
        size_t from = build_find(&file, 0xDA, 0), end = build_find(&file, 0xD2, from);
        if (hurt) /* codes that fill blocks with too much end before the interval does */
            memset(file.p + build_find(&file, 0xD1, from) + 2, 0x55, 4);
        memcpy(file.p + end, "\xFF\xD9", 2);
        decode(&g, str_slice(buf_view(&file), 0, end + 2), 1);
        check_decoded(&g, "intervals");
        CHECK(g.outcome.truncated);
    }
}

/* Of the scans of a progressive picture one names a table that is not there: the others are shown. */
static void an_unsound_scan(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(got) struct got g = {0};
    struct jpeg_build b = {.width = 128, .height = 128, .n = 3, .progressive = true};
    build_jpeg(&file, &b);
    size_t scan = build_find(&file, 0xDA, build_find(&file, 0xDA, 0) + 2);
    file.p[scan + 6] = 0x33; /* its tables */
    decode(&g, buf_view(&file), 1);
    check_decoded(&g, "scans");
    CHECK_INT(g.outcome.warnings, IMG_WARN_DAMAGED);
    CHECK(!g.outcome.truncated);
    for (unsigned i = 0; i < 3; i++)
        check_samples(&g, &b, i, 1, "scans");
}

/* The height stands behind the scan: T.81, B.2.5. */
static void height_behind_the_scan(void **state) {
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        const struct kind *kind = &kinds[k];
        make(&file, &kind->b);
        uint8_t sof = kind->b.arithmetic    ? (kind->b.progressive ? 0xCA : 0xC9)
                      : kind->b.progressive ? 0xC2
                                            : 0xC0;
        size_t frame = build_find(&file, sof, 0);
        file.p[frame + 5] = file.p[frame + 6] = 0;
        size_t end = build_find(&file, 0xDA, 0) + 2;
        while ((uint8_t)file.p[end] != 0xFF || file.p[end + 1] == 0 ||
               ((uint8_t)file.p[end + 1] >= 0xD0 && (uint8_t)file.p[end + 1] <= 0xD7))
            end++;
        build_insert(&file, end, S("\xFF\xDC\0\4\0\x83"));
        decode(&g, buf_view(&file), 1);
        check_decoded(&g, kind->name);
        CHECK_INT(g.source->head.height, 131);
        CHECK_CASE(!g.outcome.truncated && g.outcome.warnings == 0, kind->name);
        check_samples(&g, &kind->b, 0, 1, kind->name);
    }
}

/* ---- What is refused, in words ---- */

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int at; /* from the frame header's 0xFF; a byte is written there */
        uint8_t byte;
        const char *want;
    } cases[] = {
        {"12 bits", 4, 12, "The JPEG has 12 bits for each colour of a pixel; only 8 are read"},
        {"lossless", 1, 0xC3, "The picture is a lossless JPEG, a kind that is not read"},
        {"lossless arithmetic", 1, 0xCB, "The picture is a lossless JPEG, a kind that is not read"},
        {"hierarchical", 1, 0xC5, "The picture is a hierarchical JPEG, a kind that is not read"},
        {"JPEG-LS", 1, 0xF7, "The picture is a JPEG-LS JPEG, a kind that is not read"},
        {"2 components", 9, 2, "The JPEG has 2 colour channels; 1, 3 and 4 are read"},
        {"no sampling", 11, 0x05, "The JPEG's description of its colour channels makes no sense"},
        {"no frame", 1, 0xFE,
         "The JPEG does not describe its picture before the picture's data begins"},
        {"a marker without a meaning", 1, 0xC8,
         "The JPEG does not describe its picture before the picture's data begins"},
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        make(&file, &kinds[2].b);
        file.p[build_find(&file, 0xC0, 0) + (size_t)cases[k].at] = (char)cases[k].byte;
        decode(&g, buf_view(&file), 1);
        CHECK_INT(g.result, IMG_E_REJECTED);
        CHECK_TEXT(g.reason, cases[k].want);
    }
}

static void refused_for_a_side(void **state) {
    (void)state;
    static const struct {
        uint16_t width, height;
        const char *want;
    } cases[] = {
        {0, 8, "The JPEG says that the picture is 0 pixels wide"},
        {8, 0, "The JPEG does not say how high the picture is"},
        {65535, 8, "The JPEG claims 65535 x 8 pixels; 65500 each way are read"},
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        make(&file, &kinds[0].b);
        char *p = file.p + build_find(&file, 0xC0, 0);
        p[5] = (char)(cases[k].height >> 8);
        p[6] = (char)cases[k].height;
        p[7] = (char)(cases[k].width >> 8);
        p[8] = (char)cases[k].width;
        decode(&g, buf_view(&file), 1);
        CHECK_INT(g.result, IMG_E_REJECTED);
        CHECK_TEXT(g.reason, cases[k].want);
    }
}

/* Wherever a file is cut: a picture or a sentence. */
static void cut_anywhere(void **state) {
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        make(&file, &kinds[k].b);
        for (size_t len = 0; len < file.len; len += len < 700 ? 1 : 101) {
            CLEANUP_DEINIT(got) struct got g = {0};
            /* in memory of its own, so that a read behind it is seen */
            CLEANUP_MEM char *copy = mem_alloc(len);
            memcpy(copy, file.p, len);
            decode(&g, str_n(copy, len), 8);
            if (g.result)
                CHECK_CASE(g.result == IMG_E_REJECTED && strchr("TA", g.reason[0]), kinds[k].name);
            else
                check_decoded(&g, kinds[k].name);
        }
    }
}

/* ---- Costs ---- */

static double cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* 330 KB of segments with nothing in them. */
static void empty_segments(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0}, segments = {0};
    CLEANUP_DEINIT(got) struct got g = {0};
    make(&file, &kinds[4].b);
    for (int i = 0; i < 80000; i++)
        buf_str(&segments, S("\xFF\xE1\0\2"));
    build_insert(&file, 2, buf_view(&segments));
    double before = cpu_ms();
    decode(&g, buf_view(&file), 8);
    CHECK_RANGE(cpu_ms() - before, 0, 50); /* 2 without sanitizers */
    check_decoded(&g, "segments");
    CHECK_INT(g.outcome.warnings | g.source->head.warnings, 0);
}

/* The last scan (of no bits: one run of empty blocks) a hundred thousand times: the picture, with a warning, in bounded time. */
static void scans_without_end(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0}, scans = {0};
    CLEANUP_DEINIT(got) struct got g = {0};
    struct jpeg_build b = {.width = 2000,
                           .height = 2000,
                           .n = 3,
                           .progressive = true,
                           .flat = true};
    build_jpeg(&file, &b);
    size_t end = file.len - 2, last = end;
    for (size_t at = build_find(&file, 0xDA, 0); at < end; at++)
        if ((uint8_t)file.p[at] == 0xFF && (uint8_t)file.p[at + 1] == 0xDA)
            last = at;
    for (int i = 0; i < 100000; i++)
        buf_str(&scans, str_slice(buf_view(&file), last, end));
    build_insert(&file, end, buf_view(&scans));
    double before = cpu_ms();
    decode(&g, buf_view(&file), 2);
    double megabytes = (double)file.len / (1 << 20);
    CHECK_RANGE(cpu_ms() - before, 0, 20 * (20 + 50 * megabytes)); /* twenty times: sanitizers */
    check_decoded(&g, "scans");
    CHECK_INT(g.source->head.warnings, IMG_WARN_DAMAGED);
    check_samples(&g, &b, 0, 1, "scans");
}

/* Told before anything is decoded: rows for one scan, all coefficients for several. */
static void memory_is_known_before(void **state) {
    (void)state;
    static const struct {
        struct jpeg_build b;
        uint64_t least, most;
    } cases[] = {
        {{.n = 3, .h = {2}, .v = {2}}, 0, 1 << 20},
        {{.n = 3, .h = {2}, .v = {2}, .progressive = true},
         12000000ull * 3,
         12000000ull * 3 + (2 << 20)},
        {{.n = 3, .apart = true}, 12000000ull * 6, 12000000ull * 6 + (2 << 20)},
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        make(&file, &cases[k].b);
        char *p = file.p + build_find(&file, cases[k].b.progressive ? 0xC2 : 0xC0, 0);
        memcpy(p + 5, "\x0B\xB8\x0F\xA0", 4); /* 4000 x 3000 */
        open_file(&g, buf_view(&file));
        CHECK_RANGE(img_jpeg_decoder.need(g.source, 2), cases[k].least, cases[k].most);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_end_is_missing),
        cmocka_unit_test(a_cut_file),
        cmocka_unit_test(damage_between_restarts),
        cmocka_unit_test(a_flip_that_makes_a_marker),
        cmocka_unit_test(damage_as_libjpeg_takes_it),
        cmocka_unit_test(ends_between_intervals),
        cmocka_unit_test(a_lost_interval),
        cmocka_unit_test(an_unsound_scan),
        cmocka_unit_test(height_behind_the_scan),
        cmocka_unit_test(refused),
        cmocka_unit_test(refused_for_a_side),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(empty_segments),
        cmocka_unit_test(scans_without_end),
        cmocka_unit_test(memory_is_known_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
