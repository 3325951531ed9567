/*
 * What making pictures smaller costs: CPU milliseconds of planes of a 12 MP camera picture, of RGB and RGBA
 * rows, of cascades and turns; by each set of inner loops that this machine has.
 *   resize_bench [PART [SET]]   PART: only the figures whose name has it; SET: only those loops
 */
#include "img/reduce.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { ROUNDS = 9, SMOOTH = 24 };

static const char *part = "";

static double cpu_ms(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

/* One picture: up to three components of rows. */
struct job {
    const char *name;
    uint32_t width, height;
    unsigned channels; /* of rows; 1: planes */
    bool alpha;
    unsigned sub_x, sub_y; /* of the planes that come in */
    uint32_t to_width, to_height;
};
static const struct job jobs[] = {
    {"12 MP 4:2:2 to 1600", 4288, 2848, 1, false, 2, 1, 1600, 1063},
    {"12 MP 4:2:0 to 1600", 4000, 3000, 1, false, 2, 2, 1600, 1200},
    {"22 MP 4:4:4 to 1600", 5760, 3840, 1, false, 1, 1, 1600, 1067},
    {"2144 to 1600", 2144, 1424, 1, false, 2, 1, 1600, 1063},
    {"1600 to 800", 1600, 1063, 1, false, 2, 2, 800, 532},
    {"800 to 200", 800, 532, 1, false, 2, 2, 200, 133},
    {"12 MP RGB rows to 1600", 4000, 3000, 3, false, 1, 1, 1600, 1200},
    {"12 MP RGBA rows to 1600", 4000, 3000, 4, true, 1, 1, 1600, 1200},
    {"RGBA planes 1600 to 800", 1600, 1200, 1, true, 1, 1, 800, 600},
    {"12 MP RGB rows to 200", 4000, 3000, 3, false, 1, 1, 200, 150},
};

static void run_rows(const struct job *j, const uint8_t *rows) {
    struct img_planes to;
    img_planes_init(&to, IMG_RGB, j->alpha, j->to_width, j->to_height, 1, 1);
    struct img_reduce_spec spec = {
        j->width,
        j->height,
        j->channels,
        j->alpha,
        {0, 0, j->width, j->height},
        {&to.plane[0], &to.plane[1], &to.plane[2], j->alpha ? &to.plane[3] : NULL}};
    CLEANUP(img_reduce) struct img_reduce *r = img_reduce_new(&spec);
    for (uint32_t y = 0; y < j->height; y++)
        img_reduce_row(r, rows + (size_t)y * j->width * j->channels);
    img_planes_deinit(&to);
}

static void run(const struct job *j, const uint8_t *rows, const struct img_planes *planes) {
    if (j->channels > 1) {
        run_rows(j, rows);
        return;
    }
    struct img_planes to;
    img_planes_init(&to, j->alpha ? IMG_RGB : IMG_YCC, j->alpha, j->to_width, j->to_height, 2, 2);
    img_resize_planes(planes, &(struct img_window){0, 0, j->width, j->height}, &to);
    img_planes_deinit(&to);
}

static void say(const struct job *j, const char *set) {
    struct img_planes planes = {0};
    size_t n = (size_t)j->width * j->height * j->channels;
    uint8_t *rows = mem_zalloc(n + IMG_PLANE_PAD);
    for (size_t i = 0; i < n; i++)
        rows[i] = (uint8_t)(i * i >> SMOOTH);
    img_planes_init(&planes, j->alpha ? IMG_RGB : IMG_YCC, j->alpha, j->width, j->height, j->sub_x,
                    j->sub_y);
    double least = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double begin = cpu_ms();
        run(j, rows, &planes);
        double took = cpu_ms() - begin;
        least = took < least ? took : least;
    }
    printf("%-26s %-7s %7.2f ms\n", j->name, set, least);
    img_planes_deinit(&planes);
    free(rows);
}

static void turns(void) {
    for (unsigned o = 2; o <= 8; o += 2) {
        struct img_planes p;
        double least = 1e9;
        img_planes_init(&p, IMG_YCC, false, 1600, 1063, 2, 2);
        for (int i = 0; i < ROUNDS; i++) {
            double begin = cpu_ms();
            img_planes_orient(&p, o);
            double took = cpu_ms() - begin;
            least = took < least ? took : least;
        }
        printf("turn 1600 from %u                   %7.2f ms\n", o, least);
        img_planes_deinit(&p);
    }
}

int main(int argc, char **argv) {
    static const char *const sets[] = {"c", "sse4.1", "avx2", "neon"};
    if (argc > 1)
        part = argv[1];
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
        for (size_t s = 0; s < ARRAY_LEN(sets); s++)
            if (strstr(jobs[i].name, part) && (argc < 3 || strcmp(argv[2], sets[s]) == 0) &&
                img_reduce_use(sets[s]))
                say(&jobs[i], sets[s]);
    if (strstr("turn", part))
        turns();
    return 0;
}
