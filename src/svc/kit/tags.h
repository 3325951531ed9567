#pragma once
/*
 * kit/tags: the tags of a resource, for every service that has them: the limits in one table, the
 * checks, and the shapes.
 *
 * A set of tags comes and goes as a list of {"Key", "Value"} or as a map; both are taken wherever
 * tags are read. A row stores whichever its service has always stored (the table knows). S3 stores
 * packed pairs, which it makes from a list.
 *
 * Sources: "Tag naming limits and requirements" (AWS General Reference), and each service's own
 * TagResource page. Lengths are counted in characters.
 */
#include "svc/kit/refuse.h"

enum kit_tags_of {
    KIT_TAGS_S3_OBJECT,
    KIT_TAGS_S3_BUCKET,
    KIT_TAGS_DYNAMODB,
    KIT_TAGS_LAMBDA,
    KIT_TAGS_SNS,
    KIT_TAGS_SQS,
    KIT_TAGS_LOGS,
    KIT_TAGS_CLOUDWATCH,
    KIT_TAGS_IAM,
    KIT_TAGS_STACK,
    KIT_N_TAGS,
};

/* What can be wrong, in the order of the checks. */
enum kit_tags_fault {
    KIT_TAGS_OK,
    KIT_TAGS_MANY,
    /* empty, too long, no UTF-8, or a character that the service does not take */
    KIT_TAGS_KEY,
    KIT_TAGS_VALUE,
    KIT_TAGS_RESERVED, /* begins with "aws:" */
    KIT_TAGS_TWICE,    /* the key came twice in one request */
    KIT_N_TAGS_FAULTS,
};

/*
 * How a service says so, with the words {key} and {most}. What has no refusal it lets pass (of two
 * tags with one key the later counts).
 */
struct kit_tags {
    enum kit_tags_of of;
    struct kit_refusal refuse[KIT_N_TAGS_FAULTS];
};

/*
 * One after the other: for (struct kit_tags_walk w = kit_tags_walk(tags); kit_tags_next(&w, &key,
 * &value);)
 */
struct kit_tags_walk {
    const json_t *tags; /* a list or a map; NULL: none */
    size_t at;
    void *iter;
};
static inline struct kit_tags_walk kit_tags_walk(const json_t *tags) {
    return (struct kit_tags_walk){.tags = tags};
}
/* False: that was the last one. Key and value are borrowed from the set. */
bool kit_tags_next(struct kit_tags_walk *walk, str *ret_key, str *ret_value);

/*
 * The first thing that is wrong; *ret_key (may be NULL) views the key it is about. For S3's header,
 * which has no request's words.
 */
enum kit_tags_fault kit_tags_fault(enum kit_tags_of of, const json_t *given, str *ret_key);

/* Of a request, all of a new resource: 0 or AWS_FAILED. */
int kit_tags_check(struct rq *rq, const struct kit_tags *kit, const json_t *given);
/*
 * Checks given and sets it in row, a document whose member "Tags" (Logs: "tags") is made when
 * missing. 0 or AWS_FAILED.
 */
int kit_tags_merge(struct rq *rq, const struct kit_tags *kit, json_t *row, const json_t *given);
/* keys: an array of texts. Those that are not there are passed over. */
void kit_tags_remove(const struct kit_tags *kit, json_t *row, const json_t *keys);
/* The row's tags, borrowed; NULL: none. */
json_t *kit_tags_stored(const struct kit_tags *kit, const json_t *row);

/* A set as a list of {Key, Value}, or as a map: new references; tags NULL gives an empty one. */
json_t *kit_tags_list(const json_t *tags);
json_t *kit_tags_map(const json_t *tags);
/* The keys of before that after lacks: a new array, what an Untag call wants. */
json_t *kit_tags_gone(const json_t *before, const json_t *after);
