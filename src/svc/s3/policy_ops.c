/* svc/s3: bucket policies stored, given back, and kept from being public where that is blocked. */
#include "svc/s3/s3_priv.h"

static int malformed(struct rq *rq, const char *text) {
    return aws_fail(rq, &S3_MalformedPolicy, "%s", text);
}

/* One value or each of an array of them. */
static bool each_text(const json_t *value, bool (*ok)(str text, str bucket), str bucket) {
    if (json_is_string(value))
        return ok(json_text(value), bucket);
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item)
        if (!ok(json_text(item), bucket))
            return false;
    return true;
}

/* A bucket's policy speaks of the bucket and what is in it, and of nothing else. */
static bool resource_is_ours(str text, str bucket) {
    static const str head = S_INIT("arn:aws:s3:::");
    str name, key;
    if (!str_starts(text, head))
        return false;
    str_cut(str_skip(text, head.len), '/', &name, &key);
    return str_glob(name, bucket, false);
}

static bool action_is_ours(str text, str bucket) {
    (void)bucket;
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
    json_array_foreach(statements, i, statement) {
        int r = check_statement(rq, statement, bucket);
        if (r)
            return r;
    }
    return 0;
}

static int blocked(struct rq *rq, str bucket) {
    str who = rq->caller ? rq->caller->principal.arn : S("anonymous");
    return aws_fail(rq, &S3_AccessDenied,
                    "User: " STR_FMT " is not authorized to perform: s3:PutBucketPolicy on resource: "
                    "\"arn:aws:s3:::" STR_FMT "\" because public policies are blocked by the "
                    "BlockPublicPolicy block public access setting.",
                    STR_ARG(who), STR_ARG(bucket));
}

int s3_op_PutBucketPolicy(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    CLEANUP(policy) struct policy *policy = NULL;
    struct err why = {""};
    str text = json_str(rq->in, "Policy");
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (!r)
        r = check_policy(rq, text, bucket->name);
    if (r)
        return r;
    if (policy_new(&policy, POLICY_RESOURCE, text, &why))
        return malformed(rq, why.text);
    if ((bucket->row.block & S3_BLOCK_POLICY) && policy_is_public(policy))
        return blocked(rq, bucket->name);
    struct s3_bucket_row row = bucket->row;
    row.has_policy = true;
    s3_config_put(svc, rq, bucket, "policy", text, row);
    rq_out_status(rq, 204);
    return 0;
}

static int no_policy(struct rq *rq, const struct s3_bucket *bucket) {
    aws_fail(rq, &S3_NoSuchBucketPolicy, NULL);
    aws_fail_detail(rq, "BucketName", bucket->name);
    return AWS_FAILED;
}

int s3_op_GetBucketPolicy(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    s3_key_config(&key, bucket->row.id, S("policy"));
    r = store_get(svc->store, NULL, STORE_META, buf_view(&key), &text);
    if (r == STORE_E_ABSENT)
        return no_policy(rq, bucket);
    if (r)
        return s3_fault(rq, r, "read the bucket's policy");
    rq_out_header(rq, "Content-Type", S("application/json"));
    rq->out = json_object();
    json_set_str(rq->out, "Policy", buf_view(&text));
    return 0;
}

int s3_op_DeleteBucketPolicy(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    struct s3_bucket_row row = bucket->row;
    row.has_policy = false;
    s3_config_put(svc, rq, bucket, "policy", STR_NONE, row);
    rq_out_status(rq, 204);
    return 0;
}

int s3_op_GetBucketPolicyStatus(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    if (!bucket->policy)
        return no_policy(rq, bucket);
    rq->out = json_pack("{s:{s:b}}", "PolicyStatus", "IsPublic", bucket->policy_is_public);
    return 0;
}
