/* s3/keys: makes S3's row keys, and its ids. */
#include "svc/s3/keys.h"

#include <string.h>

static void begin(struct buf *key, const char *kind, uint64_t bucket_id) {
    key_begin(key, kind);
    key_u64(key, bucket_id);
}

void s3_key_bucket(struct buf *key, str bucket) {
    key_begin(key, "s3b");
    key_str(key, bucket);
}

void s3_key_owned(struct buf *key, str account, str bucket) {
    key_begin(key, "s3a");
    key_str(key, account);
    key_raw(key, bucket);
}

void s3_key_configs(struct buf *key, uint64_t bucket_id) { begin(key, "s3c", bucket_id); }

void s3_key_config(struct buf *key, uint64_t bucket_id, str kind) {
    s3_key_configs(key, bucket_id);
    key_str(key, kind);
}

void s3_key_current(struct buf *key, uint64_t bucket_id, str name) {
    begin(key, "s3o", bucket_id);
    key_raw(key, name);
}

str s3_key_current_name(str key) {
    struct cur at = cur_of(key);
    key_take_kind(&at);
    key_take_u64(&at);
    return at.s;
}

void s3_key_bucket_versions(struct buf *key, uint64_t bucket_id) { begin(key, "s3v", bucket_id); }

void s3_key_versions(struct buf *key, uint64_t bucket_id, str name) {
    s3_key_bucket_versions(key, bucket_id);
    key_str(key, name);
}

void s3_key_version(struct buf *key, uint64_t bucket_id, str name, uint64_t seq) {
    s3_key_versions(key, bucket_id, name);
    key_u64(key, ~seq);
}

bool s3_key_version_parts(str key, struct buf *name, uint64_t *ret_seq) {
    struct cur at = cur_of(key);
    key_take_kind(&at);
    key_take_u64(&at);
    bool named = key_take_str(&at, name);
    uint64_t seq = ~key_take_u64(&at);
    if (!named || at.bad)
        return false;
    *ret_seq = seq;
    return true;
}

void s3_key_null(struct buf *key, uint64_t bucket_id, str name) {
    begin(key, "s3n", bucket_id);
    key_raw(key, name);
}

void s3_key_body(struct buf *key, uint64_t bucket_id, uint64_t seq) {
    begin(key, "s3d", bucket_id);
    key_u64(key, seq);
}

void s3_key_uploads(struct buf *key, uint64_t bucket_id) { begin(key, "s3u", bucket_id); }

void s3_key_upload(struct buf *key, uint64_t bucket_id, str name, uint64_t seq) {
    s3_key_uploads(key, bucket_id);
    key_str(key, name);
    key_u64(key, seq);
}

bool s3_key_upload_parts(str key, struct buf *name, uint64_t *ret_seq) {
    struct cur at = cur_of(key);
    key_take_kind(&at);
    key_take_u64(&at);
    bool named = key_take_str(&at, name);
    uint64_t seq = key_take_u64(&at);
    if (!named || at.bad)
        return false;
    *ret_seq = seq;
    return true;
}

void s3_key_parts(struct buf *key, uint64_t bucket_id, uint64_t seq) {
    begin(key, "s3p", bucket_id);
    key_u64(key, seq);
}

void s3_key_bucket_parts(struct buf *key, uint64_t bucket_id) { begin(key, "s3p", bucket_id); }

void s3_key_part(struct buf *key, uint64_t bucket_id, uint64_t seq, uint64_t part) {
    s3_key_parts(key, bucket_id, seq);
    key_u64(key, part);
}

bool s3_key_part_parts(str key, uint64_t *ret_bucket_id, uint64_t *ret_seq, uint64_t *ret_part) {
    struct cur at = cur_of(key);
    key_take_kind(&at);
    uint64_t bucket_id = key_take_u64(&at), seq = key_take_u64(&at), part = key_take_u64(&at);
    if (at.bad)
        return false;
    *ret_bucket_id = bucket_id;
    *ret_seq = seq;
    *ret_part = part;
    return true;
}

/* S3's own ids use letters, digits, '.' and '_'; none needs escaping in a URL. */
static const char id_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

void s3_id_write(char out[S3_ID_LEN + 1], uint64_t seq, const uint8_t nonce[S3_NONCE_LEN]) {
    uint8_t raw[24];
    for (unsigned i = 0; i < 8; i++)
        raw[i] = (uint8_t)(seq >> (56 - 8 * i));
    memcpy(raw + 8, nonce, S3_NONCE_LEN);
    for (size_t i = 0; i < 8; i++) {
        uint32_t three =
            (uint32_t)raw[3 * i] << 16 | (uint32_t)raw[3 * i + 1] << 8 | raw[3 * i + 2];
        for (size_t k = 0; k < 4; k++)
            out[4 * i + k] = id_alphabet[three >> (18 - 6 * k) & 63];
    }
    out[S3_ID_LEN] = '\0';
}

bool s3_id_read(str id, uint64_t *ret_seq, uint8_t ret_nonce[S3_NONCE_LEN]) {
    if (id.len != S3_ID_LEN)
        return false;
    uint8_t raw[24];
    for (size_t i = 0; i < 8; i++) {
        uint32_t three = 0;
        for (size_t k = 0; k < 4; k++) {
            char c = id.p[4 * i + k];
            const char *at = c ? strchr(id_alphabet, c) : NULL;
            if (!at)
                return false;
            three = three << 6 | (uint32_t)(at - id_alphabet);
        }
        raw[3 * i] = (uint8_t)(three >> 16);
        raw[3 * i + 1] = (uint8_t)(three >> 8);
        raw[3 * i + 2] = (uint8_t)three;
    }
    uint64_t seq = 0;
    for (unsigned i = 0; i < 8; i++)
        seq = seq << 8 | raw[i];
    *ret_seq = seq;
    memcpy(ret_nonce, raw + 8, S3_NONCE_LEN);
    return true;
}
