/* img/icc: the header, the table of tags, and the tags of a matrix profile. */
#include "img/icc.h"

#include "base/buf.h"

#include <math.h>

#define SIGN(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

enum {
    HEADER = 128,
    TAG = 12,       /* an entry of the table */
    TAGS_MAX = 256, /* that are looked at */
};

/*
 * Of a tag with this signature: its type's signature, and a cursor behind that and its four
 * reserved bytes.
 */
static uint32_t find(str bytes, uint32_t sign, struct cur *ret) {
    struct cur table = cur_of(str_skip(bytes, HEADER));
    uint32_t n = cur_u32(&table);
    *ret = (struct cur){STR_NONE, true};
    for (uint32_t i = 0; i < n && i < TAGS_MAX && table.s.len >= TAG; i++) {
        uint32_t is = cur_u32(&table), at = cur_u32(&table), size = cur_u32(&table);
        if (is != sign)
            continue;
        if (at > bytes.len || size > bytes.len - at)
            return 0;
        *ret = cur_of(str_slice(bytes, at, (size_t)at + size));
        uint32_t type = cur_u32(ret);
        cur_u32(ret);
        return type;
    }
    return 0;
}

static double fixed(struct cur *c) { return (int32_t)cur_u32(c) / 65536.0; }

/* ---- Curves ---- */

/* Points from 0 to 1 at equal distances, straight lines between them. */
static bool sampled(str points, double ret[256]) {
    size_t n = points.len / 2;
    const unsigned char *p = (const unsigned char *)points.p;
    for (int i = 0; i < 256; i++) {
        double at = i / 255.0 * (double)(n - 1);
        size_t low = (size_t)at, high = low + 1 < n ? low + 1 : low;
        double from = p[2 * low] << 8 | p[2 * low + 1], to = p[2 * high] << 8 | p[2 * high + 1];
        ret[i] = (from + (at - (double)low) * (to - from)) / 65535;
    }
    return true;
}

static bool formula(const struct img_curve *curve, double ret[256]) {
    for (int i = 0; i < 256; i++)
        ret[i] = img_curve_at(curve, i / 255.0);
    return true;
}

static bool curve_type(struct cur *c, double ret[256]) {
    uint32_t n = cur_u32(c);
    if (n > 1) {
        str points = cur_take(c, (size_t)n * 2);
        return !c->bad && sampled(points, ret);
    }
    struct img_curve power = {n == 0 ? 1 : cur_u16(c) / 256.0, 1, 0, 0, 0, 0, 0};
    return !c->bad && formula(&power, ret);
}

/* ICC.1:2022, table 68: how many numbers each function has. */
static bool parametric_type(struct cur *c, double ret[256]) {
    static const uint8_t numbers[] = {1, 3, 4, 5, 7};
    uint16_t function = cur_u16(c);
    cur_u16(c);
    if (function >= ARRAY_LEN(numbers))
        return false;
    double v[7] = {0};
    for (int i = 0; i < numbers[function]; i++)
        v[i] = fixed(c);
    double start = v[1] != 0 ? -v[2] / v[1] : 0; /* of functions 1 and 2, which are flat below */
    const struct img_curve curves[] = {
        {v[0], 1, 0, 0, 0, 0, 0},
        {v[0], v[1], v[2], 0, start, 0, 0},
        {v[0], v[1], v[2], 0, start, v[3], v[3]},
        {v[0], v[1], v[2], v[3], v[4], 0, 0},
        {v[0], v[1], v[2], v[3], v[4], v[5], v[6]},
    };
    return !c->bad && formula(&curves[function], ret);
}

static bool read_curve(str bytes, uint32_t sign, double ret[256]) {
    struct cur c;
    uint32_t type = find(bytes, sign, &c);
    return type == SIGN('c', 'u', 'r', 'v')   ? curve_type(&c, ret)
           : type == SIGN('p', 'a', 'r', 'a') ? parametric_type(&c, ret)
                                              : false;
}

/* ---- What the picture's channels are ---- */

/*
 * Colorants are under D50. A profile that was made without knowing this has them under the
 * screen's white; white would come out blue, so they are adapted. How near to D50 they are in
 * sound profiles: as qcms asks.
 */
static bool is_adapted(const struct img_light *light) {
    static const double white[3] = {0.9642, 1, 0.8249}, off[3] = {0.02, 0.02, 0.04};
    for (int i = 0; i < 3; i++)
        if (!(fabs(light->xyz[0][i] + light->xyz[1][i] + light->xyz[2][i] - white[i]) <= off[i]))
            return false;
    return true;
}

static bool read_rgb(str bytes, struct img_light *ret) {
    static const char names[] = "rgb";
    for (int i = 0; i < 3; i++) {
        struct cur c;
        if (find(bytes, SIGN(names[i], 'X', 'Y', 'Z'), &c) != SIGN('X', 'Y', 'Z', ' '))
            return false;
        for (int k = 0; k < 3; k++)
            ret->xyz[i][k] = fixed(&c);
        if (c.bad || !read_curve(bytes, SIGN(names[i], 'T', 'R', 'C'), ret->curve[i]))
            return false;
    }
    return is_adapted(ret) || img_light_adapt(ret);
}

/* Where colours are connected by Lab the curve gives lightness. */
static bool read_gray(str bytes, bool lab, struct img_light *ret) {
    if (!read_curve(bytes, SIGN('k', 'T', 'R', 'C'), ret->curve[0]))
        return false;
    for (int i = 0; i < 256 && lab; i++) {
        double l = ret->curve[0][i] * 100, f = (l + 16) / 116;
        ret->curve[0][i] = f > 6 / 29.0 ? f * f * f : l * 27 / 24389;
    }
    return true;
}

/* Of a device or a space; links, effects and named colours describe no picture. */
static bool is_of_images(uint32_t class) {
    return class == SIGN('s', 'c', 'n', 'r') || class == SIGN('m', 'n', 't', 'r') ||
           class == SIGN('p', 'r', 't', 'r') || class == SIGN('s', 'p', 'a', 'c');
}

bool img_icc_read(str bytes, struct img_icc *ret) {
    *ret = (struct img_icc){0};
    struct cur header = cur_of(bytes);
    uint32_t size = cur_u32(&header);
    cur_take(&header, 8); /* the maker's mark, the version */
    uint32_t class = cur_u32(&header);
    ret->space = cur_u32(&header);
    uint32_t connection = cur_u32(&header);
    cur_take(&header, 12);
    if (cur_u32(&header) != SIGN('a', 'c', 's', 'p') || header.bad || !is_of_images(class) ||
        size < HEADER + 4)
        return false;
    if (size <= bytes.len)
        ret->whole = bytes = str_slice(bytes, 0, size);

    struct cur c;
    ret->has_lut = find(bytes, SIGN('A', '2', 'B', '0'), &c) != 0;
    if (find(bytes, SIGN('c', 'i', 'c', 'p'), &c) == SIGN('c', 'i', 'c', 'p')) {
        for (int i = 0; i < 4; i++)
            ret->cicp[i] = cur_u8(&c);
        ret->has_cicp = !c.bad;
    }
    ret->has_light = ret->space == IMG_ICC_RGB ? read_rgb(bytes, &ret->light)
                     : ret->space == IMG_ICC_GRAY
                         ? read_gray(bytes, connection == SIGN('L', 'a', 'b', ' '), &ret->light)
                         : false;
    return ret->has_light || ret->has_lut || ret->has_cicp;
}
