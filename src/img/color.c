/* img/color: decides about a picture's colours, and converts them to sRGB. */
#include "img/color_priv.h"

#include "img/icc.h"

#include <math.h>

enum {
    FULL = 16384, /* light of 1, as an index: a step is a fifth of one of sRGB's darkest samples */
    SAME = 3,     /* converting that changes no sample by more than this is not worth it */
    CHUNK = 512,  /* samples of a row at a time */
};

struct img_color_job {
    bool apart; /* no channel depends on another: out[] is all, else light, matrix and encode */
    uint8_t out[3][256]; /* of a grey picture the first */
    float light[3][256];
    float matrix[3][3]; /* to FULL */
    uint8_t encode[FULL + 1];
};

/* ---- Making a job ---- */

/* Between two samples the border is the light halfway between them in sRGB. */
static void fill_encode(uint8_t encode[FULL + 1]) {
    int at = 0;
    for (int v = 0; v < 255; v++) {
        int end = (int)ceil(FULL * img_curve_at(&img_curve_srgb, (v + 0.5) / 255));
        memset(encode + at, v, (size_t)(end - at));
        at = end;
    }
    memset(encode + at, 255, (size_t)(FULL + 1 - at));
}

static uint8_t encoded(const struct img_color_job *job, double light) {
    return job->encode[(int)(fmin(1, fmax(0, light)) * FULL + 0.5)];
}

static void of_light(const struct img_light *light, bool grey, struct img_color_job *job) {
    double matrix[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    if (!grey)
        img_light_to_srgb(light, matrix);
    fill_encode(job->encode);
    job->apart = true;
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < 3; c++) {
            job->matrix[i][c] = (float)(matrix[i][c] * FULL);
            job->apart = job->apart && fabs(matrix[i][c] - (i == c)) < 0.5 / 1024;
        }
    for (int c = 0; c < (grey ? 1 : 3); c++)
        for (int v = 0; v < 256; v++) {
            job->light[c][v] = (float)light->curve[c][v];
            job->out[c][v] = encoded(job, light->curve[c][v]);
        }
}

/* ---- Converting ---- */

/* Eight at a time: loads and stores of single bytes are what this would spend its time with. */
static void lookup(const uint8_t table[256], uint8_t *px, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t from, to = 0;
        memcpy(&from, px + i, 8);
        for (int k = 0; k < 64; k += 8)
            to |= (uint64_t)table[from >> k & 255] << k;
        memcpy(px + i, &to, 8);
    }
    for (; i < n; i++)
        px[i] = table[px[i]];
}

/* px has n samples, a multiple of 8. */
static inline __attribute__((always_inline)) void to_light(const float table[256],
                                                           const uint8_t *px, float *restrict light,
                                                           size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        uint64_t from;
        memcpy(&from, px + i, 8);
        for (int k = 0; k < 8; k++)
            light[i + k] = table[from >> 8 * k & 255];
    }
}

static inline __attribute__((always_inline)) void mix(const float m[3], const float light[3][CHUNK],
                                                      uint16_t *restrict at, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float sum = light[0][i] * m[0] + light[1][i] * m[1] + light[2][i] * m[2] + 0.5F;
        sum = sum > 0 ? sum : 0;
        at[i] = (uint16_t)(int)(sum < FULL ? sum : FULL);
    }
}

static inline __attribute__((always_inline)) void to_samples(const uint8_t encode[FULL + 1],
                                                             const uint16_t *restrict at,
                                                             uint8_t *px, size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        uint64_t to = 0;
        for (int k = 0; k < 8; k++)
            to |= (uint64_t)encode[at[i + k]] << 8 * k;
        memcpy(px + i, &to, 8);
    }
}

/* In steps of their own, so that the middle one is done by vectors. */
static inline __attribute__((always_inline)) void chunk(const struct img_color_job *job,
                                                        uint8_t *px[3], size_t n) {
    float light[3][CHUNK];
    uint16_t at[CHUNK];
    for (int c = 0; c < 3; c++)
        to_light(job->light[c], px[c], light[c], n);
    for (int c = 0; c < 3; c++) {
        mix(job->matrix[c], light, at, n);
        to_samples(job->encode, at, px[c], n);
    }
}

static inline __attribute__((always_inline)) void row(const struct img_color_job *job,
                                                      uint8_t *px[3], size_t n) {
    size_t at = 0;
    for (; at + CHUNK <= n; at += CHUNK)
        chunk(job, (uint8_t *[3]){px[0] + at, px[1] + at, px[2] + at}, CHUNK);
    if (at < n) {
        uint8_t rest[3][CHUNK] = {{0}};
        for (int c = 0; c < 3; c++)
            memcpy(rest[c], px[c] + at, n - at);
        chunk(job, (uint8_t *[3]){rest[0], rest[1], rest[2]}, (n - at + 7) / 8 * 8);
        for (int c = 0; c < 3; c++)
            memcpy(px[c] + at, rest[c], n - at);
    }
}

static void row_plain(const struct img_color_job *job, uint8_t *px[3], size_t n) {
    row(job, px, n);
}
#if defined __x86_64__
__attribute__((target("avx2"))) static void row_avx2(const struct img_color_job *job,
                                                     uint8_t *px[3], size_t n) {
    row(job, px, n);
}
#else
#define row_avx2 row_plain
#endif
static void turn_row(const struct img_color_job *job, uint8_t *px[3], size_t n) {
    (img_color_avx2() ? row_avx2 : row_plain)(job, px, n);
}

/* Whether vectors are done without; a test's wish. */
static bool plain;

bool img_color_avx2(void) {
#if defined __x86_64__
    return !plain && __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

bool img_color_use(const char *name) {
    plain = strcmp(name, "avx2") != 0;
    return plain ? strcmp(name, "c") == 0 : img_color_avx2();
}

void img_color_apply(const struct img_color *c, struct img_planes *p) {
    if (!c->job)
        return;
    for (uint32_t y = 0; y < p->height; y++) {
        uint8_t *px[3];
        unsigned n = p->space == IMG_GRAY ? 1 : 3;
        for (unsigned i = 0; i < n; i++)
            px[i] = p->plane[i].px + p->plane[i].stride * y;
        if (c->job->apart)
            for (unsigned i = 0; i < n; i++)
                lookup(c->job->out[i], px[i], p->width);
        else
            turn_row(c->job, px, p->width);
    }
}

/* ---- Deciding ---- */

/*
 * Whether converting changes next to nothing: told by what it does to colours from all over the
 * cube.
 */
static bool is_srgb(const struct img_color_job *job, bool grey) {
    enum { STEPS = 16, STEP = 17 };
    if (grey || job->apart) {
        for (int c = 0; c < (grey ? 1 : 3); c++)
            for (int v = 0; v < 256; v++)
                if (abs(job->out[c][v] - v) > SAME)
                    return false;
        return true;
    }
    for (int a = 0; a < STEPS * STEPS; a++) {
        uint8_t r[STEPS], g[STEPS], b[STEPS], *px[3] = {r, g, b};
        for (int i = 0; i < STEPS; i++) {
            r[i] = (uint8_t)(i * STEP);
            g[i] = (uint8_t)(a % STEPS * STEP);
            b[i] = (uint8_t)(a / STEPS * STEP);
        }
        turn_row(job, px, STEPS);
        for (int i = 0; i < STEPS; i++)
            if (abs(r[i] - i * STEP) > SAME || abs(g[i] - a % STEPS * STEP) > SAME ||
                abs(b[i] - a / STEPS * STEP) > SAME)
                return false;
    }
    return true;
}

/* A job for it; none where the samples are sRGB as they are. */
static struct img_color_job *job_of(const struct img_light *light, bool grey) {
    struct img_color_job *job = mem_new(struct img_color_job);
    of_light(light, grey, job);
    if (is_srgb(job, grey)) {
        free(job);
        return NULL;
    }
    return job;
}

static void choose_profile(const struct img_head *head, enum img_profiles wish,
                           struct img_color *ret) {
    bool grey = head->space == IMG_GRAY, cmyk = str_is(str_c(head->color_space), "CMYK");
    struct img_icc icc;
    bool sound = img_icc_read(buf_view(&head->icc), &icc);
    if (sound && cmyk && icc.space == IMG_ICC_CMYK) {
        ret->warnings = IMG_WARN_CMYK_PROFILE;
        return;
    }
    if (!sound || cmyk || icc.space != (grey ? IMG_ICC_GRAY : IMG_ICC_RGB)) {
        ret->warnings = IMG_WARN_PROFILE_DROPPED;
        return;
    }
    bool small = icc.whole.len > 0 && icc.whole.len <= IMG_ICC_KEEP_MAX, is_hdr = false;
    struct img_light said;
    bool has_said = icc.has_cicp && img_light_of_cicp(icc.cicp, &said, &is_hdr);
    if (has_said && (is_hdr || !icc.has_light)) {
        icc.light = said;
        icc.has_light = true;
    }
    if (icc.has_light && !(ret->job = job_of(&icc.light, grey)))
        return;
    if (small && (wish == IMG_PROFILES_KEEP || !ret->job)) {
        img_color_deinit(ret);
        ret->keep = icc.whole;
        ret->warnings = wish == IMG_PROFILES_KEEP ? 0 : IMG_WARN_PROFILE_UNKNOWN;
    } else if (ret->job) {
        ret->warnings = is_hdr ? IMG_WARN_HDR : 0;
    } else {
        ret->warnings = IMG_WARN_PROFILE_DROPPED;
    }
}

/*
 * gAMA, and cHRM where it makes sense; sRGB's primaries without. A power near enough to 2.2 is how
 * files from before sRGB say sRGB: browsers and libpng correct nothing within a twentieth. cHRM
 * alone says too little, as in browsers.
 */
static struct img_color_job *job_of_gama(const struct img_said *said, bool grey) {
    enum { UNIT = 100000, LEAST = UNIT / 20, MOST = UNIT * 20 };
    if (said->gama < LEAST || said->gama > MOST)
        return NULL;
    struct img_light light;
    double power = (double)UNIT / said->gama, xy[8];
    bool near = fabs(power / 2.2 - 1) < 0.05;
    const struct img_curve curve = {power, 1, 0, 0, 0, 0, 0};
    img_light_curve(&light, near ? &img_curve_srgb : &curve);
    for (int i = 0; i < 8; i++)
        xy[i] = said->chrm[i] / (double)UNIT;
    if (!said->has_chrm || !img_light_primaries(&light, xy))
        img_light_primaries(&light, img_primaries_srgb);
    return job_of(&light, grey);
}

void img_color_choose(const struct img_head *head, enum img_profiles wish, struct img_color *ret) {
    *ret = (struct img_color){0};
    const struct img_said *said = &head->said;
    bool grey = head->space == IMG_GRAY, is_hdr;
    struct img_light light;
    if (said->has_cicp && img_light_of_cicp(said->cicp, &light, &is_hdr)) {
        ret->job = job_of(&light, grey);
        ret->warnings = is_hdr ? IMG_WARN_HDR : 0;
    } else if (head->icc.len > 0) {
        choose_profile(head, wish, ret);
    } else if (said->has_gama && !said->has_srgb) {
        ret->job = job_of_gama(said, grey);
    }
}

void img_color_deinit(struct img_color *c) {
    free(c->job);
    *c = (struct img_color){0};
}
