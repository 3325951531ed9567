/* s3/object: the binary row of an object version, written and read. */
#include "svc/s3/object.h"

#include <string.h>

enum { OBJECT_FORMAT = 1 };

const struct s3_header_row s3_header_rows[S3_N_HEADERS] = {
    [S3_HEADER_CONTENT_TYPE] = {"ContentType", "ResponseContentType"},
    [S3_HEADER_CACHE_CONTROL] = {"CacheControl", "ResponseCacheControl"},
    [S3_HEADER_CONTENT_DISPOSITION] = {"ContentDisposition", "ResponseContentDisposition"},
    [S3_HEADER_CONTENT_ENCODING] = {"ContentEncoding", "ResponseContentEncoding"},
    [S3_HEADER_CONTENT_LANGUAGE] = {"ContentLanguage", "ResponseContentLanguage"},
    [S3_HEADER_EXPIRES] = {"Expires", "ResponseExpires"},
    [S3_HEADER_REDIRECT] = {"WebsiteRedirectLocation", NULL},
};

void s3_object_write(struct buf *row, const struct s3_object *o) {
    buf_u8(row, OBJECT_FORMAT);
    buf_u8(row, (uint8_t)o->flags);
    buf_u64(row, o->seq);
    buf_add(row, o->nonce, sizeof o->nonce);
    buf_u64(row, (uint64_t)o->mtime_ms);
    buf_varint(row, o->size);
    buf_lstr(row, o->etag);
    buf_lstr(row, o->storage_class);
    buf_lstr(row, o->owner);
    buf_u8(row, (uint8_t)o->sum);
    buf_u8(row, (uint8_t)o->sum_type);
    buf_lstr(row, o->sum_raw);
    buf_varint(row, o->n_parts);
    buf_lstr(row, o->upload_id);
    uint8_t given = 0;
    for (unsigned i = 0; i < S3_N_HEADERS; i++)
        if (o->headers[i].p)
            given = (uint8_t)(given | 1u << i);
    buf_u8(row, given);
    for (unsigned i = 0; i < S3_N_HEADERS; i++)
        if (o->headers[i].p)
            buf_lstr(row, o->headers[i]);
    buf_lstr(row, o->metadata);
    buf_lstr(row, o->tags);
    buf_lstr(row, o->bodies);
}

bool s3_object_read(str row, struct s3_object *ret_object) {
    struct cur at = cur_of(row);
    struct s3_object o = {0};
    if (cur_u8(&at) != OBJECT_FORMAT)
        return false;
    o.flags = cur_u8(&at);
    o.seq = cur_u64(&at);
    str nonce = cur_take(&at, sizeof o.nonce);
    if (nonce.len == sizeof o.nonce)
        memcpy(o.nonce, nonce.p, nonce.len);
    o.mtime_ms = (int64_t)cur_u64(&at);
    o.size = cur_varint(&at);
    o.etag = cur_lstr(&at);
    o.storage_class = cur_lstr(&at);
    o.owner = cur_lstr(&at);
    unsigned sum = cur_u8(&at), sum_type = cur_u8(&at);
    o.sum = (enum s3_sum)sum;
    o.sum_type = (enum s3_sum_type)sum_type;
    o.sum_raw = cur_lstr(&at);
    o.n_parts = (unsigned)cur_varint(&at);
    o.upload_id = cur_lstr(&at);
    unsigned given = cur_u8(&at);
    for (unsigned i = 0; i < S3_N_HEADERS; i++)
        if (given & 1u << i)
            o.headers[i] = cur_lstr(&at);
    o.metadata = cur_lstr(&at);
    o.tags = cur_lstr(&at);
    o.bodies = cur_lstr(&at);
    if (at.bad || at.s.len != 0 || sum >= S3_N_SUMS || sum_type > S3_SUM_COMPOSITE ||
        o.sum_raw.len != s3_sum_rows[sum].len)
        return false;
    *ret_object = o;
    return true;
}

str s3_object_version_id(const struct s3_object *o, char out[S3_ID_LEN + 1]) {
    if (o->flags & S3_OBJECT_NULL)
        return S("null");
    s3_id_write(out, o->seq, o->nonce);
    return str_n(out, S3_ID_LEN);
}

void s3_pairs_add(struct buf *packed, str name, str value) {
    buf_lstr(packed, name);
    buf_lstr(packed, value);
}

bool s3_pairs_next(struct cur *at, str *ret_name, str *ret_value) {
    if (at->s.len == 0)
        return false;
    str name = cur_lstr(at), value = cur_lstr(at);
    if (at->bad)
        return false;
    *ret_name = name;
    *ret_value = value;
    return true;
}

size_t s3_pairs_count(str packed) {
    size_t n = 0;
    str name, value;
    for (struct cur at = cur_of(packed); s3_pairs_next(&at, &name, &value);)
        n++;
    return n;
}

void s3_body_add(struct buf *packed, const struct s3_body *body) {
    buf_varint(packed, body->part);
    buf_varint(packed, body->size);
    buf_lstr(packed, body->sum_raw);
    buf_lstr(packed, body->ref);
}

bool s3_body_next(struct cur *at, struct s3_body *ret_body) {
    if (at->s.len == 0 || at->bad)
        return false;
    struct s3_body body = {0};
    body.part = (unsigned)cur_varint(at);
    body.size = cur_varint(at);
    body.sum_raw = cur_lstr(at);
    body.ref = cur_lstr(at);
    if (at->bad)
        return false;
    *ret_body = body;
    return true;
}

bool s3_bodies_are_whole(str packed, uint64_t size) {
    struct cur at = cur_of(packed);
    struct s3_body body;
    uint64_t sum = 0;
    while (s3_body_next(&at, &body))
        sum += body.size;
    return !at.bad && sum == size;
}
