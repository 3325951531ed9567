/*
 * img/derive: the worker's job from bytes to answer: the head and all decisions first, then memory, then pixels.
 */
#include "img/derive.h"

#include "base/clock.h"
#include "img/cascade.h"
#include "img/describe.h"
#include "img/kind.h"
#include "img/picture.h"

#include <inttypes.h>
#include <stdio.h>

/* Beside pixels: the program, its stack, what the heap wastes. */
enum { ASIDE = 12 << 20 };
/* Where there is no limit. */
static const uint64_t unlimited = 1ull << 46;

struct work {
    const struct imgjob_request *request;
    uint64_t memory;
    str file;
    struct img_sink *sink;
    bool unread; /* the sink takes no more */
    struct imgjob_result result;
    char reason[IMG_REASON_MAX];
    struct img_source *source;
    struct img_meta meta;
    struct img_color color;
    struct img_look look;
    struct img_described described;
    unsigned warnings;
};

static void reject(struct work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void reject(struct work *w, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(w->reason, sizeof w->reason, fmt, args);
    va_end(args);
    w->result.status = IMGJOB_REJECTED;
    w->result.reason = str_c(w->reason);
}

static uint64_t us_since(int64_t start) { return (uint64_t)(clock_mono_ns() - start) / 1000; }

/* ---- What it is ---- */
static const struct img_decoder *find_decoder(struct work *w) {
    bool is_text = false;
    const struct img_kind *kind = img_kind_of(w->file, &is_text);
    w->result.format = str_c(kind ? kind->name : "");
    if (kind && kind->decoder)
        return kind->decoder;
    if (w->file.len == 0)
        reject(w, "The file is empty");
    else if (kind)
        reject(w, "This is %s; JPEG and PNG pictures are processed", kind->article);
    else
        reject(w, is_text ? "Not an image: the file is text"
                          : "Not an image: the content is no known picture format");
    return NULL;
}

/* Opens it; whatever is known by then stands in the result. False: rejected. */
static bool read_head(struct work *w) {
    const struct img_decoder *decoder = find_decoder(w);
    if (!decoder)
        return false;
    char reason[IMG_REASON_MAX] = "";
    int r = decoder->open(w->file, &w->source, reason);
    if (w->source) {
        const struct img_head *head = &w->source->head;
        img_meta_read(head, &w->meta);
        img_color_choose(head, w->request->keep_profiles ? IMG_PROFILES_KEEP : IMG_PROFILES_CONVERT,
                         &w->color);
        img_describe(head, &w->meta, w->request->keep_gps, &w->result);
        w->warnings = head->warnings | w->meta.warnings | w->color.warnings;
    }
    if (r != 0)
        reject(w, "%s", reason);
    return r == 0;
}

/* ---- Whether it fits ---- */
static bool is_within_pixels(struct work *w) {
    const struct img_head *head = &w->source->head;
    if ((uint64_t)head->width * head->height <= w->request->max_pixels)
        return true;
    reject(w,
           "The picture claims %" PRIu32 " x %" PRIu32 " pixels; the limit is %" PRIu64 " pixels",
           head->width, head->height, w->request->max_pixels);
    return false;
}

static uint64_t megabytes(uint64_t bytes) { return (bytes + (1 << 20) - 1) >> 20; }

static bool is_within_memory(struct work *w, uint64_t need) {
    if (need <= w->memory)
        return true;
    reject(w,
           "The picture needs about %" PRIu64
           " MB of memory to decode; of the function's memory it may have %" PRIu64 " MB",
           megabytes(need), w->memory >> 20);
    w->result.status = IMGJOB_NO_ROOM;
    return false;
}

/* ---- Pixels and derivatives ---- */
static void send(struct work *w, const struct buf *message) {
    w->unread = w->unread || !w->sink->take(w->sink, buf_view(message));
}

static bool send_derivative(void *ctx, const struct imgjob_derivative *derivative, str body) {
    struct work *w = ctx;
    CLEANUP_DEINIT(buf) struct buf head = {0};
    imgjob_put_derivative(&head, derivative);
    send(w, &head);
    w->unread = w->unread || !w->sink->take(w->sink, body);
    return !w->unread;
}

static void run_cascade(struct work *w, const struct img_cascade *cascade,
                        struct img_planes *picture) {
    CLEANUP_DEINIT(buf) struct buf exif = {0};
    img_meta_tags(&w->meta, &exif);
    struct img_tags tags = {.icc = w->color.keep, .exif = buf_view(&exif)};
    struct img_cascade_job job = {.width = (uint32_t)w->result.width,
                                  .height = (uint32_t)w->result.height,
                                  .tags = &tags,
                                  .take = send_derivative,
                                  .ctx = w};
    struct img_cascade_times times = {0};
    img_cascade_run(cascade, &job, picture, &w->look, &times);
    w->result.resize_us += times.resize_us;
    w->result.encode_us += times.encode_us;
    img_describe_look(&w->look, &w->described, &w->result);
}

static void derive(struct work *w) {
    const struct img_head *head = &w->source->head;
    struct img_cascade cascade =
        img_cascade_of((uint32_t)w->result.width, (uint32_t)w->result.height, w->request);
    struct img_picture_spec spec = {w->source, &w->color, w->meta.orientation, cascade.width,
                                    cascade.height};
    uint64_t decoding = img_picture_need(&spec),
             after = img_cascade_bytes(&cascade, head->space, head->alpha),
             beside = ASIDE + w->file.len;
    if (!is_within_memory(w, beside + (decoding > after ? decoding : after)))
        return;
    CLEANUP_DEINIT(img_planes) struct img_planes picture = {0};
    struct img_outcome outcome = {0};
    char reason[IMG_REASON_MAX] = "";
    int64_t start = clock_mono_ns();
    int r = img_picture_decode(&spec, w->memory - beside, &picture, &outcome, reason);
    w->result.decode_us = us_since(start);
    w->result.truncated = outcome.truncated;
    w->warnings |= outcome.warnings;
    if (r != 0) {
        reject(w, "%s", reason);
        return;
    }
    start = clock_mono_ns();
    img_picture_finish(&spec, &picture);
    w->result.resize_us = us_since(start);
    run_cascade(w, &cascade, &picture);
}

static void process(struct work *w) {
    int64_t start = clock_mono_ns();
    bool go_on =
        is_within_memory(w, ASIDE + w->request->size) && read_head(w) && is_within_pixels(w);
    w->result.probe_us = us_since(start);
    if (go_on)
        derive(w);
}

bool img_file_fits(uint64_t memory_bytes, uint64_t size) {
    return size <= unlimited && ASIDE + size <= (memory_bytes ? memory_bytes : unlimited);
}

bool img_process(const struct imgjob_request *request, uint64_t memory_bytes, str file,
                 struct img_sink *sink) {
    CLEANUP_DEINIT(buf) struct buf last = {0};
    struct work w = {.request = request,
                     .memory = memory_bytes ? memory_bytes : unlimited,
                     .file = file,
                     .sink = sink,
                     .result = imgjob_result_none()};
    process(&w);
    img_describe_warnings(w.warnings, &w.described, &w.result);
    imgjob_put_result(&last, &w.result);
    send(&w, &last);
    img_described_deinit(&w.described);
    img_color_deinit(&w.color);
    if (w.source)
        w.source->decoder->close(w.source);
    return !w.unread;
}
