/* s3/cond: decides a read by its conditional headers. */
#include "svc/s3/cond.h"

#include <stdio.h>

static str bare_tag(str tag) {
    tag = str_trim(tag);
    if (str_starts(tag, S("W/")))
        tag = str_skip(tag, 2);
    if (tag.len >= 2 && tag.p[0] == '"' && tag.p[tag.len - 1] == '"')
        tag = str_slice(tag, 1, tag.len - 1);
    return tag;
}

bool s3_etag_in(str list, str etag) {
    for (str rest = list; rest.p;) {
        str head;
        str_cut(rest, ',', &head, &rest);
        head = bare_tag(head);
        if (str_is(head, "*") || str_eq(head, etag))
            return true;
    }
    return false;
}

enum s3_cond_result s3_cond_check(const struct s3_cond *cond, str etag, int64_t modified_s,
                                  const char **ret_name) {
    if (cond->if_match.p) {
        if (!s3_etag_in(cond->if_match, etag)) {
            *ret_name = "If-Match";
            return S3_COND_FAILED;
        }
    } else if (cond->has_unmodified_since && modified_s > cond->unmodified_since) {
        *ret_name = "If-Unmodified-Since";
        return S3_COND_FAILED;
    }
    if (cond->if_none_match.p) {
        if (s3_etag_in(cond->if_none_match, etag)) {
            *ret_name = "If-None-Match";
            return S3_COND_NOT_MODIFIED;
        }
    } else if (cond->has_modified_since && modified_s <= cond->modified_since) {
        *ret_name = "If-Modified-Since";
        return S3_COND_NOT_MODIFIED;
    }
    return S3_COND_OK;
}

static const json_t *member(const json_t *in, const char *prefix, const char *name) {
    char full[48];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    const json_t *value = json_object_get(in, full);
    return json_is_null(value) ? NULL : value;
}

struct s3_cond s3_cond_of(const json_t *in, const char *prefix) {
    struct s3_cond cond = {0};
    const json_t *match = member(in, prefix, "IfMatch");
    const json_t *none = member(in, prefix, "IfNoneMatch");
    const json_t *since = member(in, prefix, "IfModifiedSince");
    const json_t *unmodified = member(in, prefix, "IfUnmodifiedSince");
    cond.if_match = match ? json_text(match) : STR_NONE;
    cond.if_none_match = none ? json_text(none) : STR_NONE;
    cond.has_modified_since = json_is_number(since);
    cond.modified_since = (int64_t)json_number_value(since);
    cond.has_unmodified_since = json_is_number(unmodified);
    cond.unmodified_since = (int64_t)json_number_value(unmodified);
    return cond;
}
