/*
 * AssumeRole. Whether the caller may was decided before the handler runs, by the row: the role's
 * trust policy is the resource policy of sts:AssumeRole.
 */
#include "aws/keys.h"
#include "base/arn.h"
#include "svc/sts/sts_priv.h"

enum { DEFAULT_SECONDS = 3600, CHAINED_SECONDS = 3600, POLICY_LIMIT = 2048, MAX_POLICY_ARNS = 10 };

int sts_hook_policy(void *, struct rq *rq, str arn, const struct policy **ret_policy,
                    str *ret_account) {
    struct iam_role_view role;
    int r = iam_role_of_request(rq, arn, &role);
    if (r == STORE_E_ABSENT)
        return 0;
    if (r)
        return r;
    *ret_policy = role.trust;
    *ret_account = role.account;
    return 0;
}

int sts_hook_context(void *, struct rq *rq, const struct aws_question *question,
                     struct policy_context *context) {
    return iam_add_role_tags(rq, question->resource, context);
}

/* What is not supported is refused by its name. */
static int check_members(struct rq *rq) {
    static const char *const refused[] = {"Tags",      "TransitiveTagKeys", "SerialNumber",
                                          "TokenCode", "SourceIdentity",    "ProvidedContexts"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        const json_t *value = json_object_get(rq->in, refused[i]);
        if (value && !(json_is_array(value) && json_array_size(value) == 0))
            return aws_fail(rq, &STS_ValidationError, "%s is not supported by calotype",
                            refused[i]);
    }
    return 0;
}

static int check_duration(struct rq *rq, const struct iam_role_view *role, int64_t *ret_seconds) {
    bool chained = rq->caller && rq->caller->principal.kind == PRINCIPAL_SESSION;
    bool given = json_has(rq->in, "DurationSeconds");
    int64_t seconds = json_int(rq->in, "DurationSeconds", DEFAULT_SECONDS);
    if (chained && given && seconds > CHAINED_SECONDS)
        return aws_fail(rq, &STS_ValidationError,
                        "The requested DurationSeconds exceeds the 1 hour session limit for "
                        "roles assumed by role chaining.");
    if (seconds > role->max_session_seconds)
        return aws_fail(
            rq, &STS_ValidationError,
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    *ret_seconds = seconds;
    return 0;
}

/*
 * Session policies as the session keeps them; managed ones as ARNs alone, added to the array arns.
 */
static int take_policies(struct rq *rq, json_t *arns, struct iam_session_terms *ret,
                         size_t *ret_size) {
    ret->document = json_str(rq->in, "Policy");
    *ret_size = ret->document.len;
    struct err err = {{0}};
    if (ret->document.p && aws_policy_new(rq, POLICY_SESSION, ret->document, NULL, &err))
        return aws_fail(rq, &STS_MalformedPolicyDocument, "%s", err.text);
    const json_t *given = json_arr(rq->in, "PolicyArns");
    for (size_t i = 0; i < json_array_size(given); i++) {
        str arn = json_str(json_array_get(given, i), "arn");
        int r = iam_managed_policy_exists(rq, arn);
        if (r == STORE_E_ABSENT)
            return aws_fail(rq, &STS_ValidationError, "The policy " STR_FMT " does not exist",
                            STR_ARG(arn));
        if (r)
            return r;
        json_push_str(arns, arn);
        *ret_size += arn.len;
    }
    if (json_array_size(arns) > MAX_POLICY_ARNS)
        return aws_fail(rq, &STS_ValidationError, "PolicyArns may name at most %d policies",
                        MAX_POLICY_ARNS);
    ret->arns = json_array_size(arns) ? arns : NULL;
    if (*ret_size > POLICY_LIMIT)
        return aws_fail(rq, &STS_PackedPolicyTooLarge, "Serialized token too large for session");
    return 0;
}

static void answer(struct rq *rq, const struct iam_role_view *role,
                   const struct aws_credentials *made, size_t size) {
    str session = json_str(rq->in, "RoleSessionName");
    json_t *credentials = json_object(), *user = json_object();
    json_set_str(credentials, "AccessKeyId", str_c(made->access_key));
    json_set_str(credentials, "SecretAccessKey", str_c(made->secret_key));
    json_set_str(credentials, "SessionToken", buf_view(&made->session_token));
    json_set_int(credentials, "Expiration", made->expires_ms / 1000);
    json_set_str(
        user, "AssumedRoleId",
        arena_printf(&rq->arena, STR_FMT ":" STR_FMT, STR_ARG(role->id), STR_ARG(session)));
    json_set_str(user, "Arn",
                 arn_str(&rq->arena, "sts", STR_NONE, role->account,
                         "assumed-role/" STR_FMT "/" STR_FMT, STR_ARG(role->name),
                         STR_ARG(session)));
    rq->out = json_object();
    json_set(rq->out, "Credentials", credentials);
    json_set(rq->out, "AssumedRoleUser", user);
    if (size)
        json_set_int(rq->out, "PackedPolicySize",
                     (int64_t)((size * 100 + POLICY_LIMIT - 1) / POLICY_LIMIT));
}

int sts_op_AssumeRole(struct sts_svc *, struct rq *rq) {
    str arn = json_str(rq->in, "RoleArn");
    struct iam_role_view role;
    struct iam_session_terms terms = {.name = json_str(rq->in, "RoleSessionName")};
    size_t size = 0;
    CLEANUP_JSON json_t *arns = json_array();
    if (rq->caller && rq->caller->principal.kind == PRINCIPAL_ROOT)
        return aws_fail(rq, &STS_AccessDenied, "Roles may not be assumed by root accounts.");
    int r = iam_role_of_request(rq, arn, &role);
    if (r == STORE_E_ABSENT)
        return aws_fail(
            rq, &STS_AccessDenied,
            "User: " STR_FMT " is not authorized to perform: sts:AssumeRole on resource: " STR_FMT,
            STR_ARG(rq->caller ? rq->caller->principal.arn : S("anonymous")), STR_ARG(arn));
    if (r || check_members(rq) || check_duration(rq, &role, &terms.seconds) ||
        take_policies(rq, arns, &terms, &size))
        return AWS_FAILED;
    struct aws_credentials made = {.expires_ms = 0};
    iam_session_create(rq, &role, &terms, &made);
    answer(rq, &role, &made, size);
    buf_deinit(&made.session_token);
    return 0;
}
