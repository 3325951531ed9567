#pragma once
/*
 * tests/img/answers: what img_process says of a file, taken apart; derivatives as pictures again; and PNGs of a picture that
 * is told pixel by pixel.
 */
#include "cm.h"

#include "img/derive.h"
#include "img/kind.h"
#include "img/picture.h"
#include "img/png_builder.h"

/* All that was sent for a file; texts and bodies are views of it. */
struct answer {
    struct img_sink sink;
    struct buf sent;
    struct imgjob_result result;
    size_t n;
    struct {
        struct imgjob_derivative d;
        str body;
    } of[IMGJOB_MAX_DERIVATIVES]; /* by their wishes */
    uint32_t order[IMGJOB_MAX_DERIVATIVES];
};

static inline bool take(struct img_sink *sink, str bytes) {
    buf_str(&((struct answer *)sink)->sent, bytes);
    return true;
}

static inline void answer_deinit(struct answer *a) { buf_deinit(&a->sent); }

/* Derivatives, each wish at most once, then one result, and nothing behind it. */
static inline void ask_with(struct answer *a, const struct imgjob_request *request, uint64_t memory,
                            str file) {
    buf_deinit(&a->sent);
    *a = (struct answer){.sink = {take}};
    CHECK(img_process(request, memory, file, &a->sink));
    str left = buf_view(&a->sent);
    struct imgjob_message m = {0};
    for (;;) {
        ptrdiff_t head = imgjob_get_message(left, &m);
        CHECK(head > 0);
        left = str_skip(left, (size_t)head);
        if (m.is_result)
            break;
        uint32_t wish = m.derivative.wish;
        CHECK(wish < request->n && !a->of[wish].body.p && m.derivative.size <= left.len);
        a->order[a->n++] = wish;
        a->of[wish].d = m.derivative;
        a->of[wish].body = str_slice(left, 0, m.derivative.size);
        left = str_skip(left, m.derivative.size);
    }
    CHECK_INT(left.len, 0);
    a->result = m.result;
}
static inline void ask(struct answer *a, const struct imgjob_request *request, str file) {
    ask_with(a, request, 0, file);
}

/* To 160, 80 and 20 pixels. */
static inline void run(struct answer *a, str file) {
    static const struct imgjob_request request = {.max_pixels = 50000000,
                                                  .n = 3,
                                                  .wishes = {{160, 160, IMGJOB_INSIDE, 80},
                                                             {80, 80, IMGJOB_INSIDE, 80},
                                                             {20, 20, IMGJOB_INSIDE, 80}}};
    ask(a, &request, file);
}

/* All wishes were fulfilled. */
static inline void check_done(const struct answer *a, size_t n) {
    if (a->result.status != IMGJOB_DONE)
        CHECK_STR(a->result.reason, S(""));
    CHECK_INT(a->n, n);
}

static inline void check_size(const struct answer *a, size_t wish, uint32_t width,
                              uint32_t height) {
    CHECK_INT(a->of[wish].d.width, width);
    CHECK_INT(a->of[wish].d.height, height);
}

/* The samples of a derivative as they are stored: IMG_YCC with half of chroma, IMG_RGB, grey. */
static inline void decode_body(str body, struct img_planes *ret) {
    static const struct img_color as_it_is = {0};
    struct img_source *source = NULL;
    struct img_outcome outcome;
    char reason[IMG_REASON_MAX];
    bool is_text;
    const struct img_decoder *decoder = img_kind_of(body, &is_text)->decoder;
    CHECK_INT(decoder->open(body, &source, reason), 0);
    struct img_picture_spec spec = {source, &as_it_is, 1, source->head.width, source->head.height};
    CHECK_INT(img_picture_decode(&spec, 1 << 28, ret, &outcome, reason), 0);
    CHECK(!outcome.truncated && outcome.warnings == 0);
    decoder->close(source);
}

/* Samples of one place: of a grey picture one, else three; and alpha. */
static inline void samples_at(const struct img_planes *p, uint32_t x, uint32_t y, uint8_t ret[4]) {
    for (unsigned i = 0; i < p->n; i++) {
        bool chroma = p->space == IMG_YCC && (i == 1 || i == 2);
        const struct img_plane *plane = &p->plane[i];
        ret[i] = plane->px[(chroma ? y / 2 : y) * plane->stride + (chroma ? x / 2 : x)];
    }
}

/* Red, green and blue of one place of derivative `wish`, within `off`. */
static inline void check_color(const struct answer *a, size_t wish, uint32_t x, uint32_t y,
                               const int want[3], int off) {
    CLEANUP_DEINIT(img_planes) struct img_planes p = {0};
    uint8_t s[4];
    decode_body(a->of[wish].body, &p);
    samples_at(&p, x, y, s);
    int rgb[3] = {s[0], s[1], s[2]};
    if (p.space == IMG_GRAY)
        rgb[1] = rgb[2] = s[0];
    if (p.space == IMG_YCC) {
        rgb[0] = (int)(s[0] + 1.402 * (s[2] - 128));
        rgb[1] = (int)(s[0] - 0.344136 * (s[1] - 128) - 0.714136 * (s[2] - 128));
        rgb[2] = (int)(s[0] + 1.772 * (s[1] - 128));
    }
    for (int c = 0; c < 3; c++)
        CHECK_RANGE(rgb[c], want[c] - off, want[c] + off);
}

/* ---- PNGs: eight bits, one filterless row after the other ---- */
/* Writes the channels of one pixel. */
typedef void pixel_fn(uint32_t x, uint32_t y, uint8_t *out);

/* chunks: whole ones, between header and pixels. */
static inline void png_of(struct buf *out, uint32_t width, uint32_t height, unsigned type,
                          pixel_fn *pixel, str chunks) {
    CLEANUP_DEINIT(buf) struct buf rows = {0}, packed = {0};
    for (uint32_t y = 0; y < height; y++) {
        buf_u8(&rows, 0);
        for (uint32_t x = 0; x < width; x++) {
            uint8_t px[4];
            pixel(x, y, px);
            buf_add(&rows, px, png_channels(type));
        }
    }
    add_packed(&packed, buf_view(&rows), 6);
    add_signature(out);
    add_ihdr(out, width, height, 8, type, false);
    buf_str(out, chunks);
    add_idat(out, buf_view(&packed), 1000);
    add_chunk(out, "IEND", S(""));
}

/* A profile as PNG carries it. */
static inline void add_iccp(struct buf *out, str icc) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_add(&body, "p\0\0", 3);
    add_packed(&body, icc, 6);
    add_chunk(out, "iCCP", buf_view(&body));
}
