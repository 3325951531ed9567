/* img/light: curves, primaries and white points. */
#include "img/light.h"

#include "base/own.h"

#include <math.h>
#include <string.h>

/* ---- Curves ---- */

const struct img_curve img_curve_srgb = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0, 0};

/* A negative base has no power, and NaN comes out of nothing else; both are darkness. */
double img_curve_at(const struct img_curve *k, double x) {
    double base = k->a * x + k->b;
    double y = x >= k->d ? (base > 0 ? pow(base, k->g) : 0) + k->e : k->c * x + k->f;
    return y > 1 ? 1 : y > 0 ? y : 0;
}

void img_light_curve(struct img_light *light, const struct img_curve *curve) {
    for (int i = 0; i < 256; i++)
        light->curve[0][i] = img_curve_at(curve, i / 255.0);
    memcpy(light->curve[1], light->curve[0], sizeof light->curve[0]);
    memcpy(light->curve[2], light->curve[0], sizeof light->curve[0]);
}

/* ---- Matrices ---- */

static const double d50[3] = {0.9642, 1, 0.8249};
static const double bradford[3][3] = {
    {0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}};
const double img_primaries_srgb[8] = {0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06};

static void transform(const double m[3][3], const double v[3], double ret[3]) {
    for (int i = 0; i < 3; i++)
        ret[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
}

/* By cofactors; false where there is none. */
static bool invert(const double m[3][3], double ret[3][3]) {
    double c[3][3], det = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            int i1 = (i + 1) % 3, i2 = (i + 2) % 3, k1 = (k + 1) % 3, k2 = (k + 2) % 3;
            c[i][k] = m[i1][k1] * m[i2][k2] - m[i1][k2] * m[i2][k1];
        }
    for (int k = 0; k < 3; k++)
        det += m[0][k] * c[0][k];
    if (!(fabs(det) > 1e-6))
        return false;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            ret[i][k] = c[k][i] / det;
    return true;
}

bool img_light_adapt(struct img_light *light) {
    double white[3], cone[3], cone50[3], back[3][3];
    for (int i = 0; i < 3; i++)
        white[i] = light->xyz[0][i] + light->xyz[1][i] + light->xyz[2][i];
    transform(bradford, white, cone);
    transform(bradford, d50, cone50);
    if (!invert(bradford, back) || !(cone[0] > 0.01) || !(cone[1] > 0.01) || !(cone[2] > 0.01))
        return false;
    for (int c = 0; c < 3; c++) {
        double v[3];
        transform(bradford, light->xyz[c], v);
        for (int i = 0; i < 3; i++)
            v[i] *= cone50[i] / cone[i];
        transform(back, v, light->xyz[c]);
    }
    return true;
}

/* x, y: the colour of luminance 1. */
static void xyz_of(const double xy[2], double ret[3]) {
    ret[0] = xy[0] / xy[1];
    ret[1] = 1;
    ret[2] = (1 - xy[0] - xy[1]) / xy[1];
}

bool img_light_primaries(struct img_light *light, const double xy[8]) {
    double white[3], amount[3], columns[3][3], inverse[3][3];
    if (!(xy[1] > 0.01))
        return false;
    xyz_of(xy, white);
    for (size_t c = 0; c < 3; c++) {
        const double *of = xy + 2 + 2 * c;
        columns[0][c] = of[0];
        columns[1][c] = of[1];
        columns[2][c] = 1 - of[0] - of[1];
    }
    if (!invert(columns, inverse))
        return false;
    transform(inverse, white, amount);
    struct img_light made;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 3; i++)
            made.xyz[c][i] = amount[c] * columns[i][c];
    if (!img_light_adapt(&made))
        return false;
    memcpy(light->xyz, made.xyz, sizeof made.xyz);
    return true;
}

void img_light_to_srgb(const struct img_light *light, double ret[3][3]) {
    struct img_light srgb = {0};
    double columns[3][3], inverse[3][3] = {{0}};
    img_light_primaries(&srgb, img_primaries_srgb);
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < 3; c++)
            columns[i][c] = srgb.xyz[c][i];
    invert(columns, inverse);
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < 3; c++) {
            ret[i][c] = 0;
            for (int k = 0; k < 3; k++)
                ret[i][c] += inverse[i][k] * light->xyz[c][k];
        }
}

/* ---- H.273 ---- */

static const struct {
    uint8_t code;
    double xy[8];
} primaries[] = {
    {1, {0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060}},  /* BT.709, sRGB */
    {4, {0.3100, 0.3160, 0.670, 0.330, 0.210, 0.710, 0.140, 0.080}},  /* BT.470 M */
    {5, {0.3127, 0.3290, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060}},  /* BT.601, 625 lines */
    {6, {0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070}},  /* BT.601, 525 lines */
    {7, {0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070}},  /* SMPTE 240M */
    {8, {0.3100, 0.3160, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049}},  /* film */
    {9, {0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046}},  /* BT.2020, BT.2100 */
    {10, {1 / 3.0, 1 / 3.0, 1, 0, 0, 1, 0, 0}},                       /* XYZ */
    {11, {0.3140, 0.3510, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060}}, /* DCI P3 */
    {12, {0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060}}, /* Display P3 */
    {22, {0.3127, 0.3290, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077}}, /* EBU 3213 */
};

#define BT709                                                                                      \
    { 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081, 0, 0 }
#define POWER(g)                                                                                   \
    { g, 1, 0, 0, 0, 0, 0 }
static const struct {
    uint8_t code;
    struct img_curve curve;
} transfers[] = {
    {1, BT709},
    {4, POWER(2.2)},
    {5, POWER(2.8)},
    {6, BT709},
    {7, {1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4.0, 0.0913, 0, 0}},
    {8, POWER(1)},
    {11, BT709}, /* xvYCC and BT.1361: their negative light is not in samples from 0 to 1 */
    {12, BT709},
    {13, {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0, 0}},
    {14, BT709},
    {15, BT709},
    {17, {2.6, 1.0338, 0, 0, 0, 0, 0}}, /* (52.37 / 48)^(1 / 2.6) */
};

/* Candela a square metre, at most 10,000: BT.2100, table 4. */
static double pq(double v) {
    const double m1 = 2610 / 16384.0, m2 = 2523 / 4096.0 * 128;
    const double c1 = 3424 / 4096.0, c2 = 2413 / 4096.0 * 32, c3 = 2392 / 4096.0 * 32;
    double p = pow(v, 1 / m2);
    return 10000 * pow(fmax(p - c1, 0) / (c2 - c3 * p), 1 / m1);
}

/* On a screen of 1,000, whose system gamma is 1.2: BT.2100, table 5. */
static double hlg(double v) {
    const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * log(4 * a);
    double scene = v <= 0.5 ? v * v / 3 : (exp((v - c) / a) + b) / 12;
    return 1000 * pow(scene, 1.2);
}
static const struct {
    uint8_t code;
    double (*light)(double);
} hdr[] = {{16, pq}, {18, hlg}};

/* Reinhard's curve: dark tones nearly as they are, 1,000 cd/m2 full. White is 203 (BT.2408). */
static double pressed(double candela) {
    double x = candela / 203, most = 1000 / 203.0;
    return fmin(1, x * (1 + x / (most * most)) / (1 + x));
}

static bool transfer_of(uint8_t code, struct img_light *ret, bool *ret_hdr) {
    *ret_hdr = false;
    for (size_t i = 0; i < ARRAY_LEN(transfers); i++)
        if (transfers[i].code == code) {
            img_light_curve(ret, &transfers[i].curve);
            return true;
        }
    for (size_t i = 0; i < ARRAY_LEN(hdr); i++)
        if (hdr[i].code == code) {
            for (int v = 0; v < 256 * 3; v++)
                ret->curve[v / 256][v % 256] = pressed(hdr[i].light(v % 256 / 255.0));
            return *ret_hdr = true;
        }
    return false;
}

/* Video's range: black is 16, white 235. */
static void narrow(struct img_light *light) {
    struct img_light full = *light;
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++) {
            double at = fmin(255, fmax(0, (v - 16) * 255 / 219.0));
            int low = (int)at, high = low < 255 ? low + 1 : low;
            light->curve[c][v] =
                full.curve[c][low] + (at - low) * (full.curve[c][high] - full.curve[c][low]);
        }
}

bool img_light_of_cicp(const uint8_t cicp[4], struct img_light *ret, bool *ret_hdr) {
    if (cicp[2] != 0 || cicp[3] > 1)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(primaries); i++)
        if (primaries[i].code == cicp[0] && img_light_primaries(ret, primaries[i].xy)) {
            if (!transfer_of(cicp[1], ret, ret_hdr))
                return false;
            if (!cicp[3])
                narrow(ret);
            return true;
        }
    return false;
}
