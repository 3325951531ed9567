/* img/color: decides about a picture's colours, and converts them to sRGB. */
#include "img/color_priv.h"

#include "img/icc.h"

#include <math.h>
#if defined __x86_64__
#include <emmintrin.h>
#elif defined __ARM_NEON
#include <arm_neon.h>
#endif

enum {
    FULL = INT16_MAX,       /* light of 1 */
    STEPS = (FULL + 1) / 2, /* of light: a fifth of one between sRGB's darkest samples */
    LIGHT_MOST = 1 << 28,   /* of one channel: three of them can be added */
    SAME = 3,               /* converting that changes no sample by more is not worth it */
};

struct img_color_job {
    bool apart;          /* no channel depends on another: out[] is all, else mixed and encode */
    uint8_t out[3][256]; /* of a grey picture the first */
    /* What a sample of each channel adds to the linear red, green and blue of sRGB. */
    _Alignas(16) int32_t mixed[3][256][4];
    uint8_t encode[STEPS];
};

/* ---- Making a job ---- */

/* Between two samples the border is the light halfway between them in sRGB. */
static void fill_encode(uint8_t encode[STEPS]) {
    int at = 0;
    for (int v = 0; v < 255; v++) {
        double border = FULL * img_curve_at(&img_curve_srgb, (v + 0.5) / 255);
        int end = (int)ceil((border - 0.5) / 2); /* the middle of two amounts of light */
        memset(encode + at, v, (size_t)(end - at));
        at = end;
    }
    memset(encode + at, 255, (size_t)(STEPS - at));
}

static void of_light(const struct img_light *light, bool grey, struct img_color_job *job) {
    double matrix[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    if (!grey)
        img_light_to_srgb(light, matrix);
    fill_encode(job->encode);
    job->apart = true;
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < 3; c++)
            job->apart = job->apart && fabs(matrix[i][c] - (i == c)) < 0.5 / 1024;
    for (int c = 0; c < (grey ? 1 : 3); c++)
        for (int v = 0; v < 256; v++) {
            double full = FULL * light->curve[c][v];
            job->out[c][v] = job->encode[lrint(full) / 2];
            for (int i = 0; i < 3; i++)
                job->mixed[c][v][i] =
                    (int32_t)lrint(fmax(-LIGHT_MOST, fmin(LIGHT_MOST, full * matrix[i][c])));
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

/*
 * Linear red, green and blue of a colour as indices into encode, sixteen bits each, red the lowest.
 * All give the same.
 */
typedef uint64_t indices_fn(const struct img_color_job *job, uint8_t r, uint8_t g, uint8_t b);
#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t indices_plain(const struct img_color_job *job, uint8_t r, uint8_t g, uint8_t b) {
    uint64_t ret = 0;
    for (int i = 2; i >= 0; i--) {
        int32_t light = job->mixed[0][r][i] + job->mixed[1][g][i] + job->mixed[2][b][i];
        ret = ret << 16 | (uint32_t)(light < 0 ? 0 : light > FULL ? FULL : light) / 2;
    }
    return ret;
}

/* Made sixteen bits wide they are clipped at FULL. */
#if defined __x86_64__
INLINE uint64_t indices(const struct img_color_job *job, uint8_t r, uint8_t g, uint8_t b) {
    const __m128i *red = (const __m128i *)job->mixed[0][r],
                  *green = (const __m128i *)job->mixed[1][g],
                  *blue = (const __m128i *)job->mixed[2][b];
    __m128i light = _mm_add_epi32(_mm_add_epi32(*red, *green), *blue);
    light = _mm_max_epi16(_mm_packs_epi32(light, light), _mm_setzero_si128());
    return (uint64_t)_mm_cvtsi128_si64(_mm_srli_epi16(light, 1));
}
#elif defined __ARM_NEON && defined __aarch64__
INLINE uint64_t indices(const struct img_color_job *job, uint8_t r, uint8_t g, uint8_t b) {
    int32x4_t light = vaddq_s32(vld1q_s32(job->mixed[0][r]), vld1q_s32(job->mixed[1][g]));
    light = vaddq_s32(light, vld1q_s32(job->mixed[2][b]));
    int16x4_t clipped = vshr_n_s16(vmax_s16(vqmovn_s32(light), vdup_n_s16(0)), 1);
    return vget_lane_u64(vreinterpret_u64_s16(clipped), 0);
}
#else
#define indices indices_plain
#endif

INLINE void mix_by(const struct img_color_job *job, uint8_t *const px[3], size_t n,
                   indices_fn *of) {
    uint8_t *restrict r = px[0], *restrict g = px[1], *restrict b = px[2];
    for (size_t i = 0; i < n; i++) {
        uint64_t at = of(job, r[i], g[i], b[i]);
        r[i] = job->encode[(uint16_t)at];
        g[i] = job->encode[(uint16_t)(at >> 16)];
        b[i] = job->encode[(uint16_t)(at >> 32)];
    }
}
static void mix_plain(const struct img_color_job *job, uint8_t *const px[3], size_t n) {
    mix_by(job, px, n, indices_plain);
}
static void mix(const struct img_color_job *job, uint8_t *const px[3], size_t n) {
    mix_by(job, px, n, indices);
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
            (img_color_plain ? mix_plain : mix)(c->job, px, p->width);
    }
}

/* ---- Deciding ---- */

/*
 * Whether converting changes next to nothing: told by what it does to colours from all over the
 * cube.
 */
static bool is_srgb(const struct img_color_job *job, bool grey) {
    enum { SIDE = 16, STEP = 17 };
    if (grey || job->apart) {
        for (int c = 0; c < (grey ? 1 : 3); c++)
            for (int v = 0; v < 256; v++)
                if (abs(job->out[c][v] - v) > SAME)
                    return false;
        return true;
    }
    for (int a = 0; a < SIDE * SIDE; a++) {
        uint8_t r[SIDE], g[SIDE], b[SIDE], *px[3] = {r, g, b};
        for (int i = 0; i < SIDE; i++) {
            r[i] = (uint8_t)(i * STEP);
            g[i] = (uint8_t)(a % SIDE * STEP);
            b[i] = (uint8_t)(a / SIDE * STEP);
        }
        mix(job, px, SIDE);
        for (int i = 0; i < SIDE; i++)
            if (abs(r[i] - i * STEP) > SAME || abs(g[i] - a % SIDE * STEP) > SAME ||
                abs(b[i] - a / SIDE * STEP) > SAME)
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

/* The profile's own light, or H.273's where that says more: HDR, or where there is nothing else. */
static bool light_of(struct img_icc *icc, bool *ret_hdr) {
    struct img_light said;
    *ret_hdr = false;
    if (icc->has_cicp && img_light_of_cicp(icc->cicp, &said, ret_hdr) &&
        (*ret_hdr || !icc->has_light)) {
        icc->light = said;
        return true;
    }
    return icc->has_light;
}

/* Of a profile that is not for samples such as these. Grey is the same in sRGB as without it. */
static unsigned dropped(const struct img_icc *icc, bool grey, bool cmyk) {
    if (cmyk && icc->space == IMG_ICC_CMYK)
        return IMG_WARN_CMYK_PROFILE;
    if (!grey || icc->space != IMG_ICC_RGB || !icc->has_light)
        return IMG_WARN_PROFILE_DROPPED;
    struct img_color_job *job = job_of(&icc->light, false);
    free(job);
    return job ? IMG_WARN_PROFILE_DROPPED : 0;
}

static void choose_profile(const struct img_head *head, enum img_profiles wish,
                           struct img_color *ret) {
    bool grey = head->space == IMG_GRAY, cmyk = str_is(str_c(head->color_space), "CMYK"), is_hdr;
    struct img_icc icc;
    if (!img_icc_read(buf_view(&head->icc), &icc)) {
        ret->warnings = IMG_WARN_PROFILE_DROPPED;
        return;
    }
    if (cmyk || icc.space != (grey ? IMG_ICC_GRAY : IMG_ICC_RGB)) {
        ret->warnings = dropped(&icc, grey, cmyk);
        return;
    }
    bool has_light = light_of(&icc, &is_hdr);
    if (has_light && !(ret->job = job_of(&icc.light, grey)))
        return;
    bool small = icc.whole.len > 0 && icc.whole.len <= IMG_ICC_KEEP_MAX;
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
