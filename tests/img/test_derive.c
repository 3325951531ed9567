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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(jpeg_is_processed),
                                       cmocka_unit_test(transparent_png_stays_png),
                                       cmocka_unit_test(a_cut_jpeg),
                                       cmocka_unit_test(a_cut_png),
                                       cmocka_unit_test(rejections_say_why),
                                       cmocka_unit_test(a_bomb_is_refused_before_it_is_allocated),
                                       cmocka_unit_test(survives_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
