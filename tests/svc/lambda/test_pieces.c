/*
 * The bytes of a program's pipes, cut into lines and records: whole, in pieces of any size, and
 * where they are nonsense.
 */
#include "cm.h"

#include "base/buf.h"
#include "svc/lambda/pieces.h"

/* Types of awslambdaric: text and JSON without a level, text with INFO and FATAL; and the old one. */
enum {
    OLD = 0xa55a0001,
    JSON = 0xa55a0002,
    TEXT = 0xa55a0003,
    INFO = 0xa55a000f,
    FATAL = 0xa55a001b,
};

/* Appends a record; time_us < 0: of the old form. */
static void add_record(struct buf *out, uint32_t type, int64_t time_us, str text) {
    buf_u32(out, type);
    buf_u32(out, (uint32_t)text.len);
    if (time_us >= 0)
        buf_u64(out, (uint64_t)time_us);
    buf_str(out, text);
}

/* Reads bytes, at_once at a time, as a pipe's reader does: "TIME:TEXT|", each, and what is behind. */
static void read_all(struct buf *out, bool framed, str bytes, size_t at_once) {
    struct lambda_pieces pieces = {.framed = framed};
    struct lambda_piece piece;
    CLEANUP_DEINIT(buf) struct buf partial = {0};
    for (bool last = false; !last;) {
        size_t looked = partial.len;
        last = bytes.len == 0;
        buf_str(&partial, str_slice(bytes, 0, at_once));
        bytes = str_skip(bytes, at_once);
        str rest = buf_view(&partial);
        while (last ? lambda_pieces_last(&pieces, rest, &piece)
                    : lambda_pieces_next(&pieces, rest, looked, &piece)) {
            if (piece.text.len)
                buf_printf(out, "%lld:" STR_FMT "|", (long long)piece.time_us, STR_ARG(piece.text));
            CHECK(piece.len > 0 && piece.len <= rest.len);
            rest = str_skip(rest, piece.len);
            looked = 0;
        }
        CHECK(rest.len <= LAMBDA_EVENT_MOST + 16);
        memmove(partial.p, rest.p, rest.len);
        partial.len = rest.len;
    }
    CHECK_INT(partial.len, 0);
}

static void check_pieces(const char *name, bool framed, str bytes, const char *want) {
    static const size_t sizes[] = {1, 2, 3, 7, 15, 16, 17, 64 * 1024};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        CLEANUP_DEINIT(buf) struct buf got = {0};
        read_all(&got, framed, bytes, sizes[i]);
        if (!str_is(buf_view(&got), want))
            fail_msg("%s, %zu at a time: %s; wanted %s", name, sizes[i], buf_cstr(&got), want);
    }
}

static void test_lines(void **) {
    check_pieces("lines", false, S("one\ntwo\n\nthree"), "-1:one\n|-1:two\n|-1:\n|-1:three|");
    CLEANUP_DEINIT(buf) struct buf record = {0};
    add_record(&record, TEXT, 7, S("x")); /* on stdout, it is text */
    struct lambda_pieces pieces = {0};
    struct lambda_piece piece;
    CHECK(lambda_pieces_last(&pieces, buf_view(&record), &piece));
    CHECK_INT(piece.text.len, record.len);
}

static void test_records(void **) {
    CLEANUP_DEINIT(buf) struct buf all = {0};
    add_record(&all, TEXT, 1700000000123456, S("[ERROR] a\nTraceback:\n  b"));
    add_record(&all, INFO, 5, S(""));
    add_record(&all, OLD, -1, S("old\n"));
    add_record(&all, JSON, 6, S("{}\n"));
    add_record(&all, FATAL, 0, S("\xa5\x5a"));
    check_pieces("records", true, buf_view(&all),
                 "1700000000123456:[ERROR] a\nTraceback:\n  b|-1:old\n|6:{}\n|0:\xa5\x5a|");
}

/* Nothing that can be read is lost: what is no record is lines, and the next header is found. */
static void test_nonsense(void **) {
    static const struct {
        const char *name;
        str before; /* of a good record, with the text "good" */
        const char *want;
    } cases[] = {
        {"text", S_INIT("printed\nto it"), "-1:printed\n|-1:to it|9:good|"},
        {"a newline at the end", S_INIT("line\n"), "-1:line\n|9:good|"},
        {"half of a magic", S_INIT("\xa5\x5a"), "-1:\xa5\x5a|9:good|"},
        {"a magic of another type", S_INIT("\xa5\x5a\x01\x03 x"), "-1:\xa5\x5a\x01\x03 x|9:good|"},
        {"a level that there is not", S_INIT("\xa5\x5a\0\x1f\0\0\0\x01"), NULL},
        {"neither text nor a time", S_INIT("\xa5\x5a\0\0\0\0\0\x01"), NULL},
        {"a length that cannot be", S_INIT("\xa5\x5a\0\x03\xff\xff\xff\xffTTTTTTTT\n"), NULL},
        {"a length with a newline in it", S_INIT("\xa5\x5a\0\x03\x0a\0\0\0TTTTTTTT"), NULL},
        {"no text", S_INIT("\xa5\x5a\0\x03\0\0\0\0TTTTTTTT"), "9:good|"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf all = {0}, got = {0};
        buf_str(&all, cases[i].before);
        add_record(&all, TEXT, 9, S("good"));
        if (cases[i].want) {
            check_pieces(cases[i].name, true, buf_view(&all), cases[i].want);
            continue;
        }
        for (size_t at_once = 1; at_once < 40; at_once++) { /* NULs inside: only the end is told */
            buf_clear(&got);
            read_all(&got, true, buf_view(&all), at_once);
            CHECK_CASE(str_ends(buf_view(&got), S("|9:good|")), cases[i].name);
            CHECK_CASE(str_find(buf_view(&got), cases[i].before) < 0 ||
                           str_starts(buf_view(&got), S("-1:\xa5\x5a")),
                       cases[i].name);
        }
    }
}

/* The program was killed in the middle: what it had written is there. */
static void test_cut_records(void **) {
    CLEANUP_DEINIT(buf) struct buf all = {0};
    add_record(&all, TEXT, 3, S("whole"));
    add_record(&all, TEXT, 4, S("half of it"));
    check_pieces("in its text", true, str_slice(buf_view(&all), 0, all.len - 6), "3:whole|4:half|");
    check_pieces("behind its header", true, str_slice(buf_view(&all), 0, all.len - 10), "3:whole|");
    check_pieces("in its header", true, str_slice(buf_view(&all), 0, all.len - 24),
                 "3:whole|-1:\xa5\x5a|");
}

/* A record that goes on after the end of an invocation is two events, and the next one is whole. */
static void test_records_over_an_end(void **) {
    CLEANUP_DEINIT(buf) struct buf all = {0};
    struct lambda_pieces pieces = {.framed = true};
    struct lambda_piece piece;
    add_record(&all, TEXT, 4, S("begun, ended"));
    add_record(&all, TEXT, 5, S("next"));
    str first = str_slice(buf_view(&all), 0, 16 + 5), rest = str_skip(buf_view(&all), first.len);
    CHECK(lambda_pieces_last(&pieces, first, &piece) && piece.text.len == 0);
    CHECK(lambda_pieces_last(&pieces, str_skip(first, piece.len), &piece));
    CHECK_STR(piece.text, S("begun"));
    CHECK(!lambda_pieces_last(&pieces, STR_NONE, &piece));
    CHECK(lambda_pieces_next(&pieces, rest, 0, &piece));
    CHECK_STR(piece.text, S(", ended"));
    CHECK_INT(piece.time_us, 4);
    rest = str_skip(str_skip(rest, piece.len), 16);
    pieces.left = 4;
    CHECK(lambda_pieces_next(&pieces, rest, 0, &piece));
    CHECK_STR(piece.text, S("next"));
}

/* How many events, and what they hold together. */
static size_t events_of(bool framed, str bytes, size_t *ret_bytes, size_t *ret_longest) {
    struct lambda_pieces pieces = {.framed = framed};
    struct lambda_piece piece;
    size_t n = 0;
    *ret_bytes = *ret_longest = 0;
    for (; lambda_pieces_last(&pieces, bytes, &piece); bytes = str_skip(bytes, piece.len)) {
        n += piece.text.len > 0;
        *ret_bytes += piece.text.len;
        if (piece.text.len > *ret_longest)
            *ret_longest = piece.text.len;
        CHECK(str_is_utf8(piece.text)); /* no character is cut */
    }
    return n;
}

static void test_long_ones(void **) {
    enum { CHARS = 400000, EACH = 3 };
    CLEANUP_DEINIT(buf) struct buf text = {0}, record = {0};
    size_t bytes, longest;
    for (size_t i = 0; i < CHARS; i++)
        buf_c(&text, "\xe2\x82\xac");
    add_record(&record, TEXT, 1, buf_view(&text));
    CHECK_INT(events_of(true, buf_view(&record), &bytes, &longest), 5);
    CHECK_INT(bytes, CHARS * EACH);
    CHECK_RANGE(longest, LAMBDA_EVENT_MOST - 2, LAMBDA_EVENT_MOST);
    CHECK_INT(events_of(false, buf_view(&text), &bytes, &longest), 5);
    CHECK_INT(bytes, CHARS * EACH);
    /* Text on the records' pipe, without an end: no more than one event is held back. */
    CHECK_INT(events_of(true, buf_view(&text), &bytes, &longest), 5);
    CHECK_INT(bytes, CHARS * EACH);
}

/* ---- Levels ---- */
static void test_levels(void **) {
    static const struct {
        const char *event;
        enum lambda_level want;
    } cases[] = {
        {"{\"level\":\"ERROR\"}", LAMBDA_ERROR},
        {"{\"level\": \"debug\", \"msg\": \"my debug log\"}\n", LAMBDA_DEBUG},
        {"{\"a\":{\"level\":\"ERROR\"},\"b\":[{\"level\":\"FATAL\"}],\"level\":\"Warning\"}",
         LAMBDA_WARN},
        {"{\"a\":\"level\",\"c\":\"ERROR\"}", LAMBDA_INFO},
        {"{\"a\":\"\\\"level\\\":\\\"ERROR\\\"\"}", LAMBDA_INFO},
        {"{\"level\":\"CRITICAL\",\"t\":\"\\\\\"}", LAMBDA_FATAL},
        {"{\"level\":\"TRACE\"}", LAMBDA_TRACE},
        {"{\"level\":\"loud\"}", LAMBDA_INFO},
        {"{\"level\":30}", LAMBDA_INFO},
        {"{\"level\":[\"ERROR\"]}", LAMBDA_INFO},
        {"{}", LAMBDA_INFO},
        {"{\"level\":\"ERROR\"", LAMBDA_LEVEL_NONE},
        {"{\"level\":\"ERROR\"} and more", LAMBDA_LEVEL_NONE},
        {"{\"level\":\"ERROR", LAMBDA_LEVEL_NONE},
        {"[\"level\",\"ERROR\"]", LAMBDA_LEVEL_NONE},
        {"level ERROR", LAMBDA_LEVEL_NONE},
        {"", LAMBDA_LEVEL_NONE},
        {"{\"_aws\":{},\"level\":\"DEBUG\"}", LAMBDA_LEVEL_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(lambda_level_of_event(str_c(cases[i].event)) == cases[i].want, cases[i].event);
}

/* A record says its level in its type. */
static void test_levels_of_records(void **) {
    static const struct {
        uint32_t type;
        enum lambda_level want;
    } cases[] = {
        {OLD, LAMBDA_LEVEL_NONE},   {JSON, LAMBDA_LEVEL_NONE}, {TEXT, LAMBDA_LEVEL_NONE},
        {INFO, LAMBDA_INFO},        {FATAL, LAMBDA_FATAL},     {0xa55a0006, LAMBDA_TRACE},
        {0xa55a000a, LAMBDA_DEBUG}, {0xa55a0013, LAMBDA_WARN}, {0xa55a0016, LAMBDA_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf record = {0};
        struct lambda_pieces pieces = {.framed = true};
        struct lambda_piece piece;
        add_record(&record, cases[i].type, cases[i].type == OLD ? -1 : 1, S("x"));
        CHECK(lambda_pieces_next(&pieces, buf_view(&record), 0, &piece));
        CHECK(lambda_pieces_next(&pieces, str_skip(buf_view(&record), piece.len), 0, &piece));
        CHECK_INT(piece.level, cases[i].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),     cmocka_unit_test(test_records),
        cmocka_unit_test(test_nonsense),  cmocka_unit_test(test_cut_records),
        cmocka_unit_test(test_long_ones), cmocka_unit_test(test_records_over_an_end),
        cmocka_unit_test(test_levels),    cmocka_unit_test(test_levels_of_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
