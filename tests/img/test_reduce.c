/* img/reduce: against the definition in doubles, by every set of inner loops that this machine has. */
#include "cm.h"

#include "img/reduce.h"

#include <math.h>

static const char *const sets[] = {"c", "sse4.1", "avx2", "neon"};

/* ---- Inputs and outputs ---- */

struct rows {
    uint32_t width, height;
    unsigned channels;
    uint8_t *px; /* width * channels a row, IMG_PLANE_PAD behind the last */
};

static struct rows rows_new(uint32_t width, uint32_t height, unsigned channels) {
    size_t n = (size_t)width * height * channels;
    return (struct rows){width, height, channels, mem_zalloc(n + IMG_PLANE_PAD)};
}
static uint8_t *at(const struct rows *r, uint32_t x, uint32_t y) {
    return r->px + ((size_t)y * r->width + x) * r->channels;
}

static uint32_t noise_state;
static uint8_t noise(void) {
    noise_state = noise_state * 1664525 + 1013904223;
    return (uint8_t)(noise_state >> 24);
}

static struct rows noisy(uint32_t width, uint32_t height, unsigned channels) {
    struct rows r = rows_new(width, height, channels);
    noise_state = width * 31 + height;
    for (size_t i = 0; i < (size_t)width * height * channels; i++)
        r.px[i] = noise();
    return r;
}

/* Strides that are not the width, and no more room behind the last row than the header says. */
static struct img_plane plane_new(uint32_t width, uint32_t height, size_t stride) {
    return (struct img_plane){mem_zalloc(stride * (height - 1) + width + IMG_PLANE_PAD), width,
                              height, stride};
}

/* The planes are new. */
static void reduce(const struct rows *in, bool alpha, struct img_window window, uint32_t width,
                   uint32_t height, struct img_plane out[4]) {
    struct img_reduce_spec spec = {in->width, in->height, in->channels, alpha, window, {NULL}};
    for (unsigned c = 0; c < in->channels; c++) {
        out[c] = plane_new(width, height, width + 3 * c);
        spec.out[c] = &out[c];
    }
    CLEANUP(img_reduce) struct img_reduce *r = img_reduce_new(&spec);
    for (uint32_t y = 0; y < in->height; y++)
        img_reduce_row(r, at(in, 0, y));
}
static struct img_window whole(const struct rows *in) {
    return (struct img_window){0, 0, in->width, in->height};
}
static void planes_free(struct img_plane *planes, unsigned n) {
    for (unsigned c = 0; c < n; c++)
        free(planes[c].px);
}
static uint8_t px(const struct img_plane *p, uint32_t x, uint32_t y) {
    return p->px[y * p->stride + x];
}

/* ---- The definition ---- */

static double lanczos3(double x) {
    if (x == 0)
        return 1;
    return fabs(x) >= 3 ? 0 : 3 * sin(M_PI * x) * sin(M_PI * x / 3) / (M_PI * M_PI * x * x);
}

/* One output sample of a line of n samples; the kernel ends where the line does. */
static double define(const double *line, size_t n, double begin, double scale, size_t i) {
    double stretch = scale > 1 ? scale : 1, center = begin + ((double)i + 0.5) * scale;
    double sum = 0, weights = 0;
    for (size_t k = 0; k < n; k++) {
        double w = lanczos3(((double)k + 0.5 - center) / stretch);
        sum += line[k] * w;
        weights += w;
    }
    return sum / weights;
}

/* What each set gives is nowhere farther from the definition than `most`. */
static void check_is_lanczos(const char *name, const struct rows *in, struct img_window w,
                             uint32_t width, uint32_t height, double most) {
    struct img_plane out[ARRAY_LEN(sets)][4] = {0};
    CLEANUP_MEM double *line = mem_alloc(in->width * sizeof *line);
    CLEANUP_MEM double *column = mem_alloc(in->height * sizeof *column);
    for (size_t s = 0; s < ARRAY_LEN(sets); s++)
        if (img_reduce_use(sets[s]))
            reduce(in, false, w, width, height, out[s]);
    for (unsigned c = 0; c < in->channels; c++)
        for (uint32_t x = 0; x < width; x++) {
            for (uint32_t y = 0; y < in->height; y++) {
                for (uint32_t k = 0; k < in->width; k++)
                    line[k] = at(in, k, y)[c];
                column[y] = define(line, in->width, w.x, w.width / width, x);
            }
            for (uint32_t y = 0; y < height; y++) {
                double want = define(column, in->height, w.y, w.height / height, y);
                want = want < 0 ? 0 : want > 255 ? 255 : want;
                for (size_t s = 0; s < ARRAY_LEN(sets); s++)
                    if (out[s][c].px)
                        CHECK_CASE(fabs(px(&out[s][c], x, y) - want) <= most, name);
            }
        }
    for (size_t s = 0; s < ARRAY_LEN(sets); s++)
        planes_free(out[s], in->channels);
}

static void is_lanczos(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t width, height;
        struct img_window window;
        uint32_t to_width, to_height;
        double most;
    } cases[] = {
        {"smaller", 40, 30, {0, 0, 40, 30}, 15, 11, 0.55},
        {"one side only", 40, 30, {0, 0, 40, 30}, 40, 7, 0.55},
        {"a little smaller", 67, 35, {0, 0, 67, 35}, 66, 34, 0.55},
        {"larger", 9, 9, {0, 0, 9, 9}, 20, 19, 0.55},
        {"wider and lower", 12, 60, {0, 0, 12, 60}, 24, 9, 0.55},
        {"to one", 90, 50, {0, 0, 90, 50}, 1, 1, 0.55},
        {"a line", 60, 1, {0, 0, 60, 1}, 7, 1, 0.55},
        {"a column", 1, 77, {0, 0, 1, 77}, 1, 13, 0.55},
        {"a part", 60, 50, {10.25, 7.5, 33.5, 30.75}, 12, 10, 0.55},
        {"a part, enlarged", 30, 30, {3.3, 4.7, 10.1, 9.2}, 25, 33, 0.55},
        {"half a sample too few", 51, 18, {0, 0, 50.5, 17.5}, 19, 7, 0.55},
        {"a quarter of a sample too many", 51, 18, {0, 0, 51.2, 18.2}, 38, 30, 0.55},
        {"begins before the first", 51, 18, {-0.4, -0.3, 51.2, 18.2}, 20, 9, 0.55},
        {"in boxes", 900, 40, {0, 0, 900, 40}, 13, 2, 1.0},
        {"in boxes, the last one smaller", 1003, 47, {0, 0, 1003, 47}, 9, 2, 1.0},
        {"a part, in boxes", 700, 90, {33.3, 20.2, 600.5, 60.1}, 5, 2, 1.0},
        {"very small", 3000, 3, {0, 0, 3000, 3}, 1, 1, 1.0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (unsigned channels = 1; channels <= 4; channels++) {
            struct rows in = noisy(cases[i].width, cases[i].height, channels);
            check_is_lanczos(cases[i].name, &in, cases[i].window, cases[i].to_width,
                             cases[i].to_height, cases[i].most);
            free(in.px);
        }
}

/* ---- All sets alike ---- */

static void every_set_gives_the_same_bytes(void **state) {
    (void)state;
    static const uint32_t sizes[][4] = {{640, 90, 233, 31}, {1500, 99, 11, 4},  {641, 93, 240, 60},
                                        {129, 65, 128, 64}, {31, 17, 64, 33},   {5, 5, 300, 2},
                                        {2000, 40, 70, 1},  {333, 222, 1, 221}, {64, 64, 32, 32},
                                        {1, 1, 9, 9}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (unsigned kind = 0; kind < 6; kind++) {
            unsigned channels = kind < 4 ? kind + 1 : kind == 4 ? 2 : 4;
            struct rows in = noisy(sizes[i][0], sizes[i][1], channels);
            for (size_t k = 0; k < (size_t)in.width * in.height * channels; k++)
                if (noise() < 100) /* the largest sums */
                    in.px[k] = in.px[k] & 1 ? 255 : 0;
            struct img_plane want[4], got[4];
            CHECK(img_reduce_use("c"));
            reduce(&in, kind >= 4, whole(&in), sizes[i][2], sizes[i][3], want);
            for (size_t s = 1; s < ARRAY_LEN(sets); s++) {
                if (!img_reduce_use(sets[s]))
                    continue;
                reduce(&in, kind >= 4, whole(&in), sizes[i][2], sizes[i][3], got);
                for (unsigned c = 0; c < channels; c++)
                    for (uint32_t y = 0; y < sizes[i][3]; y++)
                        CHECK_CASE(memcmp(got[c].px + y * got[c].stride,
                                          want[c].px + y * want[c].stride, sizes[i][2]) == 0,
                                   sets[s]);
                planes_free(got, channels);
            }
            planes_free(want, channels);
            free(in.px);
        }
}

/* ---- What must be exact ---- */

static void flat_stays_flat(void **state) {
    (void)state;
    static const uint32_t sizes[][4] = {
        {100, 80, 33, 27}, {7, 5, 7, 4},     {3000, 3, 20, 1},   {1, 1, 3, 1},        {5, 5, 9, 9},
        {65000, 2, 1, 1},  {2, 65000, 1, 1}, {401, 397, 17, 16}, {301, 299, 300, 298}};
    for (size_t s = 0; s < ARRAY_LEN(sets); s++)
        for (size_t i = 0; img_reduce_use(sets[s]) && i < ARRAY_LEN(sizes); i++)
            for (unsigned kind = 1; kind <= 6; kind++) { /* 5 and 6: with alpha, opaque */
                unsigned channels = kind < 5 ? kind : kind == 5 ? 2 : 4;
                static const uint8_t colors[4] = {200, 255, 1, 0};
                struct rows in = rows_new(sizes[i][0], sizes[i][1], channels);
                for (size_t k = 0; k < (size_t)in.width * in.height * channels; k++)
                    in.px[k] =
                        kind >= 5 && k % channels == channels - 1 ? 255 : colors[k % channels];
                struct img_plane out[4];
                reduce(&in, kind >= 5, whole(&in), sizes[i][2], sizes[i][3], out);
                for (unsigned c = 0; c < channels; c++)
                    for (uint32_t y = 0; y < out[c].height; y++)
                        for (uint32_t x = 0; x < out[c].width; x++)
                            CHECK_INT(px(&out[c], x, y), in.px[c]);
                planes_free(out, channels);
                free(in.px);
            }
}

/* Colours under what is transparent too; and the same of a part that is cut out. */
static void what_is_not_scaled_is_copied(void **state) {
    (void)state;
    for (unsigned kind = 1; kind <= 8; kind++) {
        unsigned channels = (kind - 1) % 4 + 1;
        bool alpha = kind > 4 && channels % 2 == 0;
        struct rows in = noisy(37, 23, channels);
        for (int part = 0; part <= 1; part++) {
            struct img_window w = {part * 5, part * 3, 37 - part * 9, 23 - part * 8};
            struct img_plane out[4];
            reduce(&in, alpha, w, (uint32_t)w.width, (uint32_t)w.height, out);
            for (unsigned c = 0; c < channels; c++)
                for (uint32_t y = 0; y < out[c].height; y++)
                    for (uint32_t x = 0; x < out[c].width; x++)
                        CHECK_INT(px(&out[c], x, y),
                                  at(&in, x + 5 * (uint32_t)part, y + 3 * (uint32_t)part)[c]);
            planes_free(out, channels);
        }
        free(in.px);
    }
}

/* ---- Alpha ---- */

static void transparent_pixels_do_not_bleed(void **state) {
    (void)state;
    struct rows in = rows_new(64, 64, 4);
    for (uint32_t i = 0; i < 64 * 64; i++) { /* left half opaque red, right half invisible green */
        static const uint8_t colors[2][4] = {{255, 0, 0, 255}, {0, 255, 0, 0}};
        memcpy(in.px + (size_t)4 * i, colors[i % 64 >= 32], 4);
    }
    static const uint32_t sides[] = {4, 23, 63, 100};
    for (size_t s = 0; s < ARRAY_LEN(sides); s++) {
        struct img_plane out[4];
        reduce(&in, true, whole(&in), sides[s], sides[s], out);
        for (uint32_t x = 0; x < sides[s]; x++) {
            bool shown = px(&out[3], x, 1) > 0;
            CHECK_INT(px(&out[0], x, 1), shown ? 255 : 0);
            CHECK_INT(px(&out[1], x, 1), 0);
        }
        CHECK_INT(px(&out[3], 0, 1), 255);
        CHECK_INT(px(&out[3], sides[s] - 1, 1), 0);
        planes_free(out, 4);
    }
    free(in.px);
}

/* Half transparent stays half transparent, and its colour what it was. */
static void color_survives_alpha(void **state) {
    (void)state;
    static const uint8_t pixels[][4] = {{200, 100, 50, 128},
                                        {10, 250, 130, 255},
                                        {90, 91, 92, 200},
                                        {255, 1, 77, 12}};
    for (size_t i = 0; i < ARRAY_LEN(pixels); i++)
        for (uint32_t side = 5; side <= 40; side *= 2) {
            struct rows in = rows_new(30, 30, 4);
            for (size_t k = 0; k < 900; k++)
                memcpy(in.px + 4 * k, pixels[i], 4);
            struct img_plane out[4];
            reduce(&in, true, whole(&in), side, side, out);
            for (unsigned c = 0; c < 4; c++)
                for (uint32_t k = 0; k < side; k++)
                    CHECK_INT(px(&out[c], k, k), pixels[i][c]);
            planes_free(out, 4);
            free(in.px);
        }
}

/* ---- Whole pictures ---- */

/* Red and blue rise with x and y, as far as the plane's samples stand for places of the picture. */
static uint8_t ramp(uint32_t i, double of_one, double shift, double length) {
    return (uint8_t)lrint(20 + 200 * ((i + 0.5) * of_one + shift) / length);
}

static void fill_ramps(struct img_planes *p) {
    for (unsigned c = 0; c < 3; c++)
        for (uint32_t y = 0; y < p->plane[c].height; y++)
            for (uint32_t x = 0; x < p->plane[c].width; x++)
                p->plane[c].px[y * p->plane[c].stride + x] =
                    c < 2 ? ramp(x, p->plane[c].width < p->width ? 2 : 1, 0, p->width)
                          : ramp(y, p->plane[c].height < p->height ? 2 : 1, 0, p->height);
}

/* Luma and both chromas stay where they are, whatever is halved before and afterwards, odd sides too. */
static void chroma_stays_in_place(void **state) {
    (void)state;
    static const uint32_t sizes[][4] = {{200, 160, 100, 80},
                                        {201, 161, 101, 81},
                                        {201, 161, 75, 60},
                                        {150, 121, 301, 241}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (unsigned subs = 0; subs < 16; subs++) {
            struct img_planes from, to;
            img_planes_init(&from, IMG_YCC, false, sizes[i][0], sizes[i][1], 1 + (subs & 1),
                            1 + (subs >> 1 & 1));
            img_planes_init(&to, IMG_YCC, false, sizes[i][2], sizes[i][3], 1 + (subs >> 2 & 1),
                            1 + (subs >> 3));
            fill_ramps(&from);
            img_resize_planes(&from, &(struct img_window){0, 0, sizes[i][0], sizes[i][1]}, &to);
            for (unsigned c = 0; c < 3; c++) {
                const struct img_plane *p = &to.plane[c];
                for (uint32_t y = 6; y + 6 < p->height; y++)
                    for (uint32_t x = 6; x + 6 < p->width; x++) {
                        int want = c < 2 ? ramp(x, p->width < to.width ? 2 : 1, 0, to.width)
                                         : ramp(y, p->height < to.height ? 2 : 1, 0, to.height);
                        CHECK_RANGE(px(p, x, y), want - 1, want + 1);
                    }
            }
            img_planes_deinit(&from);
            img_planes_deinit(&to);
        }
}

/* What is turned afterwards has the sample of chroma that stands for one column only at its end. */
static void windows_for_turning(void **state) {
    (void)state;
    struct img_planes to;
    img_planes_init(&to, IMG_YCC, false, 101, 51, 2, 2);
    struct img_window all = {0, 0, 1010, 510};
    static const struct {
        unsigned orientation, plane;
        double x, y, width, height;
    } cases[] = {{1, 0, 0, 0, 1010, 510}, {3, 0, 0, 0, 1010, 510},  {1, 1, 0, 0, 510, 260},
                 {2, 1, -5, 0, 510, 260}, {3, 2, -5, -5, 510, 260}, {4, 1, 0, -5, 510, 260},
                 {5, 1, 0, 0, 510, 260},  {6, 1, 0, -5, 510, 260},  {7, 1, -5, -5, 510, 260},
                 {8, 1, -5, 0, 510, 260}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool chroma = cases[i].plane > 0;
        struct img_window w =
            img_component_window(&all, 1010, 510, chroma ? 505 : 1010, chroma ? 255 : 510, &to,
                                 cases[i].plane, cases[i].orientation);
        CHECK(fabs(w.x - cases[i].x) < 1e-9 && fabs(w.y - cases[i].y) < 1e-9);
        CHECK(fabs(w.width - cases[i].width) < 1e-9 && fabs(w.height - cases[i].height) < 1e-9);
    }
    img_planes_deinit(&to);
}

/* A picture with alpha in planes is what its rows would have become. */
static void planes_with_alpha(void **state) {
    (void)state;
    struct rows in = noisy(60, 44, 4);
    struct img_planes from, to;
    struct img_plane want[4];
    img_planes_init(&from, IMG_RGB, true, 60, 44, 1, 1);
    img_planes_init(&to, IMG_RGB, true, 21, 17, 1, 1);
    for (unsigned c = 0; c < 4; c++)
        for (uint32_t i = 0; i < 60 * 44; i++)
            from.plane[c].px[i / 60 * from.plane[c].stride + i % 60] = in.px[(size_t)4 * i + c];
    struct img_window w = {3.5, 2, 50, 40};
    img_resize_planes(&from, &w, &to);
    reduce(&in, true, w, 21, 17, want);
    for (unsigned c = 0; c < 4; c++)
        for (uint32_t y = 0; y < 17; y++)
            CHECK_MEM(to.plane[c].px + y * to.plane[c].stride, want[c].px + y * want[c].stride, 21);
    planes_free(want, 4);
    img_planes_deinit(&from);
    img_planes_deinit(&to);
    free(in.px);
}

/* ---- Memory ---- */

static size_t allocated;
void *__real_mem_alloc(size_t n);
void *__real_mem_zalloc(size_t n);
void *__wrap_mem_alloc(size_t n);
void *__wrap_mem_zalloc(size_t n);
void *__wrap_mem_alloc(size_t n) {
    allocated += n;
    return __real_mem_alloc(n);
}
void *__wrap_mem_zalloc(size_t n) {
    allocated += n;
    return __real_mem_zalloc(n);
}

static void memory_is_what_was_said(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t width, height;
        unsigned channels;
        bool alpha;
        uint32_t to_width, to_height;
        uint64_t most; /* so many bytes may be said */
    } cases[] = {{"a camera's luma", 4288, 2848, 1, false, 1600, 1063, 600 << 10},
                 {"its chroma", 2144, 2848, 1, false, 800, 532, 500 << 10},
                 {"chroma that is enlarged", 800, 532, 1, false, 1600, 1063, 300 << 10},
                 {"with alpha", 4000, 3000, 4, true, 1600, 1200, 2 << 20},
                 {"the widest", 65500, 65500, 3, false, 1, 1, 8 << 20},
                 {"the widest with alpha", 65500, 65500, 4, true, 1, 1, 10 << 20},
                 {"the most lines", 65500, 65500, 4, true, 4100, 4100, 60 << 20},
                 {"nothing scaled", 8000, 8000, 4, true, 8000, 8000, 4 << 10}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct img_plane p = {NULL, cases[i].to_width, cases[i].to_height, 0};
        struct img_reduce_spec spec = {cases[i].width,
                                       cases[i].height,
                                       cases[i].channels,
                                       cases[i].alpha,
                                       {0, 0, cases[i].width, cases[i].height},
                                       {&p, &p, &p, &p}};
        uint64_t said = img_reduce_bytes(&spec);
        allocated = 0;
        img_reduce_free(img_reduce_new(&spec));
        CHECK_CASE(said <= cases[i].most, cases[i].name);
        CHECK_CASE(said >= allocated, cases[i].name);
        CHECK_CASE(said <= allocated + allocated / 4 + (16 << 10), cases[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_lanczos),
                                       cmocka_unit_test(every_set_gives_the_same_bytes),
                                       cmocka_unit_test(flat_stays_flat),
                                       cmocka_unit_test(what_is_not_scaled_is_copied),
                                       cmocka_unit_test(transparent_pixels_do_not_bleed),
                                       cmocka_unit_test(color_survives_alpha),
                                       cmocka_unit_test(chroma_stays_in_place),
                                       cmocka_unit_test(windows_for_turning),
                                       cmocka_unit_test(planes_with_alpha),
                                       cmocka_unit_test(memory_is_what_was_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
