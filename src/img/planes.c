/*
 * img/planes: memory of planes, and the eight orientations of Exif. Turning goes in squares of eight
 * samples, each in eight registers, so that rows and columns both stay in the cache.
 */
#include "img/planes.h"

#include <string.h>

enum { ROW_ALIGN = 64, SQUARE = 8 };

static uint32_t part(uint32_t side, unsigned sub) { return (side + sub - 1) / sub; }
static size_t stride_of(uint32_t width) {
    return ((size_t)width + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
}
static unsigned count(enum img_space space, bool alpha) {
    return (space == IMG_GRAY ? 1 : 3) + (alpha ? 1 : 0);
}
static bool is_chroma(enum img_space space, unsigned i) {
    return space == IMG_YCC && (i == 1 || i == 2);
}

static void shape_plane(struct img_plane *p, uint32_t width, uint32_t height) {
    *p = (struct img_plane){NULL, width, height, stride_of(width)};
}
static size_t bytes_of(const struct img_plane *p) { return p->stride * p->height + IMG_PLANE_PAD; }

void img_planes_shape(struct img_planes *p, enum img_space space, bool alpha, uint32_t width,
                      uint32_t height, unsigned sub_x, unsigned sub_y) {
    *p = (struct img_planes){space, alpha, count(space, alpha), width, height, {{0}}};
    for (unsigned i = 0; i < p->n; i++)
        shape_plane(&p->plane[i], is_chroma(space, i) ? part(width, sub_x) : width,
                    is_chroma(space, i) ? part(height, sub_y) : height);
}

void img_planes_init(struct img_planes *p, enum img_space space, bool alpha, uint32_t width,
                     uint32_t height, unsigned sub_x, unsigned sub_y) {
    img_planes_shape(p, space, alpha, width, height, sub_x, sub_y);
    for (unsigned i = 0; i < p->n; i++)
        p->plane[i].px = mem_zalloc(bytes_of(&p->plane[i]));
}

void img_planes_deinit(struct img_planes *p) {
    for (unsigned i = 0; i < p->n; i++)
        free(p->plane[i].px);
    *p = (struct img_planes){0};
}

uint64_t img_planes_bytes(enum img_space space, bool alpha, uint32_t width, uint32_t height,
                          unsigned sub_x, unsigned sub_y) {
    struct img_planes shape;
    img_planes_shape(&shape, space, alpha, width, height, sub_x, sub_y);
    uint64_t sum = 0;
    for (unsigned i = 0; i < shape.n; i++)
        sum += bytes_of(&shape.plane[i]);
    return sum;
}

/* ---- Turning ---- */

/* How an output position (x, y) of the turned picture reads the stored one. */
static const struct turn {
    bool swap, flip_x, flip_y;
} turns[] = {[2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true},
             [5] = {true, false, false}, [6] = {true, false, true}, [7] = {true, true, true},
             [8] = {true, true, false}};

void img_orientation_flips(unsigned orientation, bool *ret_x, bool *ret_y) {
    bool turned = orientation < ARRAY_LEN(turns);
    *ret_x = turned && turns[orientation].flip_x;
    *ret_y = turned && turns[orientation].flip_y;
}

static void reverse(const uint8_t *from, uint8_t *to, uint32_t n) {
    uint32_t i = 0;
    for (; i + SQUARE <= n; i += SQUARE) {
        uint64_t v;
        memcpy(&v, from + n - i - SQUARE, SQUARE);
        v = __builtin_bswap64(v);
        memcpy(to + i, &v, SQUARE);
    }
    for (; i < n; i++)
        to[i] = from[n - 1 - i];
}

static void flip(const struct img_plane *from, const struct turn *t, struct img_plane *to) {
    for (uint32_t y = 0; y < to->height; y++) {
        const uint8_t *in = from->px + (t->flip_y ? from->height - 1 - y : y) * from->stride;
        if (t->flip_x)
            reverse(in, to->px + y * to->stride, to->width);
        else
            memcpy(to->px + y * to->stride, in, to->width);
    }
}

/* Exchanges the squares of `size` samples that lie above and below the diagonal, of two rows. */
static inline void exchange(uint64_t *a, uint64_t *b, unsigned size, uint64_t mask) {
    uint64_t both = ((*a >> 8 * size) ^ *b) & mask;
    *b ^= both;
    *a ^= both << 8 * size;
}

/* Rows become columns ("Hacker's Delight", Warren, 7-3). The lowest byte of a row is its first. */
static inline void transpose(uint64_t row[SQUARE]) {
    for (unsigned i = 0; i < 4; i++)
        exchange(&row[i], &row[i + 4], 4, 0x00000000ffffffff);
    for (unsigned i = 0; i < 8; i++)
        if (!(i & 2))
            exchange(&row[i], &row[i + 2], 2, 0x0000ffff0000ffff);
    for (unsigned i = 0; i < 8; i += 2)
        exchange(&row[i], &row[i + 1], 1, 0x00ff00ff00ff00ff);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static inline uint64_t from_memory(uint64_t v) { return v; }
#else
static inline uint64_t from_memory(uint64_t v) { return __builtin_bswap64(v); }
#endif

/*
 * The square whose first output sample is (x, y). Output (x, y) is stored (sx, sy) = (y, x), each counted from
 * the other end where that side is flipped: then rows are taken from below, and their bytes reversed.
 */
static void turn_square(const struct img_plane *from, const struct turn *t, struct img_plane *to,
                        uint32_t x, uint32_t y) {
    uint64_t row[SQUARE];
    uint32_t sx = t->flip_x ? from->width - y - SQUARE : y;
    for (uint32_t i = 0; i < SQUARE; i++) {
        uint32_t sy = t->flip_y ? from->height - 1 - (x + i) : x + i;
        memcpy(&row[i], from->px + sy * from->stride + sx, SQUARE);
        row[i] = from_memory(row[i]);
        if (t->flip_x)
            row[i] = __builtin_bswap64(row[i]);
    }
    transpose(row);
    for (uint32_t i = 0; i < SQUARE; i++) {
        row[i] = from_memory(row[i]);
        memcpy(to->px + (y + i) * to->stride + x, &row[i], SQUARE);
    }
}

static void turn_rest(const struct img_plane *from, const struct turn *t, struct img_plane *to,
                      uint32_t x_begin, uint32_t y_begin, uint32_t y_end) {
    for (uint32_t y = y_begin; y < y_end; y++)
        for (uint32_t x = x_begin; x < to->width; x++) {
            uint32_t sx = t->flip_x ? from->width - 1 - y : y;
            uint32_t sy = t->flip_y ? from->height - 1 - x : x;
            to->px[y * to->stride + x] = from->px[sy * from->stride + sx];
        }
}

static void swap_sides(const struct img_plane *from, const struct turn *t, struct img_plane *to) {
    uint32_t whole_x = to->width / SQUARE * SQUARE, whole_y = to->height / SQUARE * SQUARE;
    for (uint32_t y = 0; y < whole_y; y += SQUARE)
        for (uint32_t x = 0; x < whole_x; x += SQUARE)
            turn_square(from, t, to, x, y);
    turn_rest(from, t, to, whole_x, 0, whole_y);
    turn_rest(from, t, to, 0, whole_y, to->height);
}

void img_planes_orient(struct img_planes *p, unsigned orientation) {
    if (orientation < 2 || orientation >= ARRAY_LEN(turns))
        return;
    const struct turn *t = &turns[orientation];
    for (unsigned i = 0; i < p->n; i++) {
        struct img_plane from = p->plane[i], *to = &p->plane[i];
        shape_plane(to, t->swap ? from.height : from.width, t->swap ? from.width : from.height);
        to->px = mem_zalloc(bytes_of(to));
        (t->swap ? swap_sides : flip)(&from, t, to);
        free(from.px);
    }
    if (t->swap) {
        uint32_t width = p->width;
        p->width = p->height;
        p->height = width;
    }
}
