#include "svc/s3/tags.h"

#include "base/codec.h"
#include "svc/s3/object.h"

enum { KEY_MAX = 128, VALUE_MAX = 256, HEADER_MAX = 8192 };

/* Characters, not bytes: the first byte of each UTF-8 sequence. */
static size_t characters(str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.p[i] & 0xC0) != 0x80)
            n++;
    return n;
}

/* Letters, numbers, spaces and + - = . _ : / @; beyond ASCII any letter may be meant, so all pass. */
static bool allowed(str s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c < 0x80 && (c == 0 || !strchr(" \t\n\r+-=._:/@", c)))
            return false;
    }
    return true;
}

static bool has_key(str packed, str key) {
    str name, value;
    for (struct cur at = cur_of(packed); s3_pairs_next(&at, &name, &value);)
        if (str_eq(name, key))
            return true;
    return false;
}

static int add(struct buf *packed, str key, str value, struct err *err) {
    if (!str_is_utf8(key) || !str_is_utf8(value))
        return err_set(err, S3_TAGS_E_INVALID, "The tag provided was not a valid tag");
    size_t n = characters(key);
    if (n < 1 || n > KEY_MAX || !allowed(key))
        return err_set(err, S3_TAGS_E_INVALID, "The TagKey you have provided is invalid");
    if (characters(value) > VALUE_MAX || !allowed(value))
        return err_set(err, S3_TAGS_E_INVALID, "The TagValue you have provided is invalid");
    if (str_starts_nocase(key, S("aws:")))
        return err_set(err, S3_TAGS_E_INVALID, "System tags cannot be added/updated by requester");
    if (has_key(buf_view(packed), key))
        return err_set(err, S3_TAGS_E_INVALID, "Cannot provide multiple Tags with the same key");
    s3_pairs_add(packed, key, value);
    return S3_TAGS_OK;
}

int s3_tags_of_set(struct buf *packed, const json_t *tag_set, size_t most, struct err *err) {
    if (json_array_size(tag_set) > most)
        return most == S3_TAGS_OBJECT
                   ? err_set(err, S3_TAGS_E_MANY, "Object tags cannot be greater than 10")
                   : err_set(err, S3_TAGS_E_MANY, "Bucket tag count cannot be greater than 50");
    size_t i;
    json_t *tag;
    json_array_foreach(tag_set, i, tag) {
        str value = json_str(tag, "Value");
        int r = add(packed, json_str(tag, "Key"), value.p ? value : S(""), err);
        if (r)
            return r;
    }
    return S3_TAGS_OK;
}

int s3_tags_of_header(struct buf *packed, str header, struct err *err) {
    if (header.len > HEADER_MAX)
        return err_set(err, S3_TAGS_E_HEADER, "The header 'x-amz-tagging' is too long");
    size_t n = 0;
    for (str rest = header; rest.p;) {
        str pair, key, value;
        str_cut(rest, '&', &pair, &rest);
        if (pair.len == 0)
            continue;
        str_cut(pair, '=', &key, &value);
        CLEANUP_DEINIT(buf) struct buf plain_key = {0};
        CLEANUP_DEINIT(buf) struct buf plain_value = {0};
        if (!codec_unuri(&plain_key, key, true) || !codec_unuri(&plain_value, value, true))
            return err_set(err, S3_TAGS_E_HEADER,
                           "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded "
                           "URL query parameters without tag name duplicates.");
        if (++n > S3_TAGS_OBJECT)
            return err_set(err, S3_TAGS_E_MANY, "Object tags cannot be greater than 10");
        int r = add(packed, buf_view(&plain_key), buf_view(&plain_value), err);
        if (r)
            return r;
    }
    return S3_TAGS_OK;
}

json_t *s3_tags_to_set(str packed) {
    json_t *set = json_array();
    str name, value;
    for (struct cur at = cur_of(packed); s3_pairs_next(&at, &name, &value);) {
        json_t *tag = json_object();
        json_set_str(tag, "Key", name);
        json_set_str(tag, "Value", value);
        json_array_append_new(set, tag);
    }
    return set;
}
