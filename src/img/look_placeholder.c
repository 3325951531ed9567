/* img/look: the BlurHash, after the algorithm published at blurha.sh. */
#include "img/look_priv.h"

#include "img/light.h"

#include <math.h>

enum { SIDE = LOOK_SIDE, ACROSS = 4, DOWN = 3, PARTS = ACROSS * DOWN };

static int to_srgb(double light) {
    light = light < 0 ? 0 : light > 1 ? 1 : light;
    return (int)lrint(255 *
                      (light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055));
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

/* Light of the whole samples: between them a straight line is near enough. */
static void fill_light(double table[257]) {
    for (int v = 0; v < 256; v++)
        table[v] = img_curve_at(&img_curve_srgb, v / 255.0);
    table[256] = 1;
}
static double light_of(const double table[257], double sample) {
    int whole = (int)sample;
    return table[whole] + (sample - whole) * (table[whole + 1] - table[whole]);
}

/* Every component of one channel: its light, weighted by the cosines. */
static void transform(const struct look_small *small, int channel, const double table[257],
                      const double across[][SIDE], const double down[][SIDE], double ret[PARTS]) {
    for (int k = 0; k < PARTS; k++)
        ret[k] = 0;
    for (unsigned y = 0; y < small->height; y++) {
        double light[SIDE];
        for (unsigned x = 0; x < small->width; x++)
            light[x] = light_of(table, small->rgb[channel][y][x]);
        for (int i = 0; i < ACROSS; i++) {
            double sum = 0;
            for (unsigned x = 0; x < small->width; x++)
                sum += light[x] * across[i][x];
            for (int j = 0; j < DOWN; j++)
                ret[j * ACROSS + i] += sum * down[j][y];
        }
    }
    for (int k = 0; k < PARTS; k++)
        ret[k] *= (k == 0 ? 1.0 : 2.0) / (small->width * small->height);
}

/*
 * Cosines at the middle of each part, as blurha.sh counts places: sample x of the picture is at x
 * / samples, its left edge.
 */
static void fill_basis(int n, unsigned parts, uint32_t samples, double ret[][SIDE]) {
    for (int i = 0; i < n; i++)
        for (unsigned x = 0; x < parts; x++)
            ret[i][x] = cos(M_PI * i * ((x + 0.5) / parts - 0.5 / samples));
}

/* Signed square root, nineteen steps. */
static int quantise(double v, double most) {
    double root = copysign(sqrt(fabs(v) / most), v);
    int q = (int)floor(root * 9 + 9.5);
    return q < 0 ? 0 : q > 18 ? 18 : q;
}

void img_look_placeholder(const struct look_small *small, uint32_t across, uint32_t down,
                          char out[IMG_BLURHASH_LEN + 1]) {
    double parts[3][PARTS], basis[ACROSS][SIDE], basis_down[DOWN][SIDE], table[257];
    double largest = 0;
    fill_light(table);
    fill_basis(ACROSS, small->width, across, basis);
    fill_basis(DOWN, small->height, down, basis_down);
    for (int c = 0; c < 3; c++) {
        transform(small, c, table, basis, basis_down, parts[c]);
        for (int k = 1; k < PARTS; k++)
            largest = fmax(largest, fabs(parts[c][k]));
    }
    char *at = out;
    int step = (int)fmax(0, fmin(82, floor(largest * 166 - 0.5)));
    double most = (step + 1) / 166.0;
    put_base83(&at, (ACROSS - 1) + (DOWN - 1) * 9, 1);
    put_base83(&at, step, 1);
    put_base83(&at, to_srgb(parts[0][0]) << 16 | to_srgb(parts[1][0]) << 8 | to_srgb(parts[2][0]),
               4);
    for (int k = 1; k < PARTS; k++)
        put_base83(&at,
                   quantise(parts[0][k], most) * 19 * 19 + quantise(parts[1][k], most) * 19 +
                       quantise(parts[2][k], most),
                   2);
    *at = '\0';
}
