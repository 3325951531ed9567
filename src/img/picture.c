/* img/picture: a reducer for each component between the decoder and the planes. */
#include "img/picture.h"

#include <string.h>

enum { COMPONENTS = 3 };

/* How a source becomes planes: the same for what is counted and what is done. */
struct plan {
    unsigned reduction;
    struct img_layout layout;
    uint32_t width, height; /* as stored */
    unsigned sub;           /* of chroma */
};

static struct plan plan_of(const struct img_picture_spec *spec) {
    const struct img_source *s = spec->source;
    bool turned = spec->orientation >= 5;
    struct plan p = {.width = turned ? spec->height : spec->width,
                     .height = turned ? spec->width : spec->height,
                     /* colours are converted where every sample has all of its own */
                     .sub = spec->color->job ? 1 : 2};
    p.reduction = s->decoder->reduction(s, p.width, p.height);
    s->decoder->layout(s, p.reduction, &p.layout);
    return p;
}

/* The reducer of component i, into the planes of `to`: one plane, or one for each interleaved channel. */
static struct img_reduce_spec reducer_of(const struct img_picture_spec *spec,
                                         const struct plan *plan, unsigned i,
                                         struct img_planes *to) {
    const struct img_head *head = &spec->source->head;
    const struct img_component *c = &plan->layout.of[i];
    struct img_window all = {0, 0, head->width, head->height};
    struct img_reduce_spec r = {.width = c->width,
                                .height = c->height,
                                .channels = c->channels,
                                .alpha = head->alpha,
                                .window =
                                    img_component_window(&all, head->width, head->height, c->across,
                                                         c->down, to, i, spec->orientation)};
    for (unsigned k = 0; k < c->channels; k++)
        r.out[k] = &to->plane[i + k];
    return r;
}

uint64_t img_picture_need(const struct img_picture_spec *spec) {
    struct plan plan = plan_of(spec);
    const struct img_head *head = &spec->source->head;
    struct img_planes shape;
    img_planes_shape(&shape, head->space, head->alpha, plan.width, plan.height, plan.sub, plan.sub);
    uint64_t bytes =
        img_planes_bytes(head->space, head->alpha, plan.width, plan.height, plan.sub, plan.sub) +
        spec->source->decoder->need(spec->source, plan.reduction);
    for (unsigned i = 0; i < plan.layout.n; i++) {
        struct img_reduce_spec r = reducer_of(spec, &plan, i, &shape);
        bytes += img_reduce_bytes(&r);
    }
    return bytes;
}

static void on_row(void *ctx, unsigned of, const uint8_t *row) {
    struct img_reduce **reducers = ctx;
    img_reduce_row(reducers[of], row);
}

int img_picture_decode(const struct img_picture_spec *spec, uint64_t memory, struct img_planes *ret,
                       struct img_outcome *ret_outcome, char reason[IMG_REASON_MAX]) {
    struct plan plan = plan_of(spec);
    const struct img_decoder *decoder = spec->source->decoder;
    const struct img_head *head = &spec->source->head;
    struct img_reduce *reducers[COMPONENTS] = {NULL};
    uint64_t decoder_need = decoder->need(spec->source, plan.reduction);
    uint64_t others = img_picture_need(spec) - decoder_need;
    img_planes_init(ret, head->space, head->alpha, plan.width, plan.height, plan.sub, plan.sub);
    for (unsigned i = 0; i < plan.layout.n; i++) {
        struct img_reduce_spec r = reducer_of(spec, &plan, i, ret);
        reducers[i] = img_reduce_new(&r);
    }
    int r = decoder->decode(spec->source, plan.reduction, memory - others, on_row, reducers,
                            ret_outcome, reason);
    for (unsigned i = 0; i < plan.layout.n; i++)
        img_reduce_free(reducers[i]);
    return r;
}

/* ---- Upright, in colour ---- */
static bool is_opaque(const struct img_plane *alpha) {
    for (uint32_t y = 0; y < alpha->height; y++) {
        const uint8_t *row = alpha->px + y * alpha->stride;
        uint8_t all = 255;
        for (uint32_t x = 0; x < alpha->width; x++)
            all &= row[x];
        if (all != 255)
            return false;
    }
    return true;
}

static void drop_alpha(struct img_planes *p) {
    struct img_plane *alpha = &p->plane[p->n - 1];
    free(alpha->px);
    *alpha = (struct img_plane){0};
    p->alpha = false;
    p->n--;
}

void img_picture_finish(const struct img_picture_spec *spec, struct img_planes *picture) {
    if (picture->alpha && is_opaque(&picture->plane[picture->n - 1]))
        drop_alpha(picture);
    img_planes_orient(picture, spec->orientation);
    if (spec->color->job && picture->space == IMG_YCC)
        img_ycc_to_rgb(picture);
    img_color_apply(spec->color, picture);
    if (picture->space == IMG_RGB && !picture->alpha) {
        struct img_planes ycc;
        img_rgb_to_ycc(picture, &ycc);
        img_planes_deinit(picture);
        *picture = ycc;
    }
}
