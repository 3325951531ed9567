/*
 * draw-samples FOLDER: draws four sample pictures, so that the repository needs no binary files.
 *
 *   harbour.jpg   a landscape at dusk, with a camera's Exif in it, stored sideways (orientation 6)
 *   chart.png     an RGBA test chart
 *   portrait.jpg  a grey-scale oval, upright
 *   broken.jpg    harbour.jpg, cut off before its first scan: nothing of it can be decoded
 *
 * All by arithmetic on pixel positions; the same bytes on every run.
 */
#include <stdio.h> /* jpeglib.h wants it before */

#include <jpeglib.h>
#include <math.h>
#include <png.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef void paint_fn(double x, double y, uint8_t *pixel); /* x, y from 0 to 1 */

struct picture {
    unsigned width, height, channels;
    uint8_t *pixels;
};

static void *must(void *p) {
    if (!p) {
        fprintf(stderr, "draw-samples: out of memory\n");
        exit(1);
    }
    return p;
}

static struct picture paint(unsigned width, unsigned height, unsigned channels, paint_fn *fn) {
    struct picture p = {width, height, channels, must(malloc((size_t)width * height * channels))};
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++)
            fn((x + 0.5) / width, (y + 0.5) / height,
               p.pixels + ((size_t)y * width + x) * channels);
    return p;
}

static uint8_t level(double v) { return (uint8_t)(v < 0 ? 0 : v > 1 ? 255 : v * 255 + 0.5); }

static void set_rgb(uint8_t *p, double r, double g, double b) {
    p[0] = level(r);
    p[1] = level(g);
    p[2] = level(b);
}

/* A sky that darkens upwards, a sun, three ridges, and water that mirrors the sky in bands. */
static void harbour(double x, double y, uint8_t *p) {
    double horizon = 0.62,
           sky = y < horizon ? y / horizon : 1 - (y - horizon) / (1 - horizon) * 0.8;
    double r = 0.10 + 0.85 * sky * sky, g = 0.12 + 0.45 * sky * sky, b = 0.30 + 0.15 * sky;
    double sun = hypot((x - 0.68) * 1.5, y - 0.55);
    if (y < horizon)
        r += exp(-sun * 9) * 0.7, g += exp(-sun * 9) * 0.5, b += exp(-sun * 14) * 0.2;
    for (int i = 0; i < 3; i++) {
        double ridge = horizon - 0.16 + 0.05 * i + 0.04 * sin(x * (5 + 4 * i) + i) +
                       0.015 * sin(x * (31 + 9 * i));
        if (y > ridge && y < horizon)
            r = 0.22 - 0.06 * i, g = 0.18 - 0.05 * i, b = 0.30 - 0.07 * i;
    }
    if (y >= horizon) {
        double wave = 0.06 * sin((y - horizon) * 400 + 3 * sin(x * 20)) * (y - horizon) * 3;
        double glitter = exp(-fabs(x - 0.68) * 7) * 0.35;
        r += wave + glitter, g += wave + glitter * 0.6, b += wave;
    }
    set_rgb(p, r, g, b);
}

/* Painted as it would lie in the file of a camera held sideways. */
static void harbour_sideways(double x, double y, uint8_t *p) { harbour(1 - y, x, p); }

/* Hue rings with a transparent middle, and a grey wedge below. */
static void chart(double x, double y, uint8_t *p) {
    double dx = x - 0.5, dy = (y - 0.42) * 0.8, d = hypot(dx, dy), a = atan2(dy, dx);
    double ring = 0.5 + 0.5 * cos(d * 80);
    set_rgb(p, 0.5 + 0.5 * cos(a), 0.5 + 0.5 * cos(a - 2.1), 0.5 + 0.5 * cos(a + 2.1));
    p[3] = d < 0.08 ? 0 : d < 0.36 ? level(0.4 + 0.6 * ring) : 255;
    if (d >= 0.36)
        set_rgb(p, 0.95, 0.95, 0.93);
    if (y > 0.86) {
        double grey = floor(x * 16) / 15;
        set_rgb(p, grey, grey, grey);
    }
}

static void portrait(double x, double y, uint8_t *p) {
    double face = hypot((x - 0.5) / 0.24, (y - 0.40) / 0.27),
           body = hypot((x - 0.5) / 0.42, (y - 1.02) / 0.36);
    double v = 0.25 + 0.35 * y + 0.05 * sin(x * 7);
    if (body < 1)
        v = 0.16 + 0.10 * (1 - body);
    if (face < 1)
        v = 0.55 + 0.35 * sqrt(1 - face * face) * (0.6 + 0.4 * (0.7 - x));
    *p = level(v + 0.02 * sin(x * 900) * sin(y * 700));
}

/* ---- Exif: a little TIFF with a make, a model, an orientation and a date ---- */

enum { EXIF_SIZE = 160 };
static size_t exif(uint8_t out[EXIF_SIZE]) {
    static const char make[] = "Calotype", model[] = "Sample One", date[] = "2026:06:21 21:40:00";
    const struct {
        const char *text; /* type 2, or NULL for type 3 */
        uint16_t tag, value;
    } entries[] = {{make, 0x010f, 0}, {model, 0x0110, 0}, {NULL, 0x0112, 6}, {date, 0x0132, 0}};
    enum { N = sizeof entries / sizeof *entries, HEAD = 6, DATA = HEAD + 8 + 2 + N * 12 + 4 };
    memset(out, 0, EXIF_SIZE);
    static const uint8_t head[] = {'E', 'x', 'i', 'f', 0, 0, 'I', 'I', '*', 0, 8, 0, 0, 0};
    memcpy(out, head, sizeof head);
    out[14] = N;
    size_t at = DATA;
    for (size_t i = 0; i < N; i++) {
        uint8_t *e = out + HEAD + 8 + 2 + i * 12;
        size_t n = entries[i].text ? strlen(entries[i].text) + 1 : 1;
        e[0] = (uint8_t)entries[i].tag, e[1] = (uint8_t)(entries[i].tag >> 8);
        e[2] = entries[i].text ? 2 : 3;
        e[4] = (uint8_t)n;
        if (!entries[i].text) {
            e[8] = (uint8_t)entries[i].value;
            continue;
        }
        e[8] = (uint8_t)(at - HEAD);
        memcpy(out + at, entries[i].text, n);
        at += n;
    }
    return at;
}

/* ---- Files ---- */

static FILE *create(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f) {
        fprintf(stderr, "draw-samples: cannot write %s\n", path);
        exit(1);
    }
    return f;
}

static void finish(FILE *f) {
    if (fclose(f) != 0) {
        fprintf(stderr, "draw-samples: cannot write a picture\n");
        exit(1);
    }
}

/* libjpeg's default error handler prints and exits, which is what is wanted here. */
static void write_jpeg(const char *folder, const char *name, const struct picture *p,
                       bool with_exif) {
    FILE *f = create(folder, name);
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, f);
    c.image_width = p->width;
    c.image_height = p->height;
    c.input_components = (int)p->channels;
    c.in_color_space = p->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 88, TRUE);
    jpeg_start_compress(&c, TRUE);
    uint8_t segment[EXIF_SIZE];
    if (with_exif)
        jpeg_write_marker(&c, JPEG_APP0 + 1, segment, (unsigned)exif(segment));
    while (c.next_scanline < c.image_height) {
        JSAMPROW row = p->pixels + (size_t)c.next_scanline * p->width * p->channels;
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    finish(f);
}

static void write_png(const char *folder, const char *name, const struct picture *p) {
    FILE *f = create(folder, name);
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = p->width,
                       .height = p->height,
                       .format = PNG_FORMAT_RGBA};
    if (!png_image_write_to_stdio(&image, f, 0, p->pixels, 0, NULL)) {
        fprintf(stderr, "draw-samples: %s\n", image.message);
        exit(1);
    }
    finish(f);
}

/* The first bytes of a picture: its headers are there, its scan is not. */
static void write_cut(const char *folder, const char *name, const char *of) {
    char path[4096], bytes[400];
    snprintf(path, sizeof path, "%s/%s", folder, of);
    FILE *in = fopen(path, "rb");
    size_t n = in ? fread(bytes, 1, sizeof bytes, in) : 0;
    if (in)
        fclose(in);
    FILE *f = create(folder, name);
    fwrite(bytes, 1, n, f);
    finish(f);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: draw-samples FOLDER\n");
        return 2;
    }
    struct picture a = paint(1280, 1920, 3, harbour_sideways), b = paint(1200, 900, 4, chart),
                   c = paint(1000, 1400, 1, portrait);
    write_jpeg(argv[1], "harbour.jpg", &a, true);
    write_png(argv[1], "chart.png", &b);
    write_jpeg(argv[1], "portrait.jpg", &c, false);
    write_cut(argv[1], "broken.jpg", "harbour.jpg");
    free(a.pixels);
    free(b.pixels);
    free(c.pixels);
    return 0;
}
