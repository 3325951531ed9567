/* img/look: the perceptual hash and the BlurHash of a picture. */
#include "img/look.h"

#include "img/resize.h"

#include <math.h>

enum { SIDE = 32, LOW = 8, ACROSS = 4, DOWN = 3 };

static double luma(const uint8_t *p, unsigned channels) {
    return channels == 1 ? p[0] : 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
}

/* The 8 × 8 corner of the two-dimensional DCT-II. */
static void low_dct(const double grey[SIDE][SIDE], double ret[LOW][LOW]) {
    double basis[LOW][SIDE], rows[LOW][SIDE];
    for (int u = 0; u < LOW; u++)
        for (int x = 0; x < SIDE; x++)
            basis[u][x] = cos(M_PI * u * (2 * x + 1) / (2.0 * SIDE));
    for (int v = 0; v < LOW; v++)
        for (int x = 0; x < SIDE; x++) {
            rows[v][x] = 0;
            for (int y = 0; y < SIDE; y++)
                rows[v][x] += grey[y][x] * basis[v][y];
        }
    for (int v = 0; v < LOW; v++)
        for (int u = 0; u < LOW; u++) {
            ret[v][u] = 0;
            for (int x = 0; x < SIDE; x++)
                ret[v][u] += rows[v][x] * basis[u][x];
        }
}

/* The mean of the coefficients without the first, which only says how bright the picture is. */
uint64_t img_phash(const struct img_raster *raster) {
    struct img_raster small;
    img_resize(raster, SIDE, SIDE, &small);
    double grey[SIDE][SIDE], low[LOW][LOW];
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            grey[y][x] = luma(small.px + (size_t)(y * SIDE + x) * small.channels, small.channels);
    img_raster_deinit(&small);
    low_dct(grey, low);
    double mean = 0;
    for (int i = 1; i < LOW * LOW; i++)
        mean += low[i / LOW][i % LOW] / (LOW * LOW - 1);
    uint64_t hash = 0;
    for (int i = 0; i < LOW * LOW; i++)
        hash = hash << 1 | (low[i / LOW][i % LOW] > mean);
    return hash;
}

static double to_linear(uint8_t v) {
    double x = v / 255.0;
    return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

static int to_srgb(double x) {
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return (int)lrint(255 * (x <= 0.0031308 ? x * 12.92 : 1.055 * pow(x, 1 / 2.4) - 0.055));
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

static void component(const struct img_raster *r, int i, int j, double ret[3]) {
    ret[0] = ret[1] = ret[2] = 0;
    for (uint32_t y = 0; y < r->height; y++)
        for (uint32_t x = 0; x < r->width; x++) {
            double basis = cos(M_PI * i * x / r->width) * cos(M_PI * j * y / r->height);
            const uint8_t *p = r->px + ((size_t)y * r->width + x) * r->channels;
            for (int c = 0; c < 3; c++)
                ret[c] += basis * to_linear(p[r->channels == 1 ? 0 : c]);
        }
    double scale = (i == 0 && j == 0 ? 1.0 : 2.0) / ((double)r->width * r->height);
    for (int c = 0; c < 3; c++)
        ret[c] *= scale;
}

/* Signed square root, nineteen steps. */
static int quantise(double v, double most) {
    double root = copysign(sqrt(fabs(v) / most), v);
    int q = (int)floor(root * 9 + 9.5);
    return q < 0 ? 0 : q > 18 ? 18 : q;
}

void img_blurhash(const struct img_raster *raster, char out[IMG_BLURHASH_LEN + 1]) {
    struct img_raster small;
    uint32_t width, height;
    img_fit(raster->width, raster->height, SIDE, &width, &height);
    img_resize(raster, width, height, &small);
    double parts[DOWN * ACROSS][3], largest = 0;
    for (int k = 0; k < DOWN * ACROSS; k++) {
        component(&small, k % ACROSS, k / ACROSS, parts[k]);
        for (int c = 0; c < 3 && k > 0; c++)
            largest = fmax(largest, fabs(parts[k][c]));
    }
    img_raster_deinit(&small);

    char *at = out;
    int step = (int)fmax(0, fmin(82, floor(largest * 166 - 0.5)));
    put_base83(&at, (ACROSS - 1) + (DOWN - 1) * 9, 1);
    put_base83(&at, step, 1);
    put_base83(&at, to_srgb(parts[0][0]) << 16 | to_srgb(parts[0][1]) << 8 | to_srgb(parts[0][2]),
               4);
    double most = (step + 1) / 166.0;
    for (int k = 1; k < DOWN * ACROSS; k++)
        put_base83(&at,
                   quantise(parts[k][0], most) * 19 * 19 + quantise(parts[k][1], most) * 19 +
                       quantise(parts[k][2], most),
                   2);
    *at = '\0';
}
