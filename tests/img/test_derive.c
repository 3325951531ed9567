/* img/derive: pictures from bytes to derivatives, and files that are none. */
#include "cm.h"

#include "img/derive.h"
#include "img/jpeg.h"
#include "img/png.h"

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

/* Runs the whole path; the reply's texts live in out. */
static struct imgjob_reply run(str file, struct buf *out) {
    static const struct imgjob_request request = {.max_pixels = 50000000,
                                                  .n = 3,
                                                  .wishes = {{160, 80}, {80, 80}, {20, 80}}};
    struct imgjob_reply reply;
    buf_clear(out);
    img_process(&request, file, out);
    ptrdiff_t head = imgjob_get_reply(buf_view(out), &reply);
    CHECK(head > 0);
    uint64_t bodies = 0;
    for (size_t i = 0; i < reply.n; i++)
        bodies += reply.derivatives[i].size;
    CHECK((size_t)head + bodies == out->len);
    return reply;
}

static void jpeg_is_processed(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0}, out = {0};
    jpeg_file(&file, 640, 400);
    struct imgjob_reply r = run(buf_view(&file), &out);
    CHECK_INT(r.status, IMGJOB_DONE);
    CHECK_STR(r.format, S("jpeg"));
    CHECK_STR(r.color_space, S("YCbCr"));
    CHECK(r.width == 640 && r.height == 400 && r.bit_depth == 8 && !r.truncated && r.n == 3);
    CHECK(r.derivatives[0].width == 160 && r.derivatives[0].height == 100);
    CHECK(r.derivatives[2].width == 20 && r.derivatives[2].height == 13);
    CHECK_STR(r.derivatives[0].content_type, S("image/jpeg"));
}

static void transparent_png_stays_png(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0}, out = {0};
    png_file(&file, 200, 100, 4);
    struct imgjob_reply r = run(buf_view(&file), &out);
    CHECK_INT(r.status, IMGJOB_DONE);
    CHECK_STR(r.color_space, S("RGBA"));
    CHECK_STR(r.derivatives[1].content_type, S("image/png"));
    buf_clear(&file);
    png_file(&file, 200, 100, 3);
    r = run(buf_view(&file), &out);
    CHECK_STR(r.derivatives[1].content_type, S("image/jpeg"));
}

/* The start of the scan data of a JPEG that we wrote ourselves. */
static size_t scan_start(str file) {
    ptrdiff_t sos = str_find(file, S("\xFF\xDA"));
    CHECK(sos > 0);
    return (size_t)sos + 2 + 12;
}

static void a_cut_jpeg(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0}, out = {0};
    jpeg_file(&file, 640, 400);
    size_t scan = scan_start(buf_view(&file));
    struct imgjob_reply r = run(str_slice(buf_view(&file), 0, file.len / 2), &out);
    CHECK_INT(r.status, IMGJOB_DONE);
    CHECK(r.truncated && r.n == 3);
    const size_t cuts[] = {3, 20, scan / 2, scan - 4, scan};
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        r = run(str_slice(buf_view(&file), 0, cuts[i]), &out);
        CHECK_INT(r.status, IMGJOB_REJECTED);
        CHECK_STR(r.reason, S("The JPEG ends before its first scan: there is no picture data"));
        CHECK_INT(r.n, 0);
    }
}

static void a_cut_png(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0}, out = {0};
    png_file(&file, 640, 400, 3);
    struct imgjob_reply r = run(str_slice(buf_view(&file), 0, file.len / 2), &out);
    CHECK_INT(r.status, IMGJOB_DONE);
    CHECK(r.truncated);
    r = run(str_slice(buf_view(&file), 0, 40), &out);
    CHECK_INT(r.status, IMGJOB_REJECTED);
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
        CLEANUP_DEINIT(buf) struct buf out = {0};
        struct imgjob_reply r = run(cases[i].file, &out);
        CHECK_INT(r.status, IMGJOB_REJECTED);
        CHECK_STR(r.reason, str_c(cases[i].reason));
    }
}

/* The header of a PNG that claims 100,000 × 100,000, with its right checksum. */
static void a_bomb_is_refused_before_it_is_allocated(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0}, out = {0};
    buf_str(
        &file,
        S("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\x01\x86\xA0\0\x01\x86\xA0\x08\x02\0\0\0\x27\x30\x9C\x9F"
          "\0\0\0\x08IDAT"));
    struct imgjob_reply r = run(buf_view(&file), &out);
    CHECK_INT(r.status, IMGJOB_REJECTED);
    CHECK_INT(r.n, 0);
    CHECK_STR(r.reason,
              S("The picture claims 100000 x 100000 pixels; the limit is 50000000 pixels"));
}

/* Every byte of a small file changed in turn: always a sound reply, never a crash. */
static void survives_damage(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf jpeg = {0}, png = {0}, out = {0};
    jpeg_file(&jpeg, 24, 16);
    png_file(&png, 24, 16, 4);
    struct buf *const files[] = {&jpeg, &png};
    for (size_t f = 0; f < ARRAY_LEN(files); f++)
        for (size_t i = 0; i < files[f]->len; i++) {
            files[f]->p[i] ^= 0x55;
            run(buf_view(files[f]), &out);
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
    CLEANUP_DEINIT(buf) struct buf plain = {0}, file = {0}, out = {0};
    jpeg_file(&plain, 320, 200);
    buf_add(&file, plain.p, 2);
    buf_add(&file, "\xFF\xE1", 2);
    buf_u16(&file, (uint16_t)(sizeof exif - 1 + 2));
    buf_add(&file, exif, sizeof exif - 1);
    buf_add(&file, plain.p + 2, plain.len - 2);
    for (int keep = 0; keep < 2; keep++) {
        struct imgjob_request request = {.max_pixels = 64000,
                                         .keep_gps = keep,
                                         .n = 2,
                                         .wishes = {{160, 80}, {40, 80}}};
        struct imgjob_reply reply;
        buf_clear(&out);
        img_process(&request, buf_view(&file), &out);
        ptrdiff_t head = imgjob_get_reply(buf_view(&out), &reply);
        CHECK(head > 0);
        CHECK_INT(reply.status, IMGJOB_DONE);
        CHECK_INT(reply.orientation, 6);
        CHECK(reply.width == 200 && reply.height == 320);
        CHECK_INT(reply.n, 2);
        CHECK(reply.derivatives[0].width == 100 && reply.derivatives[0].height == 160);
        CHECK(reply.derivatives[1].width == 25 && reply.derivatives[1].height == 40);
        CHECK_INT(reply.has_gps, keep);
        CHECK(reply.latitude == (keep ? -33.5 : 0) && reply.longitude == (keep ? 151 : 0));
        CHECK(str_find(str_skip(buf_view(&out), (size_t)head), S("Exif")) < 0);
        CHECK_STR(reply.warnings, S(""));
        CHECK(reply.has_phash);
        CHECK_INT(reply.placeholder.len, 28);
        /* One pixel more than may be. */
        request.max_pixels = 63999;
        buf_clear(&out);
        img_process(&request, buf_view(&file), &out);
        CHECK(imgjob_get_reply(buf_view(&out), &reply) > 0);
        CHECK_INT(reply.status, IMGJOB_REJECTED);
    }
}

/* Alpha that hides nothing is dropped, and the colours stay where they are. */
static void opaque_alpha_is_dropped(void **state) {
    (void)state;
    for (int hole = 0; hole < 2; hole++) {
        CLEANUP_DEINIT(buf) struct buf file = {0}, out = {0};
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
        struct imgjob_reply reply = run(buf_view(&file), &out);
        CHECK_STR(reply.derivatives[0].content_type, hole ? S("image/png") : S("image/jpeg"));
        if (hole)
            continue;
        struct imgjob_reply again;
        str body = str_skip(buf_view(&out), (size_t)imgjob_get_reply(buf_view(&out), &again));
        CHECK_INT(img_jpeg_decode(str_slice(body, 0, reply.derivatives[0].size), &limits, &d), 0);
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
