/* img/derive: pictures from bytes to derivatives, and files that are none. */
#include "cm.h"

#include "img/derive.h"
#include "img/jpeg.h"
#include "img/png.h"

#include <math.h>

static struct img_raster picture(uint32_t width, uint32_t height, unsigned channels) {
    struct img_raster r;
    img_raster_init(&r, width, height, channels);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (unsigned c = 0; c < channels; c++)
                r.px[(y * width + x) * channels + c] =
                    (uint8_t)(x * (c + 1) + y * 3 + (x * y) % 97);
    return r;
}

static void jpeg_file(struct buf *out, uint32_t width, uint32_t height) {
    struct img_raster r = picture(width, height, 3);
    img_jpeg_encode(&r, 90, S(""), out);
    img_raster_deinit(&r);
}

static void png_file(struct buf *out, uint32_t width, uint32_t height, unsigned channels) {
    struct img_raster r = picture(width, height, channels);
    img_png_encode(&r, S(""), out);
    img_raster_deinit(&r);
}

/* All that was sent for a file; texts and bodies are views of it. */
struct answer {
    struct img_sink sink;
    struct buf sent;
    struct imgjob_result result;
    size_t n;
    struct {
        struct imgjob_derivative d;
        str body;
    } of[IMGJOB_MAX_DERIVATIVES]; /* as they came */
};

static bool take(struct img_sink *sink, str bytes) {
    buf_str(&((struct answer *)sink)->sent, bytes);
    return true;
}

static void answer_deinit(struct answer *a) { buf_deinit(&a->sent); }

/* Derivatives, each once, then one result, and nothing behind it. */
static void ask(struct answer *a, const struct imgjob_request *request, str file) {
    buf_clear(&a->sent);
    a->n = 0;
    a->sink.take = take;
    CHECK(img_process(request, file, &a->sink));
    str left = buf_view(&a->sent);
    struct imgjob_message m = {0};
    while (!m.is_result) {
        ptrdiff_t head = imgjob_get_message(left, &m);
        CHECK(head > 0);
        left = str_skip(left, (size_t)head);
        if (m.is_result)
            break;
        CHECK(a->n < request->n && m.derivative.wish < request->n && m.derivative.size <= left.len);
        a->of[a->n].d = m.derivative;
        a->of[a->n++].body = str_slice(left, 0, m.derivative.size);
        left = str_skip(left, m.derivative.size);
    }
    CHECK_INT(left.len, 0);
    a->result = m.result;
}

/* To 160, 80 and 20 pixels. */
static void run(struct answer *a, str file) {
    static const struct imgjob_request request = {.max_pixels = 50000000,
                                                  .n = 3,
                                                  .wishes = {{160, 160, IMGJOB_INSIDE, 80},
                                                             {80, 80, IMGJOB_INSIDE, 80},
                                                             {20, 20, IMGJOB_INSIDE, 80}}};
    ask(a, &request, file);
}

static void jpeg_is_processed(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    jpeg_file(&file, 640, 400);
    run(&a, buf_view(&file));
    CHECK_INT(a.result.status, IMGJOB_DONE);
    CHECK_STR(a.result.format, S("jpeg"));
    CHECK_STR(a.result.color_space, S("YCbCr"));
    CHECK(a.result.width == 640 && a.result.height == 400 && a.result.bit_depth == 8 &&
          !a.result.truncated && a.n == 3);
    CHECK(a.of[0].d.width == 160 && a.of[0].d.height == 100);
    CHECK(a.of[2].d.width == 20 && a.of[2].d.height == 13);
    CHECK_STR(a.of[0].d.content_type, S("image/jpeg"));
}

static void transparent_png_stays_png(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    png_file(&file, 200, 100, 4);
    run(&a, buf_view(&file));
    CHECK_INT(a.result.status, IMGJOB_DONE);
    CHECK_STR(a.result.color_space, S("RGBA"));
    CHECK_STR(a.of[1].d.content_type, S("image/png"));
    buf_clear(&file);
    png_file(&file, 200, 100, 3);
    run(&a, buf_view(&file));
    CHECK_STR(a.of[1].d.content_type, S("image/jpeg"));
}

/* The start of the scan data of a JPEG that we wrote ourselves. */
static size_t scan_start(str file) {
    ptrdiff_t sos = str_find(file, S("\xFF\xDA"));
    CHECK(sos > 0);
    return (size_t)sos + 2 + 12;
}

static void a_cut_jpeg(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    jpeg_file(&file, 640, 400);
    size_t scan = scan_start(buf_view(&file));
    run(&a, str_slice(buf_view(&file), 0, file.len / 2));
    CHECK_INT(a.result.status, IMGJOB_DONE);
    CHECK(a.result.truncated && a.n == 3);
    const size_t cuts[] = {3, 20, scan / 2, scan - 4, scan};
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        run(&a, str_slice(buf_view(&file), 0, cuts[i]));
        CHECK_INT(a.result.status, IMGJOB_REJECTED);
        CHECK_STR(a.result.reason,
                  S("The JPEG ends before its first scan: there is no picture data"));
        CHECK_INT(a.n, 0);
    }
}

static void a_cut_png(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    png_file(&file, 640, 400, 3);
    run(&a, str_slice(buf_view(&file), 0, file.len / 2));
    CHECK_INT(a.result.status, IMGJOB_DONE);
    CHECK(a.result.truncated);
    run(&a, str_slice(buf_view(&file), 0, 40));
    CHECK_INT(a.result.status, IMGJOB_REJECTED);
}

static void rejections_say_why(void **state) {
    (void)state;
    static const struct {
        str file;
        const char *reason;
    } cases[] = {
        {S_INIT(""), "The file is empty"},
        {S_INIT("Dear diary,\nno picture today.\n"), "Not an image: the file is text"},
        {S_INIT("\x00\x00\x00\x18"
                "ftypheicxxxx"),
         "This is an HEIC picture; JPEG and PNG pictures are processed"},
        {S_INIT("\x00\x00\x00\x18"
                "ftypmif1"),
         "This is an HEIF picture; JPEG and PNG pictures are processed"},
        {S_INIT("\x00\x00\x00\x18"
                "ftypavif"),
         "This is an AVIF picture; JPEG and PNG pictures are processed"},
        {S_INIT("\x00\x00\x00\x18"
                "ftypisom"),
         "This is an MP4 or QuickTime file; JPEG and PNG pictures are processed"},
        {S_INIT("II*\0x"), "This is a TIFF picture; JPEG and PNG pictures are processed"},
        {S_INIT("MM\0*x"), "This is a TIFF picture; JPEG and PNG pictures are processed"},
        {S_INIT("BMxx"), "This is a BMP picture; JPEG and PNG pictures are processed"},
        {S_INIT("%PDF-1.7"), "This is a PDF document; JPEG and PNG pictures are processed"},
        {S_INIT("PK\x03\x04x"), "This is a zip archive; JPEG and PNG pictures are processed"},
        {S_INIT("\x7F tab\tand\rreturn"), "Not an image: the file is text"},
        {S_INIT("\x1F"), "Not an image: the content is no known picture format"},
        {S_INIT("RIFF\x10\0\0\0WAVE"), "Not an image: the content is no known picture format"},
        {S_INIT("\x00\x01\x02\x03"), "Not an image: the content is no known picture format"},
        {S_INIT("GIF89a…"), "This is a GIF picture; JPEG and PNG pictures are processed"},
        {S_INIT("RIFF\x10\0\0\0WEBPVP8 "),
         "This is a WebP picture; JPEG and PNG pictures are processed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer) struct answer a = {0};
        run(&a, cases[i].file);
        CHECK_INT(a.result.status, IMGJOB_REJECTED);
        CHECK_STR(a.result.reason, str_c(cases[i].reason));
    }
}

/* The header of a PNG that claims 100,000 × 100,000, with its right checksum. */
static void a_bomb_is_refused_before_it_is_allocated(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    buf_str(
        &file,
        S("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\x01\x86\xA0\0\x01\x86\xA0\x08\x02\0\0\0\x27\x30\x9C\x9F"
          "\0\0\0\x08IDAT"));
    run(&a, buf_view(&file));
    CHECK_INT(a.result.status, IMGJOB_REJECTED);
    CHECK_INT(a.n, 0);
    CHECK_STR(a.result.reason,
              S("The picture claims 100000 x 100000 pixels; the limit is 50000000 pixels"));
}

/* Every byte of a small file changed in turn: always a sound reply, never a crash. */
static void survives_damage(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf jpeg = {0}, png = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    jpeg_file(&jpeg, 24, 16);
    png_file(&png, 24, 16, 4);
    struct buf *const files[] = {&jpeg, &png};
    for (size_t f = 0; f < ARRAY_LEN(files); f++)
        for (size_t i = 0; i < files[f]->len; i++) {
            files[f]->p[i] ^= 0x55;
            run(&a, buf_view(files[f]));
            files[f]->p[i] ^= 0x55;
        }
}

/* A little-endian Exif block: orientation 6, and 33.5 degrees south, 151 east. */
static const char exif[] = "Exif\0\0II*\0\x08\0\0\0\x02\0"
                           "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
                           "\x25\x88\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0"
                           "\x04\0"
                           "\x01\0\x02\0\x02\0\0\0S\0\0\0"
                           "\x02\0\x05\0\x03\0\0\0\x5C\0\0\0"
                           "\x03\0\x02\0\x02\0\0\0E\0\0\0"
                           "\x04\0\x05\0\x03\0\0\0\x74\0\0\0\0\0\0\0"
                           "\x21\0\0\0\x01\0\0\0\x1E\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0"
                           "\x97\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0";

/*
 * A picture that lies on its side stands up in all derivatives; where it was taken is told only
 * when asked for, and never travels in a derivative.
 */
static void turned_and_placed(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf plain = {0}, file = {0};
    CLEANUP_DEINIT(answer) struct answer a = {0};
    jpeg_file(&plain, 320, 200);
    buf_add(&file, plain.p, 2);
    buf_add(&file, "\xFF\xE1", 2);
    buf_u16(&file, (uint16_t)(sizeof exif - 1 + 2));
    buf_add(&file, exif, sizeof exif - 1);
    buf_add(&file, plain.p + 2, plain.len - 2);
    for (int keep = 0; keep < 2; keep++) {
        struct imgjob_request request = {
            .max_pixels = 64000,
            .keep_gps = keep,
            .n = 2,
            .wishes = {{160, 160, IMGJOB_INSIDE, 80}, {40, 40, IMGJOB_INSIDE, 80}}};
        ask(&a, &request, buf_view(&file));
        CHECK_INT(a.result.status, IMGJOB_DONE);
        CHECK_INT(a.result.orientation, 6);
        CHECK(a.result.width == 200 && a.result.height == 320);
        CHECK_INT(a.n, 2);
        CHECK(a.of[0].d.width == 100 && a.of[0].d.height == 160);
        CHECK(a.of[1].d.width == 25 && a.of[1].d.height == 40);
        CHECK_INT(!isnan(a.result.latitude), keep);
        CHECK(!keep || (a.result.latitude == -33.5 && a.result.longitude == 151));
        CHECK(str_find(buf_view(&a.sent), S("Exif")) < 0);
        CHECK_STR(a.result.warnings, S(""));
        CHECK_INT(a.result.phash.len, 16);
        CHECK_INT(a.result.placeholder.len, 28);
        /* One pixel more than may be. */
        request.max_pixels = 63999;
        ask(&a, &request, buf_view(&file));
        CHECK_INT(a.result.status, IMGJOB_REJECTED);
    }
}

/* Alpha that hides nothing is dropped, and the colours stay where they are. */
static void opaque_alpha_is_dropped(void **state) {
    (void)state;
    for (int hole = 0; hole < 2; hole++) {
        CLEANUP_DEINIT(buf) struct buf file = {0};
        CLEANUP_DEINIT(answer) struct answer a = {0};
        CLEANUP_DEINIT(img_decoded) struct img_decoded d = {0};
        struct img_limits limits = {100000, 100000};
        struct img_raster r;
        img_raster_init(&r, 80, 80, 4);
        for (int i = 0; i < 6400; i++)
            memcpy(r.px + 4 * i, i % 80 < 40 ? "\xC8\x32\x14\xFF" : "\x14\x32\xC8\xFF", 4);
        if (hole)
            r.px[4 * 6399 + 3] = 254; /* the last pixel of all */
        img_png_encode(&r, S(""), &file);
        img_raster_deinit(&r);
        run(&a, buf_view(&file));
        CHECK_STR(a.of[0].d.content_type, hole ? S("image/png") : S("image/jpeg"));
        if (hole)
            continue;
        CHECK_INT(img_jpeg_decode(a.of[0].body, &limits, &d), 0);
        CHECK(d.raster.width == 80 && d.raster.channels == 3);
        static const uint8_t left[3] = {0xC8, 0x32, 0x14}, right[3] = {0x14, 0x32, 0xC8};
        for (int c = 0; c < 3; c++) {
            const uint8_t *row = d.raster.px + (size_t)40 * 80 * 3;
            CHECK_RANGE(row[3 * 10 + c], left[c] - 8, left[c] + 8);
            CHECK_RANGE(row[3 * 70 + c], right[c] - 8, right[c] + 8);
        }
    }
}

/* The rows of an encoded picture are where they were. */
static void rows_keep_their_places(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_DEINIT(img_decoded) struct img_decoded d = {0};
    struct img_limits limits = {100000, 100000};
    struct img_raster r;
    img_raster_init(&r, 16, 80, 3);
    for (unsigned y = 0; y < 80; y++)
        memset(r.px + (size_t)y * 16 * 3, (int)(3 * y), 16 * 3);
    img_jpeg_encode(&r, 95, S(""), &file);
    img_raster_deinit(&r);
    CHECK_INT(img_jpeg_decode(buf_view(&file), &limits, &d), 0);
    CHECK(d.raster.width == 16 && d.raster.height == 80);
    for (int y = 0; y < 80; y++)
        CHECK_RANGE(d.raster.px[y * 16 * 3 + 24], 3 * y - 6, 3 * y + 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(jpeg_is_processed),
                                       cmocka_unit_test(transparent_png_stays_png),
                                       cmocka_unit_test(a_cut_jpeg),
                                       cmocka_unit_test(a_cut_png),
                                       cmocka_unit_test(rejections_say_why),
                                       cmocka_unit_test(turned_and_placed),
                                       cmocka_unit_test(opaque_alpha_is_dropped),
                                       cmocka_unit_test(rows_keep_their_places),
                                       cmocka_unit_test(a_bomb_is_refused_before_it_is_allocated),
                                       cmocka_unit_test(survives_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
