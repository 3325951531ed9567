/* Tags of roles, users and policies: an array of {Key, Value}, keys unique without case. */
#include "svc/iam/iam_priv.h"

enum { MAX_TAGS = 50 };

static size_t find_tag(const json_t *tags, str key) {
    size_t n = json_array_size(tags);
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(json_str(json_array_get(tags, i), "Key"), key))
            return i;
    return n;
}

static json_t *tags_of(json_t *doc) {
    if (!json_arr(doc, "Tags"))
        json_set(doc, "Tags", json_array());
    return json_arr(doc, "Tags");
}

int iam_tags_merge(struct rq *rq, json_t *doc) {
    json_t *tags = tags_of(doc);
    const json_t *given = json_arr(rq->in, "Tags");
    for (size_t i = 0; i < json_array_size(given); i++) {
        const json_t *tag = json_array_get(given, i);
        for (size_t k = 0; k < i; k++)
            if (str_eq_nocase(json_str(json_array_get(given, k), "Key"), json_str(tag, "Key")))
                return aws_fail(rq, &IAM_InvalidInput,
                                "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
        json_t *copy = json_object();
        json_set_str(copy, "Key", json_str(tag, "Key"));
        json_set_str(copy, "Value", json_str(tag, "Value"));
        size_t at = find_tag(tags, json_str(tag, "Key"));
        if (at < json_array_size(tags))
            json_array_set_new(tags, at, copy);
        else
            json_array_append_new(tags, copy);
    }
    if (json_array_size(tags) > MAX_TAGS)
        return aws_fail(rq, &IAM_LimitExceeded, "Cannot exceed quota for TagsPerEntity: %d", MAX_TAGS);
    return 0;
}

void iam_tags_remove(struct rq *rq, json_t *doc) {
    json_t *tags = tags_of(doc);
    const json_t *keys = json_arr(rq->in, "TagKeys");
    for (size_t i = 0; i < json_array_size(keys); i++) {
        size_t at = find_tag(tags, json_text(json_array_get(keys, i)));
        if (at < json_array_size(tags))
            json_array_remove(tags, at);
    }
}
