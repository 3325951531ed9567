/* img/fit: sizes of derivatives, and what of the picture they show. */
#include "cm.h"

#include "img/fit.h"

#include <math.h>

#define IN(width, height)                                                                          \
    { width, height, IMGJOB_INSIDE, 80 }
#define COVER(width, height)                                                                       \
    { width, height, IMGJOB_COVER, 80 }
#define EXACT(width, height)                                                                       \
    { width, height, IMGJOB_EXACT, 80 }

static void sizes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t width, height;
        struct imgjob_wish wish;
        uint32_t drawn[2], canvas[2];
        double part[4]; /* x, y, width, height */
    } cases[] = {
        {"to 1600", 3000, 2000, IN(1600, 1600), {1600, 1067}, {1600, 1067}, {0, 0, 3000, 2000}},
        {"to 800", 3000, 2000, IN(800, 800), {800, 533}, {800, 533}, {0, 0, 3000, 2000}},
        {"to 200", 3000, 2000, IN(200, 200), {200, 133}, {200, 133}, {0, 0, 3000, 2000}},
        {"half is up", 2000, 1001, IN(1000, 1000), {1000, 501}, {1000, 501}, {0, 0, 2000, 1001}},
        {"upright", 2000, 3000, IN(1600, 1600), {1067, 1600}, {1067, 1600}, {0, 0, 2000, 3000}},
        {"a low box", 3000, 2000, IN(1600, 500), {750, 500}, {750, 500}, {0, 0, 3000, 2000}},
        {"a narrow box", 3000, 2000, IN(300, 1600), {300, 200}, {300, 200}, {0, 0, 3000, 2000}},
        {"never enlarged", 120, 80, IN(1600, 1600), {120, 80}, {120, 80}, {0, 0, 120, 80}},
        {"low, too wide", 900, 10, IN(300, 300), {300, 3}, {300, 3}, {0, 0, 900, 10}},
        {"never nothing", 16000, 3, IN(200, 200), {200, 1}, {200, 1}, {0, 0, 16000, 3}},
        {"one pixel", 1, 1, IN(200, 200), {1, 1}, {1, 1}, {0, 0, 1, 1}},
        {"a landscape", 3000, 2000, COVER(200, 200), {200, 200}, {200, 200}, {500, 0, 2000, 2000}},
        {"a portrait", 2000, 3000, COVER(200, 200), {200, 200}, {200, 200}, {0, 500, 2000, 2000}},
        {"fractions",
         300,
         200,
         COVER(200, 150),
         {200, 150},
         {200, 150},
         {50 / 3., 0, 800 / 3., 200}},
        {"the same shape", 300, 200, COVER(150, 100), {150, 100}, {150, 100}, {0, 0, 300, 200}},
        {"its size", 300, 200, COVER(300, 200), {300, 200}, {300, 200}, {0, 0, 300, 200}},
        {"smaller", 300, 100, COVER(200, 200), {100, 100}, {100, 100}, {100, 0, 100, 100}},
        {"whole samples", 101, 50, COVER(200, 200), {50, 50}, {50, 50}, {25, 0, 50, 50}},
        {"a thin box", 10, 20000, COVER(200, 1), {10, 1}, {10, 1}, {0, 9999, 10, 1}},
        {"exactly", 3000, 2000, EXACT(200, 200), {200, 200}, {200, 200}, {500, 0, 2000, 2000}},
        {"a canvas", 300, 100, EXACT(200, 200), {200, 100}, {200, 200}, {50, 0, 200, 100}},
        {"an icon", 32, 32, EXACT(300, 100), {32, 32}, {300, 100}, {0, 0, 32, 32}},
        {"all on a canvas", 100, 50, EXACT(200, 100), {100, 50}, {200, 100}, {0, 0, 100, 50}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct img_fit f = img_fit_of(cases[i].width, cases[i].height, &cases[i].wish);
        const double *part = cases[i].part;
        CHECK_CASE(f.width == cases[i].drawn[0] && f.height == cases[i].drawn[1], cases[i].name);
        CHECK_CASE(f.canvas_width == cases[i].canvas[0] && f.canvas_height == cases[i].canvas[1],
                   cases[i].name);
        const double got[4] = {f.part.x, f.part.y, f.part.width, f.part.height};
        for (int k = 0; k < 4; k++)
            CHECK_CASE(fabs(got[k] - part[k]) < 1e-9, cases[i].name);
        bool whole = part[2] == cases[i].width && part[3] == cases[i].height;
        CHECK_CASE(f.whole == whole, cases[i].name);
    }
}

/* What is cut out of the whole picture's reduction has its full size there. */
static void what_it_is_cut_from(void **state) {
    (void)state;
    static const struct {
        uint32_t width, height;
        struct imgjob_wish wish;
        uint32_t full_width, full_height;
    } cases[] = {
        {3000, 2000, IN(1600, 1600), 1600, 1067}, {3000, 2000, COVER(200, 200), 300, 200},
        {2000, 3000, EXACT(200, 200), 200, 300},  {300, 100, EXACT(200, 200), 300, 100},
        {3000, 2000, COVER(100, 333), 500, 333},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct img_fit f = img_fit_of(cases[i].width, cases[i].height, &cases[i].wish);
        CHECK_INT(f.full_width, cases[i].full_width);
        CHECK_INT(f.full_height, cases[i].full_height);
    }
}

/* Any picture, any box: not larger than either, not nothing, and what is shown lies inside of the picture. */
static void every_shape_is_sound(void **state) {
    (void)state;
    static const uint32_t sides[] = {1, 2, 3, 7, 100, 333, 4999, 16384, 65535};
    enum { N = ARRAY_LEN(sides) };
    for (size_t i = 0; i < (size_t)N * N * N * N * 3; i++) {
        uint32_t width = sides[i % N], height = sides[i / N % N];
        struct imgjob_wish wish = {sides[i / N / N % N], sides[i / N / N / N % N],
                                   (enum imgjob_fit)(i / N / N / N / N), 80};
        struct img_fit f = img_fit_of(width, height, &wish);
        CHECK(f.width >= 1 && f.height >= 1 && f.full_width >= 1 && f.full_height >= 1);
        CHECK(f.width <= width && f.height <= height && f.width <= wish.width &&
              f.height <= wish.height);
        CHECK(f.full_width <= width && f.full_height <= height);
        CHECK(f.canvas_width >= f.width && f.canvas_height >= f.height);
        CHECK(f.part.x >= 0 && f.part.y >= 0 && f.part.width > 0 && f.part.height > 0);
        CHECK(f.part.x + f.part.width <= width + 1e-6 && f.part.y + f.part.height <= height + 1e-6);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes),
                                       cmocka_unit_test(what_it_is_cut_from),
                                       cmocka_unit_test(every_shape_is_sound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
