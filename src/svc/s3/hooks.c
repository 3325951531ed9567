/*
 * svc/s3: what aws asks of S3: about unsigned requests, the bucket's policy, S3's condition keys, the last word.
 */
#include "svc/s3/copy_source.h"
#include "svc/s3/s3_priv.h"
#include "svc/s3/tags.h"

/* S3 looks for the bucket first: whoever asks for one that is not there is told so. */
int s3_hook_unsigned(void *svc, struct rq *rq, str name) {
    struct s3_bucket *bucket = NULL;
    if (!name.p || (rq->op->flags & S3_MAKES_BUCKET))
        return 0;
    int r = s3_bucket_of(svc, rq, name, &bucket);
    return r == STORE_E_ABSENT ? s3_no_such_bucket(rq, name) : r;
}

int s3_hook_policy(void *svc_, struct rq *rq, str arn, const struct policy **ret_policy,
                   str *ret_account) {
    struct s3_svc *svc = svc_;
    struct s3_bucket *bucket = NULL;
    str name, key;
    if (!s3_arn_parts(arn, &name, &key))
        return 0;
    int r = s3_bucket_of(svc, rq, name, &bucket);
    if (r == STORE_E_ABSENT && !rq->caller)
        return s3_no_such_bucket(rq, name);
    if (r) /* absent: the handler says so; creating one is the caller's own affair */
        return r == STORE_E_ABSENT ? 0 : r;
    *ret_policy = bucket->policy;
    *ret_account = bucket->row.account;
    if (rq->op->flags & S3_TELLS_REGION) /* "HeadBucket", S3 API reference */
        rq_out_header(rq, "x-amz-bucket-region", bucket->row.region);
    return 0;
}

int s3_hook_veto(void *svc_, struct rq *rq, str arn, bool via_resource) {
    struct s3_svc *svc = svc_;
    struct s3_bucket *bucket = NULL;
    str name, key;
    if (!via_resource || !s3_arn_parts(arn, &name, &key))
        return 0;
    int r = s3_bucket_of(svc, rq, name, &bucket);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    /* RestrictPublicBuckets: a public policy lets in the owner's account alone. */
    bool own = rq->caller && str_eq(rq->caller->principal.account, bucket->row.account);
    bool barred = (bucket->row.block & S3_BLOCK_RESTRICT) && bucket->policy_is_public && !own;
    if (!barred)
        return 0;
    return aws_fail(rq, &S3_AccessDenied,
                    rq->caller ? "Access Denied because public access to this bucket is restricted "
                                 "by the RestrictPublicBuckets block public access setting."
                               : "Access Denied");
}

/* ---- Condition keys ---- */
static void add_tags(struct policy_context *context, const char *prefix, const json_t *set) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    str key, value;
    for (struct kit_tags_walk w = kit_tags_walk(set); kit_tags_next(&w, &key, &value);) {
        buf_clear(&name);
        buf_c(&name, prefix);
        buf_str(&name, key);
        policy_context_add(context, buf_view(&name), value.p ? value : S(""));
    }
}

/* Tags that the request wants to give. What is malformed the handler refuses. */
static void add_request_tags(const json_t *in, struct policy_context *context) {
    str key, value, header = json_str(in, "Tagging");
    CLEANUP_JSON json_t *set = header.p ? s3_tags_of_header(header)
                                        : json_incref(json_arr(json_obj(in, "Tagging"), "TagSet"));
    add_tags(context, "s3:RequestObjectTag/", set);
    for (struct kit_tags_walk w = kit_tags_walk(set); kit_tags_next(&w, &key, &value);)
        policy_context_add(context, S("s3:RequestObjectTagKeys"), key);
}

static bool is_existing_tag(str key) { return str_starts_nocase(key, S("s3:ExistingObjectTag/")); }

/* Whose tags are asked for. In the request's arena. */
struct tagged {
    struct s3_svc *svc;
    struct rq *rq;
    const struct aws_question *question;
};

/* Of the object, or of the very version, that the question is about. */
static int add_existing_tags(void *arg, struct policy_context *context) {
    const struct tagged *of = arg;
    struct s3_svc *svc = of->svc;
    struct rq *rq = of->rq;
    const struct aws_question *question = of->question;
    struct s3_bucket *bucket = NULL;
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    /* rights are those of the moment they are asked for */
    const struct rows peek = {svc->store, NULL, NULL};
    str name, key;
    if (!s3_arn_parts(question->resource, &name, &key) || key.len > S3_MAX_KEY)
        return 0;
    int r = s3_bucket_of(svc, rq, name, &bucket);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    r = question->version.p ? s3_find_version(&peek, bucket->row.id, key, question->version, &found)
                            : s3_find_current(&peek, bucket->row.id, key, &found);
    if (r)
        return r == STORE_E_ABSENT || r == S3_E_VERSION_ID
                   ? 0
                   : s3_fault(rq, r, "read the object's tags");
    CLEANUP_JSON json_t *set = s3_tags_to_set(found.object.tags);
    add_tags(context, "s3:ExistingObjectTag/", set);
    return 0;
}

/*
 * Beside the header as it is written, which is the key's value anyway: as "bucket/key", so that
 * another spelling of it is no way around a policy.
 */
static void add_copy_source(struct rq *rq, struct policy_context *context) {
    struct s3_copy_source source;
    str given = json_str(rq->in, "CopySource");
    if (!given.p || s3_copy_source_parse(&rq->arena, given, &source) != S3_COPY_SOURCE_OK)
        return;
    str plain =
        arena_printf(&rq->arena, STR_FMT "/" STR_FMT, STR_ARG(source.bucket), STR_ARG(source.key));
    if (!str_eq(plain, given))
        policy_context_add(context, S("s3:x-amz-copy-source"), plain);
}

int s3_hook_context(void *svc_, struct rq *rq, const struct aws_question *question,
                    struct policy_context *context) {
    if (question->version.p)
        policy_context_add(context, S("s3:versionid"), question->version);
    if (!(question->flags & RIGHT_APART))
        add_copy_source(rq, context);
    if (question->flags & (S3_CREATES | S3_PREPARES))
        policy_context_add(context, S("s3:ObjectCreationOperation"),
                           question->flags & S3_CREATES ? S("true") : S("false"));
    if (question->flags & S3_NEW_TAGS)
        add_request_tags(rq->in, context);
    if (question->flags & S3_OLD_TAGS) {
        struct tagged *of = arena_new(&rq->arena, struct tagged);
        *of = (struct tagged){svc_, rq, question};
        policy_context_add_later(context, is_existing_tag, add_existing_tags, of);
    }
    return 0;
}
