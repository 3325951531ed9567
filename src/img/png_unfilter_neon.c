/* img/png_unfilter: as png_unfilter_x86.c; every aarch64 processor has NEON. */
#include "img/png_unfilter_priv.h"

#if defined(__aarch64__)
#include <arm_neon.h>

/* A pixel in eight lanes; wide: 8 bytes, else 4. */
static inline uint8x8_t load(const uint8_t *p, bool wide) {
    if (wide)
        return vld1_u8(p);
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return vreinterpret_u8_u32(vdup_n_u32(v));
}
static inline void store(uint8_t *p, uint8x8_t v, bool wide) {
    if (wide) {
        vst1_u8(p, v);
        return;
    }
    uint32_t low = vget_lane_u32(vreinterpret_u32_u8(v), 0);
    memcpy(p, &low, sizeof low);
}

static inline void sub(unsigned bpp, const uint8_t *from, uint8_t *to, size_t n) {
    uint8x8_t left = vdup_n_u8(0);
    for (size_t i = 0; i < n; i += bpp) {
        left = vadd_u8(left, load(from + i, bpp > 4));
        store(to + i, left, bpp > 4);
    }
}

static inline void average(unsigned bpp, const uint8_t *from, const uint8_t *above, uint8_t *to,
                           size_t n) {
    uint8x8_t left = vdup_n_u8(0);
    for (size_t i = 0; i < n; i += bpp) {
        left = vadd_u8(vhadd_u8(left, load(above + i, bpp > 4)), load(from + i, bpp > 4));
        store(to + i, left, bpp > 4);
    }
}

static inline void paeth(unsigned bpp, const uint8_t *from, const uint8_t *above, uint8_t *to,
                         size_t n) {
    uint8x8_t left = vdup_n_u8(0), corner = left;
    for (size_t i = 0; i < n; i += bpp) {
        uint8x8_t over = load(above + i, bpp > 4);
        uint16x8_t by_left = vabdl_u8(over, corner), by_above = vabdl_u8(left, corner);
        uint16x8_t by_corner = vabdq_u16(vaddl_u8(left, over), vshll_n_u8(corner, 1));
        uint8x8_t above_wins = vmovn_u16(vcleq_u16(by_above, by_corner));
        uint8x8_t left_wins =
            vmovn_u16(vandq_u16(vcleq_u16(by_left, by_above), vcleq_u16(by_left, by_corner)));
        uint8x8_t nearest = vbsl_u8(left_wins, left, vbsl_u8(above_wins, over, corner));
        corner = over;
        left = vadd_u8(nearest, load(from + i, bpp > 4));
        store(to + i, left, bpp > 4);
    }
}

#define LOOPS(bpp)                                                                                 \
    static void sub_##bpp(const uint8_t *from, const uint8_t *, uint8_t *to, size_t n) {           \
        sub(bpp, from, to, n);                                                                     \
    }                                                                                              \
    static void average_##bpp(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t n) {  \
        average(bpp, from, above, to, n);                                                          \
    }                                                                                              \
    static void paeth_##bpp(const uint8_t *from, const uint8_t *above, uint8_t *to, size_t n) {    \
        paeth(bpp, from, above, to, n);                                                            \
    }
LOOPS(3)
LOOPS(4)
LOOPS(6)
LOOPS(8)

static bool always(void) { return true; }

#define OF_SIZES(name)                                                                             \
    { [3] = name##_3, [4] = name##_4, [6] = name##_6, [8] = name##_8 }
const struct img_png_loops img_png_loops[] = {
    {"neon", always, OF_SIZES(sub), OF_SIZES(average), OF_SIZES(paeth), {0}},
};
const size_t img_png_n_loops = 1;
#endif
