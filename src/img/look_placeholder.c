/* img/look: the BlurHash, after the algorithm published at blurha.sh. */
#include "img/look_priv.h"

#include "img/light.h"

#include <math.h>

enum { SIDE = LOOK_SIDE, ACROSS = 4, DOWN = 3, PARTS = ACROSS * DOWN };

static int to_srgb(double light) {
    light = light < 0 ? 0 : light > 1 ? 1 : light;
    return (int)lrint(255 * (light <= 0.0031308 ? light * 12.92
                                                : 1.055 * pow(light, 1 / 2.4) - 0.055));
}

static void put_base83(char **at, int value, int digits) {
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "#$%*+,-.:;=?@[]^_{|}~";
    int weight = 1;
    for (int i = 1; i < digits; i++)
        weight *= 83;
    for (; weight > 0; weight /= 83)
        *(*at)++ = alphabet[value / weight % 83];
}

/*
 * The components of one channel, in light. A part of the small picture is seen at its middle, where blurha.sh has the
 * picture's own samples at their left edge: half a sample of a large picture is nothing.
 */
static void transform(const double channel[SIDE][SIDE], double ret[PARTS]) {
    double basis[ACROSS][SIDE], light[SIDE][SIDE];
    for (int i = 0; i < ACROSS; i++)
        for (int x = 0; x < SIDE; x++)
            basis[i][x] = cos(M_PI * i * (x + 0.5) / SIDE);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            light[y][x] = img_curve_at(&img_curve_srgb, channel[y][x] / 255);
    for (int k = 0; k < PARTS; k++) {
        double sum = 0;
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                sum += light[y][x] * basis[k % ACROSS][x] * basis[k / ACROSS][y];
        ret[k] = sum * (k == 0 ? 1.0 : 2.0) / (SIDE * SIDE);
    }
}

/* Signed square root, nineteen steps. */
static int quantise(double v, double most) {
    double root = copysign(sqrt(fabs(v) / most), v);
    int q = (int)floor(root * 9 + 9.5);
    return q < 0 ? 0 : q > 18 ? 18 : q;
}

void look_placeholder(const struct look_small *small, char out[IMG_BLURHASH_LEN + 1]) {
    double parts[3][PARTS], largest = 0;
    for (int c = 0; c < 3; c++) {
        transform(small->rgb[c], parts[c]);
        for (int k = 1; k < PARTS; k++)
            largest = fmax(largest, fabs(parts[c][k]));
    }
    char *at = out;
    int step = (int)fmax(0, fmin(82, floor(largest * 166 - 0.5)));
    double most = (step + 1) / 166.0;
    put_base83(&at, (ACROSS - 1) + (DOWN - 1) * 9, 1);
    put_base83(&at, step, 1);
    put_base83(&at,
               to_srgb(parts[0][0]) << 16 | to_srgb(parts[1][0]) << 8 | to_srgb(parts[2][0]), 4);
    for (int k = 1; k < PARTS; k++)
        put_base83(&at,
                   quantise(parts[0][k], most) * 19 * 19 + quantise(parts[1][k], most) * 19 +
                       quantise(parts[2][k], most),
                   2);
    *at = '\0';
}
