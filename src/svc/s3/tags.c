/* s3/tags: tags as S3 receives, stores and shows them. */
#include "svc/s3/tags.h"

#include "base/codec.h"
#include "svc/s3/object.h"

enum { HEADER_MAX = 8192, HEADER_TAGS = 11 };

#define WORDS(many)                                                                                \
    {                                                                                              \
        [KIT_TAGS_KEY] = {&S3_InvalidTag, "The TagKey you have provided is invalid"},              \
        [KIT_TAGS_VALUE] = {&S3_InvalidTag, "The TagValue you have provided is invalid"},          \
        [KIT_TAGS_RESERVED] = {&S3_InvalidTag,                                                     \
                               "System tags cannot be added/updated by requester"},                \
        [KIT_TAGS_TWICE] = {&S3_InvalidTag, "Cannot provide multiple Tags with the same key"},     \
        [KIT_TAGS_MANY] = {                                                                        \
            &S3_BadRequest,                                                                        \
            many                                                                                   \
        }                                                                                          \
    }
const struct kit_tags s3_object_tags = {KIT_TAGS_S3_OBJECT,
                                        WORDS("Object tags cannot be greater than {most}")},
                      s3_bucket_tags = {KIT_TAGS_S3_BUCKET,
                                        WORDS("Bucket tag count cannot be greater than {most}")};

int s3_tags_pack(struct rq *rq, const struct kit_tags *kit, const json_t *tag_set,
                 struct buf *packed) {
    str key, value;
    if (kit_tags_check(rq, kit, tag_set))
        return AWS_FAILED;
    for (struct kit_tags_walk w = kit_tags_walk(tag_set); kit_tags_next(&w, &key, &value);)
        s3_pairs_add(packed, key, value.p ? value : S(""));
    return 0;
}

static void add(json_t *set, str key, str value) {
    json_t *tag = json_object();
    json_set_str(tag, "Key", key);
    json_set_str(tag, "Value", value);
    json_array_append_new(set, tag);
}

json_t *s3_tags_to_set(str packed) {
    json_t *set = json_array();
    str key, value;
    for (struct cur at = cur_of(packed); s3_pairs_next(&at, &key, &value);)
        add(set, key, value);
    return set;
}

json_t *s3_tags_of_header(str header) {
    CLEANUP_JSON json_t *set = json_array();
    if (header.len > HEADER_MAX)
        return NULL;
    for (str rest = header; rest.p && json_array_size(set) < HEADER_TAGS;) {
        CLEANUP_DEINIT(buf) struct buf plain_key = {0}, plain_value = {0};
        str pair, key, value;
        str_cut(rest, '&', &pair, &rest);
        if (pair.len == 0)
            continue;
        str_cut(pair, '=', &key, &value);
        if (!codec_unuri(&plain_key, key, true) || !codec_unuri(&plain_value, value, true) ||
            !str_is_utf8(buf_view(&plain_key)) || !str_is_utf8(buf_view(&plain_value)))
            return NULL;
        add(set, buf_view(&plain_key), buf_view(&plain_value));
    }
    return STEAL(set);
}
