/*
 * The condition keys of one question. A question is (action, resource), so its keys are made for it
 * alone; those that the request alone decides (who, when, how) are made once and lie below
 * ("AWS global condition context keys" in the IAM User Guide).
 */
#include "aws/aws_priv.h"

#include "base/clock.h"

/* ---- Of the request ---- */

void aws_context_add_principal(struct policy_context *c, const struct aws_identity *id) {
    static const char *const types[] = {
        [PRINCIPAL_ANONYMOUS] = "Anonymous", [PRINCIPAL_ROOT] = "Account",
        [PRINCIPAL_USER] = "User",           [PRINCIPAL_SESSION] = "AssumedRole",
        [PRINCIPAL_SERVICE] = "Service",
    };
    if (!id) {
        policy_context_add(c, S("aws:PrincipalType"), S("Anonymous"));
        return;
    }
    const struct policy_principal *p = &id->principal;
    /* For a session aws:PrincipalArn is the role's ARN, not the session's. */
    policy_context_add(c, S("aws:PrincipalArn"), p->role_arn.len ? p->role_arn : p->arn);
    policy_context_add(c, S("aws:PrincipalType"), str_c(types[p->kind]));
    if (p->account.len)
        policy_context_add(c, S("aws:PrincipalAccount"), p->account);
    if (id->user_id.len)
        policy_context_add(c, S("aws:userid"), id->user_id);
    if (id->user_name.len)
        policy_context_add(c, S("aws:username"), id->user_name);
    if (p->kind == PRINCIPAL_SERVICE)
        policy_context_add(c, S("aws:PrincipalServiceName"), p->arn);
}

static void add_header(struct policy_context *c, const struct rq *rq, str key, const char *header) {
    str value = rq_header(rq, header);
    if (value.p)
        policy_context_add(c, key, value);
}

static void add_prefixed(struct policy_context *c, str prefix, const char *name, str value) {
    char key[64];
    snprintf(key, sizeof key, STR_FMT ":%s", STR_ARG(prefix), name);
    policy_context_add(c, str_c(key), value);
}

/* How the request was signed: prefix:authType and the others, where the service has such keys. */
static void add_signature(struct policy_context *c, const struct aws_auth *auth, str prefix) {
    bool query = auth->kind == AWS_AUTH_V4_QUERY || auth->kind == AWS_AUTH_V2_QUERY;
    add_prefixed(c, prefix, "signatureversion",
                 auth->kind == AWS_AUTH_V2_QUERY ? S("AWS") : S("AWS4-HMAC-SHA256"));
    add_prefixed(c, prefix, "authType", query ? S("REST-QUERY-STRING") : S("REST-HEADER"));
    if (auth->payload_hash.p)
        add_prefixed(c, prefix, "x-amz-content-sha256", auth->payload_hash);
    if (auth->signed_ms) {
        char age[32];
        snprintf(age, sizeof age, "%lld", (long long)(clock_real_ms() - auth->signed_ms));
        add_prefixed(c, prefix, "signatureAge", str_c(age));
    }
}

static void add_wire(struct policy_context *c, const struct rq *rq) {
    const struct aws_auth *auth = &rq->priv->auth;
    if (rq->net->peer_ip.len)
        policy_context_add(c, S("aws:SourceIp"), rq->net->peer_ip);
    add_header(c, rq, S("aws:UserAgent"), "User-Agent");
    add_header(c, rq, S("aws:Referer"), "Referer");
    if (rq->priv->route.api->signature_keys.p && auth->kind != AWS_AUTH_ANONYMOUS)
        add_signature(c, auth, rq->priv->route.api->signature_keys);
}

void aws_context_add_time(struct policy_context *c) {
    char text[CLOCK_ISO_MAX];
    int64_t now = clock_real_ms();
    policy_context_add(c, S("aws:CurrentTime"), str_c(clock_iso8601(text, now)));
    snprintf(text, sizeof text, "%lld", (long long)(now / 1000));
    policy_context_add(c, S("aws:EpochTime"), str_c(text));
}

const struct policy_context *aws_context_of_request(struct rq *rq) {
    if (rq->priv->context)
        return rq->priv->context;
    struct policy_context *c = rq->priv->context = policy_context_new();
    bool service = rq->caller && rq->caller->principal.kind == PRINCIPAL_SERVICE;
    policy_context_add(c, S("aws:SecureTransport"), rq_is_secure(rq) ? S("true") : S("false"));
    policy_context_add(c, S("aws:RequestedRegion"), rq->region);
    policy_context_add(c, S("aws:PrincipalIsAWSService"), service ? S("true") : S("false"));
    policy_context_add(c, S("aws:ViaAWSService"), S("false"));
    aws_context_add_principal(c, rq->caller);
    aws_context_add_time(c);
    if (rq->net)
        add_wire(c, rq);
    return c;
}

/* ---- Of the question ---- */

static void add_tag(struct policy_context *c, str key, str value) {
    if (!key.p)
        return;
    policy_context_add(c, S("aws:TagKeys"), key);
    if (!value.p)
        return;
    CLEANUP_DEINIT(buf) struct buf name = {0};
    buf_printf(&name, "aws:RequestTag/" STR_FMT, STR_ARG(key));
    policy_context_add(c, buf_view(&name), value);
}

/* A list of {Key, Value}, a map, or a list of keys alone. */
static void add_request_tags(struct policy_context *c, const json_t *tags) {
    const char *key;
    json_t *value;
    size_t i;
    json_object_foreach ((json_t *)tags, key, value)
        add_tag(c, str_c(key), json_text(value));
    json_array_foreach (tags, i, value) {
        if (json_is_string(value))
            add_tag(c, json_text(value), STR_NONE);
        else
            add_tag(c, json_str(value, "Key"), json_str(value, "Value"));
    }
}

static void add_member(struct policy_context *c, str key, const json_t *value) {
    if (json_is_integer(value)) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        policy_context_add(c, key, str_c(number));
    } else if (json_is_string(value)) {
        policy_context_add(c, key, json_text(value));
    }
}

int aws_context_add_question(struct rq *rq, const struct right *right,
                             const struct aws_question *question, size_t item,
                             struct policy_context *c) {
    const struct op_rights *of = aws_cloud_rights(rq);
    if (right->row.passed_to) { /* IAM's action: none of the service's keys */
        policy_context_add(c, str_c(right->row.passed_key), str_c(right->row.passed_to));
        return 0;
    }
    for (size_t i = 0; i < of->n_keys && !(right->row.flags & RIGHT_APART); i++)
        add_member(c, str_c(of->keys[i].key), member_value(rq, &of->keys[i].member, item));
    if (right->row.tags)
        add_request_tags(c, member_value(rq, &right->tags, item));
    return rq->service->context ? rq->service->context(rq->svc, rq, question, c) : 0;
}
