/*
 * imgjob: writes and reads the messages; whatever is read is held against its bounds first. What the worker says of a
 * picture is written and read by the table of fields.
 */
#include "imgjob/imgjob.h"

#include <errno.h>
#include <math.h>

enum { MAGIC = 4, PREFIX = 8 }; /* magic and length */
static const str request_magic = S_INIT("CIQ2"), derivative_magic = S_INIT("CID2"),
                 result_magic = S_INIT("CIR2");

static void put_message(struct buf *out, str magic, const struct buf *fields) {
    buf_str(out, magic);
    buf_u32(out, (uint32_t)fields->len);
    buf_str(out, buf_view(fields));
}

/* How long the message is; 0 while it is not all there; or -EBADMSG. */
static ptrdiff_t get_message(str bytes, str magic, struct cur *ret_fields) {
    str front = str_slice(bytes, 0, MAGIC);
    if (!str_starts(magic, front))
        return -EBADMSG;
    struct cur c = cur_of(str_skip(bytes, MAGIC));
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

static bool read_whole(const struct cur *fields) { return !fields->bad && fields->s.len == 0; }

/* ---- Request ---- */
enum { KEEP_GPS = 1, KEEP_PROFILES = 2 };

void imgjob_put_request(struct buf *out, const struct imgjob_request *request) {
    CLEANUP_DEINIT(buf) struct buf f = {0};
    buf_u64(&f, request->size);
    buf_u64(&f, request->max_pixels);
    buf_u8(&f, (uint8_t)((request->keep_gps ? KEEP_GPS : 0) |
                         (request->keep_profiles ? KEEP_PROFILES : 0)));
    buf_u8(&f, (uint8_t)request->n);
    for (size_t i = 0; i < request->n; i++) {
        buf_u32(&f, request->wishes[i].width);
        buf_u32(&f, request->wishes[i].height);
        buf_u8(&f, (uint8_t)request->wishes[i].fit);
        buf_u8(&f, (uint8_t)request->wishes[i].quality);
    }
    put_message(out, request_magic, &f);
}

static bool is_edge(uint32_t v) { return v >= 1 && v <= IMGJOB_MAX_EDGE; }

static bool take_wish(struct cur *f, struct imgjob_wish *ret) {
    ret->width = cur_u32(f);
    ret->height = cur_u32(f);
    uint8_t fit = cur_u8(f);
    ret->fit = (enum imgjob_fit)fit;
    ret->quality = cur_u8(f);
    return is_edge(ret->width) && is_edge(ret->height) && fit <= IMGJOB_EXACT &&
           ret->quality >= 1 && ret->quality <= 100;
}

ptrdiff_t imgjob_get_request(str bytes, struct imgjob_request *ret_request) {
    struct cur f;
    ptrdiff_t length = get_message(bytes, request_magic, &f);
    if (length <= 0)
        return length;
    struct imgjob_request request = {0};
    request.size = cur_u64(&f);
    request.max_pixels = cur_u64(&f);
    uint8_t flags = cur_u8(&f);
    request.keep_gps = flags & KEEP_GPS;
    request.keep_profiles = flags & KEEP_PROFILES;
    request.n = cur_u8(&f);
    if (request.n > IMGJOB_MAX_DERIVATIVES || flags > (KEEP_GPS | KEEP_PROFILES))
        return -EBADMSG;
    for (size_t i = 0; i < request.n; i++)
        if (!take_wish(&f, &request.wishes[i]))
            return -EBADMSG;
    if (!read_whole(&f))
        return -EBADMSG;
    *ret_request = request;
    return length;
}

/* ---- Derivative ---- */
void imgjob_put_derivative(struct buf *out, const struct imgjob_derivative *d) {
    CLEANUP_DEINIT(buf) struct buf f = {0};
    buf_u32(&f, d->wish);
    buf_u32(&f, d->width);
    buf_u32(&f, d->height);
    buf_lstr(&f, d->content_type);
    buf_u64(&f, d->size);
    put_message(out, derivative_magic, &f);
}

static bool take_derivative(struct cur *f, struct imgjob_derivative *ret) {
    ret->wish = cur_u32(f);
    ret->width = cur_u32(f);
    ret->height = cur_u32(f);
    ret->content_type = cur_lstr(f);
    ret->size = cur_u64(f);
    bool known =
        str_eq(ret->content_type, S("image/jpeg")) || str_eq(ret->content_type, S("image/png"));
    return known && ret->wish < IMGJOB_MAX_DERIVATIVES && is_edge(ret->width) &&
           is_edge(ret->height) && ret->size > 0 && ret->size <= IMGJOB_MAX_DERIVATIVE;
}

/* ---- Result ---- */
const struct imgjob_field imgjob_fields[] = {
#define FIELD(kind, member, attribute)                                                             \
    {IMGJOB_KIND_##kind, offsetof(struct imgjob_result, member), attribute},
#include "imgjob/fields.def"
#undef FIELD
};
const size_t imgjob_n_fields = ARRAY_LEN(imgjob_fields);

struct imgjob_result imgjob_result_none(void) {
    struct imgjob_result r = {0};
#define NONE_TEXT(member)
#define NONE_NUMBER(member) r.member = (double)NAN;
#define NONE_COUNT(member)
#define NONE_FLAG(member)
#define FIELD(kind, member, attribute) NONE_##kind(member)
#include "imgjob/fields.def"
#undef FIELD
    return r;
}

static void put_text(struct buf *out, const void *text) {
    buf_lstr(out, str_utf8_slice(*(const str *)text, IMGJOB_MAX_TEXT));
}
static bool take_text(struct cur *f, void *ret) {
    str text = cur_lstr(f);
    *(str *)ret = text;
    return text.len <= IMGJOB_MAX_TEXT && str_is_utf8(text);
}

static void put_number(struct buf *out, const void *number) {
    uint64_t bits;
    memcpy(&bits, number, sizeof bits);
    buf_u64(out, bits);
}
/* A number that DynamoDB holds, or none. */
static bool take_number(struct cur *f, void *ret) {
    static const double most = 1e15, least = 1e-15;
    uint64_t bits = cur_u64(f);
    double v;
    memcpy(&v, &bits, sizeof v);
    memcpy(ret, &v, sizeof v);
    return isnan(v) || v == 0 || (fabs(v) >= least && fabs(v) <= most);
}

static void put_count(struct buf *out, const void *count) {
    buf_u64(out, *(const uint64_t *)count);
}
static bool take_count(struct cur *f, void *ret) {
    *(uint64_t *)ret = cur_u64(f);
    return true;
}

static void put_flag(struct buf *out, const void *flag) { buf_u8(out, *(const bool *)flag); }
static bool take_flag(struct cur *f, void *ret) {
    uint8_t flag = cur_u8(f);
    *(bool *)ret = flag == 1;
    return flag <= 1;
}

static const struct {
    void (*put)(struct buf *out, const void *member);
    bool (*take)(struct cur *f, void *ret_member); /* false: over its bound */
} kinds[] = {[IMGJOB_KIND_TEXT] = {put_text, take_text},
             [IMGJOB_KIND_NUMBER] = {put_number, take_number},
             [IMGJOB_KIND_COUNT] = {put_count, take_count},
             [IMGJOB_KIND_FLAG] = {put_flag, take_flag}};

void imgjob_put_result(struct buf *out, const struct imgjob_result *result) {
    CLEANUP_DEINIT(buf) struct buf f = {0};
    buf_u8(&f, (uint8_t)result->status);
    put_text(&f, &result->reason);
    for (size_t i = 0; i < imgjob_n_fields; i++)
        kinds[imgjob_fields[i].kind].put(&f, (const char *)result + imgjob_fields[i].at);
    const uint64_t times[] = {result->probe_us, result->decode_us, result->resize_us,
                              result->encode_us};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        buf_u64(&f, times[i]);
    put_message(out, result_magic, &f);
}

static bool take_result(struct cur *f, struct imgjob_result *ret) {
    uint8_t status = cur_u8(f);
    ret->status = (enum imgjob_status)status;
    bool sound = status <= IMGJOB_NO_ROOM && take_text(f, &ret->reason);
    for (size_t i = 0; i < imgjob_n_fields && sound; i++)
        sound = kinds[imgjob_fields[i].kind].take(f, (char *)ret + imgjob_fields[i].at);
    uint64_t *const times[] = {&ret->probe_us, &ret->decode_us, &ret->resize_us, &ret->encode_us};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        *times[i] = cur_u64(f);
    return sound;
}

/* The two magics differ in their third letter: a message that breaks off before it may be either. */
ptrdiff_t imgjob_get_message(str bytes, struct imgjob_message *ret_message) {
    struct cur f;
    struct imgjob_message message = {0};
    ptrdiff_t length = get_message(bytes, derivative_magic, &f);
    if (length == -EBADMSG) {
        message.is_result = true;
        length = get_message(bytes, result_magic, &f);
    }
    if (length <= 0)
        return length;
    bool sound = message.is_result ? take_result(&f, &message.result)
                                   : take_derivative(&f, &message.derivative);
    if (!sound || !read_whole(&f))
        return -EBADMSG;
    *ret_message = message;
    return length;
}
