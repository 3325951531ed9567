/* imgjob: messages survive the round trip, and a lying answer is refused. */
#include "cm.h"

#include "imgjob/imgjob.h"

#include <errno.h>
#include <math.h>

static struct imgjob_result sample(void) {
    struct imgjob_result r = imgjob_result_none();
    r.status = IMGJOB_DONE;
    r.reason = S("well");
    r.probe_us = 1;
    r.decode_us = 2;
    r.resize_us = 3;
    r.encode_us = 1ull << 40;
    return r;
}

static const struct imgjob_derivative derivative = {3, 800, 533, S_INIT("image/jpeg"), 99};

/* ---- What is said of a picture: every field of the table ---- */
enum { TEXT_MAX = 32 };
/* Gives the i-th field a value that no other has. */
static void fill(struct imgjob_result *r, size_t i, char text[TEXT_MAX]) {
    void *at = (char *)r + imgjob_fields[i].at;
    snprintf(text, TEXT_MAX, "text %zu", i);
    switch (imgjob_fields[i].kind) {
    case IMGJOB_KIND_TEXT: *(str *)at = str_c(text); break;
    case IMGJOB_KIND_NUMBER: *(double *)at = -12.5 * (double)(i + 1); break;
    case IMGJOB_KIND_COUNT: *(uint64_t *)at = (1ull << 33) + i; break;
    case IMGJOB_KIND_FLAG: *(bool *)at = true; break;
    }
}

static bool same(const struct imgjob_result *a, const struct imgjob_result *b, size_t i) {
    const void *x = (const char *)a + imgjob_fields[i].at,
               *y = (const char *)b + imgjob_fields[i].at;
    switch (imgjob_fields[i].kind) {
    case IMGJOB_KIND_TEXT: return str_eq(*(const str *)x, *(const str *)y);
    case IMGJOB_KIND_NUMBER:
        return *(const double *)x == *(const double *)y ||
               (isnan(*(const double *)x) && isnan(*(const double *)y));
    case IMGJOB_KIND_COUNT: return *(const uint64_t *)x == *(const uint64_t *)y;
    case IMGJOB_KIND_FLAG: return *(const bool *)x == *(const bool *)y;
    }
    return false;
}

static struct imgjob_message got_from(const struct buf *b) {
    struct imgjob_message m;
    CHECK_INT(imgjob_get_message(buf_view(b), &m), b->len);
    return m;
}

static void each_field_arrives_alone(void **state) {
    (void)state;
    for (size_t i = 0; i < imgjob_n_fields; i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        struct imgjob_result want = sample();
        char text[TEXT_MAX];
        fill(&want, i, text);
        imgjob_put_result(&b, &want);
        struct imgjob_message got = got_from(&b);
        CHECK(got.is_result);
        for (size_t k = 0; k < imgjob_n_fields; k++)
            CHECK_CASE(same(&got.result, &want, k), imgjob_fields[k].attribute);
    }
}

static void a_result_arrives_whole(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    struct imgjob_result want = sample();
    struct imgjob_message got;
    imgjob_put_result(&b, &want);
    for (size_t n = 0; n < b.len; n++)
        CHECK_INT(imgjob_get_message(str_slice(buf_view(&b), 0, n), &got), 0);
    got = got_from(&b);
    CHECK_INT(got.result.status, IMGJOB_DONE);
    CHECK_STR(got.result.reason, S("well"));
    CHECK_INT(got.result.probe_us, 1);
    CHECK_INT(got.result.decode_us, 2);
    CHECK_INT(got.result.resize_us, 3);
    CHECK_INT(got.result.encode_us, 1ull << 40);
    CHECK(isnan(got.result.latitude) && isnan(got.result.exposure_s));
    for (int status = IMGJOB_REJECTED; status <= IMGJOB_NO_ROOM; status++) {
        want.status = (enum imgjob_status)status;
        buf_clear(&b);
        imgjob_put_result(&b, &want);
        CHECK_INT(got_from(&b).result.status, status);
    }
}

static void a_derivative_arrives(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    struct imgjob_message got;
    imgjob_put_derivative(&b, &derivative);
    size_t head = b.len;
    buf_c(&b, "picture bytes");
    for (size_t n = 0; n < head; n++)
        CHECK_INT(imgjob_get_message(str_slice(buf_view(&b), 0, n), &got), 0);
    CHECK_INT(imgjob_get_message(buf_view(&b), &got), head);
    CHECK(!got.is_result);
    CHECK_INT(got.derivative.wish, 3);
    CHECK_INT(got.derivative.width, 800);
    CHECK_INT(got.derivative.height, 533);
    CHECK_STR(got.derivative.content_type, S("image/jpeg"));
    CHECK_INT(got.derivative.size, 99);
}

/* ---- A worker that a picture has taken over may send anything ---- */
static void lying_derivatives(void **state) {
    (void)state;
    enum { MOST = IMGJOB_MAX_DERIVATIVE, WISHES = IMGJOB_MAX_DERIVATIVES, EDGE = IMGJOB_MAX_EDGE };
    static const struct {
        const char *name;
        struct imgjob_derivative d;
        bool good;
    } cases[] = {
        {"the largest", {WISHES - 1, EDGE, EDGE, S_INIT("image/png"), MOST}, true},
        {"the smallest", {0, 1, 1, S_INIT("image/jpeg"), 1}, true},
        {"a wish too many", {WISHES, 1, 1, S_INIT("image/jpeg"), 1}, false},
        {"no width", {0, 0, 1, S_INIT("image/jpeg"), 1}, false},
        {"no height", {0, 1, 0, S_INIT("image/jpeg"), 1}, false},
        {"too wide", {0, EDGE + 1, 1, S_INIT("image/jpeg"), 1}, false},
        {"too high", {0, 1, EDGE + 1, S_INIT("image/jpeg"), 1}, false},
        {"no bytes", {0, 1, 1, S_INIT("image/jpeg"), 0}, false},
        {"too many bytes", {0, 1, 1, S_INIT("image/jpeg"), (uint64_t)MOST + 1}, false},
        {"another type", {0, 1, 1, S_INIT("text/html"), 1}, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        struct imgjob_message got;
        imgjob_put_derivative(&b, &cases[i].d);
        CHECK_CASE(imgjob_get_message(buf_view(&b), &got) ==
                       (cases[i].good ? (ptrdiff_t)b.len : -EBADMSG),
                   cases[i].name);
    }
}

static void lying_results(void **state) {
    (void)state;
    struct imgjob_message got;
    struct imgjob_result lies[6];
    for (size_t i = 0; i < ARRAY_LEN(lies); i++)
        lies[i] = sample();
    lies[0].status = (enum imgjob_status)3;
    lies[1].reason = S("\xC0");
    lies[2].latitude = (double)INFINITY;
    lies[3].f_number = 1e16;
    lies[4].focal_mm = -1e-300;
    lies[5].exposure_s = -(double)INFINITY;
    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        imgjob_put_result(&b, &lies[i]);
        if (i == 1) { /* the writer cuts what is no text: the byte is put in behind its back */
            struct imgjob_result plain = sample();
            plain.reason = S("x");
            buf_clear(&b);
            imgjob_put_result(&b, &plain);
            b.p[8 + 2] = '\xC0';
        }
        CHECK_INT(imgjob_get_message(buf_view(&b), &got), -EBADMSG);
    }
    struct imgjob_result good = sample();
    good.latitude = 0;
    good.exposure_s = 1e-15;
    good.focal_mm = -1e15;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    imgjob_put_result(&b, &good);
    CHECK(got_from(&b).result.latitude == 0);
}

static void other_bytes(void **state) {
    (void)state;
    static const struct {
        str bytes;
        int want;
    } cases[] = {
        {S_INIT(""), 0},
        {S_INIT("CI"), 0},
        {S_INIT("CIR"), 0},
        {S_INIT("CID2\0\0\0"), 0},
        {S_INIT("CIQ"), -EBADMSG},
        {S_INIT("CIR1"), -EBADMSG},
        {S_INIT("HTTP/1.1 200 OK"), -EBADMSG},
        {S_INIT("CIR2\0\1\0\0"), 0}, /* 64 KiB */
        {S_INIT("CIR2\0\1\0\1"), -EBADMSG},
        {S_INIT("CID2\0\0\0\0"), -EBADMSG},
    };
    struct imgjob_message got;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_INT(imgjob_get_message(cases[i].bytes, &got), cases[i].want);
    /* A byte that belongs to nothing. */
    CLEANUP_DEINIT(buf) struct buf b = {0};
    imgjob_put_derivative(&b, &derivative);
    b.p[7]++;
    CHECK_INT(imgjob_get_message(buf_view(&b), &got), 0);
    buf_char(&b, 0);
    CHECK_INT(imgjob_get_message(buf_view(&b), &got), -EBADMSG);
}

/* Texts are cut at a character's border when they are written, and refused beyond 512 bytes when they are read. */
static void long_texts(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    char text[600];
    memset(text, 't', sizeof text);
    memcpy(text + IMGJOB_MAX_TEXT - 1, "\xC3\xA9", 2);
    struct imgjob_result r = sample();
    struct imgjob_message got;
    r.caption = str_n(text, sizeof text);
    imgjob_put_result(&b, &r);
    CHECK_INT(got_from(&b).result.caption.len, IMGJOB_MAX_TEXT - 1);
    text[IMGJOB_MAX_TEXT - 1] = text[IMGJOB_MAX_TEXT] = 't';
    buf_clear(&b);
    imgjob_put_result(&b, &r);
    CHECK_INT(got_from(&b).result.caption.len, IMGJOB_MAX_TEXT);
    ptrdiff_t at = str_find(buf_view(&b), S("tttttttt"));
    b.p[at - 2]++; /* the low seven bits of its length */
    CHECK_INT(imgjob_get_message(buf_view(&b), &got), -EBADMSG);
}

/* ---- Requests ---- */
static void a_request_arrives(void **state) {
    (void)state;
    for (int flags = 0; flags < 4; flags++) {
        struct imgjob_request want = {.size = 1ull << 33,
                                      .max_pixels = 7,
                                      .keep_gps = flags & 1,
                                      .keep_profiles = flags & 2,
                                      .n = 2,
                                      .wishes = {{200, 100, IMGJOB_COVER, 80},
                                                 {1600, 1600, IMGJOB_EXACT, 75}}},
                              got;
        CLEANUP_DEINIT(buf) struct buf b = {0};
        imgjob_put_request(&b, &want);
        for (size_t n = 0; n < b.len; n++)
            CHECK_INT(imgjob_get_request(str_slice(buf_view(&b), 0, n), &got), 0);
        CHECK_INT(imgjob_get_request(buf_view(&b), &got), b.len);
        CHECK_INT(got.size, 1ull << 33);
        CHECK_INT(got.max_pixels, 7);
        CHECK_INT(got.keep_gps, want.keep_gps);
        CHECK_INT(got.keep_profiles, want.keep_profiles);
        CHECK_INT(got.n, 2);
        CHECK_INT(got.wishes[0].width, 200);
        CHECK_INT(got.wishes[0].height, 100);
        CHECK_INT(got.wishes[0].fit, IMGJOB_COVER);
        CHECK_INT(got.wishes[1].fit, IMGJOB_EXACT);
        CHECK_INT(got.wishes[1].quality, 75);
    }
}

static void bounds_of_a_request(void **state) {
    (void)state;
    enum { EDGE = IMGJOB_MAX_EDGE };
    static const struct {
        struct imgjob_wish wish;
        bool good;
    } cases[] = {
        {{1, 1, IMGJOB_INSIDE, 1}, true},          {{EDGE, EDGE, IMGJOB_EXACT, 100}, true},
        {{EDGE + 1, 1, IMGJOB_INSIDE, 80}, false}, {{1, EDGE + 1, IMGJOB_INSIDE, 80}, false},
        {{0, 1, IMGJOB_INSIDE, 80}, false},        {{1, 0, IMGJOB_INSIDE, 80}, false},
        {{1, 1, IMGJOB_INSIDE, 0}, false},         {{1, 1, IMGJOB_INSIDE, 101}, false},
        {{1, 1, (enum imgjob_fit)3, 80}, false},
    };
    struct imgjob_request many = {.n = IMGJOB_MAX_DERIVATIVES}, got;
    for (size_t i = 0; i < many.n; i++)
        many.wishes[i] = (struct imgjob_wish){8, 8, IMGJOB_INSIDE, 8};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct imgjob_request request = many;
        CLEANUP_DEINIT(buf) struct buf b = {0};
        request.wishes[IMGJOB_MAX_DERIVATIVES - 1] = cases[i].wish;
        imgjob_put_request(&b, &request);
        CHECK_INT(imgjob_get_request(buf_view(&b), &got),
                  cases[i].good ? (ptrdiff_t)b.len : -EBADMSG);
    }
    CLEANUP_DEINIT(buf) struct buf b = {0};
    imgjob_put_request(&b, &many);
    b.p[8 + 17]++; /* a wish more than may be */
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), -EBADMSG);
    b.p[8 + 17]--;
    b.p[8 + 16] = 4; /* a flag that has no meaning */
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), -EBADMSG);
    b.p[8 + 16] = 0;
    b.p[7]++; /* one byte longer: it is still to come, and then it belongs to nothing */
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), 0);
    buf_char(&b, 0);
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), -EBADMSG);
    CHECK_INT(imgjob_get_request(S("CIR2"), &got), -EBADMSG);
}

/* The bytes of docs/formats/imgjob.md. */
static void bytes_of_the_format(void **state) {
    (void)state;
    struct imgjob_request request = {.size = 258,
                                     .max_pixels = 3,
                                     .keep_profiles = true,
                                     .n = 1,
                                     .wishes = {{0x1234, 0x21, IMGJOB_COVER, 80}}};
    CLEANUP_DEINIT(buf) struct buf b = {0};
    imgjob_put_request(&b, &request);
    CHECK_STR(buf_view(&b), S("CIQ2\0\0\0\x1C\0\0\0\0\0\0\x01\x02\0\0\0\0\0\0\0\x03\x02\x01"
                              "\0\0\x12\x34\0\0\0\x21\x01\x50"));
    struct imgjob_derivative d = {1, 10, 11, S("image/png"), 12};
    buf_clear(&b);
    imgjob_put_derivative(&b, &d);
    CHECK_STR(buf_view(&b), S("CID2\0\0\0\x1E\0\0\0\x01\0\0\0\x0A\0\0\0\x0B\x09image/png"
                              "\0\0\0\0\0\0\0\x0C"));
    struct imgjob_result r = sample();
    r.format = S("png");
    r.width = 258;
    buf_clear(&b);
    imgjob_put_result(&b, &r);
    CHECK_STR(str_slice(str_skip(buf_view(&b), 8), 0, 18),
              S("\0\x04well\x03png\0\0\0\0\0\0\x01\x02"));
    CHECK_STR(str_skip(buf_view(&b), b.len - 32),
              S("\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\x01\0\0\0\0\0"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_field_arrives_alone),
                                       cmocka_unit_test(a_result_arrives_whole),
                                       cmocka_unit_test(a_derivative_arrives),
                                       cmocka_unit_test(lying_derivatives),
                                       cmocka_unit_test(lying_results),
                                       cmocka_unit_test(other_bytes),
                                       cmocka_unit_test(long_texts),
                                       cmocka_unit_test(a_request_arrives),
                                       cmocka_unit_test(bounds_of_a_request),
                                       cmocka_unit_test(bytes_of_the_format)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
