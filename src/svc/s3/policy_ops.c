/* svc/s3: bucket policies stored, given back, and kept from being public where that is blocked. */
#include "aws/keys.h"
#include "svc/s3/config.h"

static int malformed(struct rq *rq, const char *text) {
    return aws_fail(rq, &S3_MalformedPolicy, "%s", text);
}

/* One value or each of an array of them. */
static bool each_text(const json_t *value, bool (*ok)(str text, str bucket), str bucket) {
    if (json_is_string(value))
        return ok(json_text(value), bucket);
    size_t i;
    json_t *item;
    json_array_foreach (value, i, item)
        if (!ok(json_text(item), bucket))
            return false;
    return true;
}

/* A bucket's policy speaks of the bucket and what is in it, and of nothing else. */
static bool resource_is_ours(str text, str bucket) {
    str name, key;
    return s3_arn_parts(text, &name, &key) && str_glob(name, bucket, false);
}

static bool action_is_ours(str text, str) {
    return str_is(text, "*") || str_starts_nocase(text, S("s3:"));
}

static int check_statement(struct rq *rq, const json_t *statement, str bucket) {
    static const struct {
        const char *member;
        bool (*ok)(str, str);
        const char *text;
    } checks[] = {
        {"Resource", resource_is_ours, "Policy has invalid resource"},
        {"NotResource", resource_is_ours, "Policy has invalid resource"},
        {"Action", action_is_ours, "Policy has invalid action"},
        {"NotAction", action_is_ours, "Policy has invalid action"},
    };
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        if (!each_text(json_object_get(statement, checks[i].member), checks[i].ok, bucket))
            return malformed(rq, checks[i].text);
    return 0;
}

static int check_policy(struct rq *rq, str text, str bucket) {
    struct err why = {""};
    CLEANUP_JSON json_t *doc = str_starts(text, S("{")) ? json_parse(text, &why) : NULL;
    if (!json_is_object(doc))
        return malformed(rq, S3_MalformedPolicy.text);
    const json_t *statements = json_object_get(doc, "Statement");
    if (json_is_object(statements))
        return check_statement(rq, statements, bucket);
    size_t i;
    json_t *statement;
    json_array_foreach (statements, i, statement) {
        int r = check_statement(rq, statement, bucket);
        if (r)
            return r;
    }
    return 0;
}

static int blocked(struct rq *rq, str bucket) {
    str who = rq->caller ? rq->caller->principal.arn : S("anonymous");
    return aws_fail(rq, &S3_AccessDenied,
                    "User: " STR_FMT
                    " is not authorized to perform: s3:PutBucketPolicy on resource: "
                    "\"arn:aws:s3:::" STR_FMT "\" because public policies are blocked by the "
                    "BlockPublicPolicy block public access setting.",
                    STR_ARG(who), STR_ARG(bucket));
}

static int take_policy(struct s3_svc *, struct rq *rq, struct s3_config *config) {
    CLEANUP(policy) struct policy *policy = NULL;
    struct err why = {""};
    str text = json_str(rq->in, "Policy");
    int r = check_policy(rq, text, config->bucket->name);
    if (r)
        return r;
    if (aws_policy_new(rq, POLICY_RESOURCE, text, &policy, &why))
        return malformed(rq, why.text);
    if ((config->row.block & S3_BLOCK_POLICY) && policy_is_public(policy))
        return blocked(rq, config->bucket->name);
    config->row.has_policy = true;
    buf_str(&config->text, text);
    return 0;
}

static json_t *show_policy(struct rq *rq, const struct s3_bucket *, str text) {
    if (!text.p)
        return NULL;
    rq_out_header(rq, "Content-Type", S("application/json"));
    json_t *out = json_object();
    json_set_str(out, "Policy", text);
    return out;
}

static json_t *show_status(struct rq *, const struct s3_bucket *bucket, str) {
    return bucket->policy
               ? json_pack("{s:{s:b}}", "PolicyStatus", "IsPublic", bucket->policy_is_public)
               : NULL;
}

static void clear_policy(struct s3_bucket_row *row) { row->has_policy = false; }

static const struct s3_config_kind policy_kind = {.row = "policy",
                                                  .missing = &S3_NoSuchBucketPolicy,
                                                  .show = show_policy,
                                                  .take = take_policy,
                                                  .clear = clear_policy,
                                                  .put_status = 204},
                                   status_kind = {.missing = &S3_NoSuchBucketPolicy,
                                                  .show = show_status};
S3_CONFIG_OP(get, GetBucketPolicy, policy_kind)
S3_CONFIG_OP(put, PutBucketPolicy, policy_kind)
S3_CONFIG_OP(delete, DeleteBucketPolicy, policy_kind)
S3_CONFIG_OP(get, GetBucketPolicyStatus, status_kind)
