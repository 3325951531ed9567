#include "svc/s3/tags.h"

#include "base/codec.h"
#include "svc/kit/tags.h"
#include "svc/s3/object.h"

enum { HEADER_MAX = 8192 };

static const char *const words[KIT_N_TAGS_FAULTS] = {
    [KIT_TAGS_KEY] = "The TagKey you have provided is invalid",
    [KIT_TAGS_VALUE] = "The TagValue you have provided is invalid",
    [KIT_TAGS_RESERVED] = "System tags cannot be added/updated by requester",
    [KIT_TAGS_TWICE] = "Cannot provide multiple Tags with the same key",
};

static int refuse_many(struct err *err, size_t most) {
    return err_set(err, S3_TAGS_E_MANY, most == S3_TAGS_OBJECT ? "Object tags cannot be greater than 10"
                                                               : "Bucket tag count cannot be greater than 50");
}

int s3_tags_of_set(struct buf *packed, const json_t *tag_set, size_t most, struct err *err) {
    enum kit_tags_of of = most == S3_TAGS_OBJECT ? KIT_TAGS_S3_OBJECT : KIT_TAGS_S3_BUCKET;
    enum kit_tags_fault fault = kit_tags_fault(of, tag_set, NULL);
    str key, value;
    if (fault)
        return fault == KIT_TAGS_MANY ? refuse_many(err, most) : err_set(err, S3_TAGS_E_INVALID, "%s", words[fault]);
    for (struct kit_tags_walk w = kit_tags_walk(tag_set); kit_tags_next(&w, &key, &value);)
        s3_pairs_add(packed, key, value.p ? value : S(""));
    return S3_TAGS_OK;
}

/* One "key=value" of the header. */
static int add_pair(json_t *set, str pair, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf plain_key = {0}, plain_value = {0};
    str key, value;
    str_cut(pair, '=', &key, &value);
    if (!codec_unuri(&plain_key, key, true) || !codec_unuri(&plain_value, value, true))
        return err_set(err, S3_TAGS_E_HEADER,
                       "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded "
                       "URL query parameters without tag name duplicates.");
    if (!str_is_utf8(buf_view(&plain_key)) || !str_is_utf8(buf_view(&plain_value)))
        return err_set(err, S3_TAGS_E_INVALID, "The tag provided was not a valid tag");
    json_t *tag = json_object();
    json_set_str(tag, "Key", buf_view(&plain_key));
    json_set_str(tag, "Value", buf_view(&plain_value));
    json_array_append_new(set, tag);
    return json_array_size(set) > S3_TAGS_OBJECT ? refuse_many(err, S3_TAGS_OBJECT) : S3_TAGS_OK;
}

int s3_tags_of_header(struct buf *packed, str header, struct err *err) {
    CLEANUP_JSON json_t *set = json_array();
    if (header.len > HEADER_MAX)
        return err_set(err, S3_TAGS_E_HEADER, "The header 'x-amz-tagging' is too long");
    for (str rest = header, pair; rest.p;) {
        str_cut(rest, '&', &pair, &rest);
        int r = pair.len ? add_pair(set, pair, err) : S3_TAGS_OK;
        if (r)
            return r;
    }
    return s3_tags_of_set(packed, set, S3_TAGS_OBJECT, err);
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
