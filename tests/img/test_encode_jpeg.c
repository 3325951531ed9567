/* What derivatives are written as: planes through the encoder and the decoder again, and the tags beside them. */
#include "img/encode.h"
#include "img/jpeg_got.h"

/* ---- Encoding ---- */

static void paint(struct img_planes *p) {
    for (unsigned i = 0; i < p->n; i++)
        for (uint32_t y = 0; y < p->plane[i].height; y++)
            for (uint32_t x = 0; x < p->plane[i].width; x++)
                p->plane[i].px[y * p->plane[i].stride + x] =
                    (uint8_t)build_at(&(struct jpeg_build){0}, i, (x + 0.5) / p->plane[i].width,
                                      (y + 0.5) / p->plane[i].height);
}

/* Planes of their own, for img/planes has a test of its own. */
static void planes_of(struct img_planes *p, unsigned n, uint32_t width, uint32_t height,
                      size_t beyond) {
    *p = (struct img_planes){.space = n == 1 ? IMG_GRAY : IMG_YCC,
                             .n = n,
                             .width = width,
                             .height = height};
    for (unsigned i = 0; i < n; i++) {
        struct img_plane *plane = &p->plane[i];
        plane->width = i ? (width + 1) / 2 : width;
        plane->height = i ? (height + 1) / 2 : height;
        plane->stride = plane->width + beyond;
        plane->px = mem_zalloc(plane->stride * plane->height);
    }
    paint(p);
}

static void encoded_and_decoded(void **state) {
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1},  {2, 1},     {15, 33}, {16, 16},
                                        {17, 9}, {160, 107}, {1600, 5}};
    for (size_t k = 0; k < ARRAY_LEN(sizes); k++)
        for (unsigned n = 1; n <= 3; n += 2) {
            CLEANUP_DEINIT(buf) struct buf out = {0};
            CLEANUP_DEINIT(got) struct got g = {0};
            struct img_planes p;
            planes_of(&p, n, sizes[k][0], sizes[k][1], k);
            buf_c(&out, "before");
            img_encode_jpeg(&p, 95, &(struct img_tags){0}, &out);
            CHECK(str_starts(buf_view(&out), S("before\xFF\xD8")));
            decode(&g, str_skip(buf_view(&out), 6), 1);
            check_decoded(&g, "encoded");
            CHECK_INT(g.outcome.warnings | g.outcome.truncated, 0);
            CHECK_INT(g.layout.n, n);
            for (unsigned i = 0; i < n; i++) {
                const struct img_plane *plane = &p.plane[i];
                for (uint32_t y = 0; y < plane->height; y++)
                    for (uint32_t x = 0; x < plane->width; x++) {
                        uint8_t want = plane->px[y * plane->stride + x];
                        CHECK_RANGE((uint8_t)g.px[i].p[y * g.layout.of[i].width + x], want - 6,
                                    want + 6);
                    }
                free(plane->px);
            }
        }
}

static void tags_travel(void **state) {
    (void)state;
    static const size_t icc_sizes[] = {0, 1, 3144, 65519, 65520, 200000};
    for (size_t k = 0; k < ARRAY_LEN(icc_sizes); k++) {
        CLEANUP_DEINIT(buf) struct buf out = {0}, icc = {0};
        CLEANUP_DEINIT(got) struct got g = {0};
        for (size_t i = 0; i < icc_sizes[k]; i++)
            buf_u8(&icc, (uint8_t)(i * 7 + i / 65519));
        struct img_planes p;
        planes_of(&p, 3, 20, 20, 0);
        img_encode_jpeg(&p, 80, &(struct img_tags){buf_view(&icc), S("II*\0and so on")}, &out);
        decode(&g, buf_view(&out), 1);
        check_decoded(&g, "tags");
        CHECK_STR(buf_view(&g.source->head.icc), buf_view(&icc));
        CHECK_INT(g.source->head.n_exif, 1);
        CHECK_STR(g.source->head.exif[0], S("II*\0and so on"));
        for (unsigned i = 0; i < 3; i++)
            free(p.plane[i].px);
    }
}

/* Tags that no JPEG can hold are left out, and the picture is there. */
static void tags_too_large(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    CLEANUP_DEINIT(got) struct got g = {0};
    CLEANUP_MEM char *much = mem_zalloc(17 << 20);
    struct img_planes p;
    planes_of(&p, 1, 20, 20, 0);
    img_encode_jpeg(&p, 80, &(struct img_tags){str_n(much, 17 << 20), str_n(much, 70000)}, &out);
    decode(&g, buf_view(&out), 1);
    check_decoded(&g, "tags");
    CHECK_INT(g.source->head.n_exif + g.source->head.icc.len, 0);
    free(p.plane[0].px);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoded_and_decoded),
        cmocka_unit_test(tags_travel),
        cmocka_unit_test(tags_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
