/*
 * imgjob/imgjob: writes and reads the messages; whatever is read is held against its bounds first.
 */
#include "imgjob/imgjob.h"

#include <errno.h>
#include <math.h>

static const char request_magic[4] = "CIQ1";
static const char reply_magic[4] = "CIR1";
enum { PREFIX = 8 }; /* magic and length */

static void put_head(struct buf *out, const char magic[4], const struct buf *fields) {
    buf_add(out, magic, 4);
    buf_u32(out, (uint32_t)fields->len);
    buf_add(out, fields->p, fields->len);
}

/* How long the head is; 0 while it is not all there; or -EBADMSG. */
static ptrdiff_t get_head(str bytes, const char magic[4], struct cur *ret_fields) {
    size_t seen = bytes.len < 4 ? bytes.len : 4;
    if (memcmp(bytes.p ? bytes.p : "", magic, seen) != 0)
        return -EBADMSG;
    struct cur c = cur_of(str_skip(bytes, 4));
    uint32_t length = cur_u32(&c);
    if (c.bad)
        return 0;
    if (length > IMGJOB_MAX_HEAD)
        return -EBADMSG;
    if (c.s.len < length)
        return 0;
    *ret_fields = cur_of(str_slice(c.s, 0, length));
    return PREFIX + (ptrdiff_t)length;
}

void imgjob_put_request(struct buf *out, const struct imgjob_request *request) {
    CLEANUP_DEINIT(buf) struct buf f = {0};
    buf_u64(&f, request->size);
    buf_u64(&f, request->max_pixels);
    buf_u8(&f, request->keep_gps);
    buf_u8(&f, (uint8_t)request->n);
    for (size_t i = 0; i < request->n; i++) {
        buf_u32(&f, request->wishes[i].edge);
        buf_u32(&f, request->wishes[i].quality);
    }
    put_head(out, request_magic, &f);
}

static bool wishes_are_sound(const struct imgjob_request *request) {
    for (size_t i = 0; i < request->n; i++) {
        const struct imgjob_wish *wish = &request->wishes[i];
        if (wish->edge == 0 || wish->edge > 16384 || wish->quality < 1 || wish->quality > 100)
            return false;
        if (i > 0 && wish->edge > request->wishes[i - 1].edge)
            return false;
    }
    return true;
}

ptrdiff_t imgjob_get_request(str bytes, struct imgjob_request *ret_request) {
    struct cur f;
    ptrdiff_t length = get_head(bytes, request_magic, &f);
    if (length <= 0)
        return length;
    struct imgjob_request request = {0};
    request.size = cur_u64(&f);
    request.max_pixels = cur_u64(&f);
    request.keep_gps = cur_u8(&f) != 0;
    request.n = cur_u8(&f);
    if (request.n > IMGJOB_MAX_DERIVATIVES)
        return -EBADMSG;
    for (size_t i = 0; i < request.n; i++) {
        request.wishes[i].edge = cur_u32(&f);
        request.wishes[i].quality = cur_u32(&f);
    }
    if (f.bad || f.s.len != 0 || !wishes_are_sound(&request))
        return -EBADMSG;
    *ret_request = request;
    return length;
}

static void put_double(struct buf *out, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    buf_u64(out, bits);
}

static double take_double(struct cur *c) {
    uint64_t bits = cur_u64(c);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* The texts of a reply, in the order of the format. */
static void texts_of(struct imgjob_reply *r, str *ret[8]) {
    str *const order[8] = {&r->reason, &r->format,      &r->color_space, &r->make,
                           &r->model,  &r->captured_at, &r->placeholder, &r->warnings};
    memcpy(ret, order, sizeof order);
}

enum { FLAG_TRUNCATED = 1, FLAG_GPS = 2, FLAG_PHASH = 4 };

void imgjob_put_reply(struct buf *out, const struct imgjob_reply *reply) {
    CLEANUP_DEINIT(buf) struct buf f = {0};
    struct imgjob_reply r = *reply;
    buf_u8(&f, (uint8_t)r.status);
    buf_u8(&f, (uint8_t)((r.truncated ? FLAG_TRUNCATED : 0) | (r.has_gps ? FLAG_GPS : 0) |
                         (r.has_phash ? FLAG_PHASH : 0)));
    const uint32_t numbers[] = {r.width, r.height, r.orientation, r.bit_depth};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        buf_u32(&f, numbers[i]);
    put_double(&f, r.latitude);
    put_double(&f, r.longitude);
    const uint64_t larger[] = {r.phash, r.decode_us, r.resize_us, r.encode_us};
    for (size_t i = 0; i < ARRAY_LEN(larger); i++)
        buf_u64(&f, larger[i]);
    str *texts[8];
    texts_of(&r, texts);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_lstr(&f, str_slice(*texts[i], 0, IMGJOB_MAX_TEXT));
    buf_u8(&f, (uint8_t)r.n);
    for (size_t i = 0; i < r.n; i++) {
        buf_u32(&f, r.derivatives[i].edge);
        buf_u32(&f, r.derivatives[i].width);
        buf_u32(&f, r.derivatives[i].height);
        buf_lstr(&f, r.derivatives[i].content_type);
        buf_u64(&f, r.derivatives[i].size);
    }
    put_head(out, reply_magic, &f);
}

/* The worker cleans its texts; a compromised one might not. */
static bool texts_are_sound(struct imgjob_reply *r) {
    str *texts[8];
    texts_of(r, texts);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i]->len > IMGJOB_MAX_TEXT || !str_is_utf8(*texts[i]))
            return false;
    return true;
}

static bool take_derivative(struct cur *f, struct imgjob_derivative *d) {
    d->edge = cur_u32(f);
    d->width = cur_u32(f);
    d->height = cur_u32(f);
    d->content_type = cur_lstr(f);
    d->size = cur_u64(f);
    bool known =
        str_eq(d->content_type, S("image/jpeg")) || str_eq(d->content_type, S("image/png"));
    return known && d->size > 0 && d->size <= IMGJOB_MAX_DERIVATIVE;
}

ptrdiff_t imgjob_get_reply(str bytes, struct imgjob_reply *ret_reply) {
    struct cur f;
    ptrdiff_t length = get_head(bytes, reply_magic, &f);
    if (length <= 0)
        return length;
    struct imgjob_reply r = {0};
    uint8_t status = cur_u8(&f), flags = cur_u8(&f);
    r.status = status == IMGJOB_DONE ? IMGJOB_DONE : IMGJOB_REJECTED;
    r.truncated = flags & FLAG_TRUNCATED;
    r.has_gps = flags & FLAG_GPS;
    r.has_phash = flags & FLAG_PHASH;
    uint32_t *const numbers[] = {&r.width, &r.height, &r.orientation, &r.bit_depth};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        *numbers[i] = cur_u32(&f);
    r.latitude = take_double(&f);
    r.longitude = take_double(&f);
    uint64_t *const larger[] = {&r.phash, &r.decode_us, &r.resize_us, &r.encode_us};
    for (size_t i = 0; i < ARRAY_LEN(larger); i++)
        *larger[i] = cur_u64(&f);
    str *texts[8];
    texts_of(&r, texts);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = cur_lstr(&f);
    r.n = cur_u8(&f);
    if (status > IMGJOB_REJECTED || r.n > IMGJOB_MAX_DERIVATIVES)
        return -EBADMSG;
    for (size_t i = 0; i < r.n; i++)
        if (!take_derivative(&f, &r.derivatives[i]))
            return -EBADMSG;
    if (f.bad || f.s.len != 0 || !texts_are_sound(&r) || !isfinite(r.latitude) ||
        !isfinite(r.longitude))
        return -EBADMSG;
    *ret_reply = r;
    return length;
}
