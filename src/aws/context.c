/*
 * The condition keys of one question. A question is (action, resource), so its keys are made for it
 * alone; those that the request alone decides (who, when, how) are made once and lie below
 * ("AWS global condition context keys" in the IAM User Guide).
 */
#include "aws/aws_priv.h"

#include "base/clock.h"

/* ---- Tags ---- */

static void add_tag(struct policy_context *c, str prefix, str key, str value) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    buf_printf(&name, STR_FMT STR_FMT, STR_ARG(prefix), STR_ARG(key));
    policy_context_add(c, buf_view(&name), value);
}

/* A list of {Key, Value}, a map, or a list of keys alone, which has no values to add. */
void aws_context_add_tags(struct policy_context *c, str prefix, const json_t *tags) {
    const char *key;
    json_t *value;
    size_t i;
    json_object_foreach ((json_t *)tags, key, value)
        add_tag(c, prefix, str_c(key), json_text(value));
    json_array_foreach (tags, i, value)
        if (json_has(value, "Value"))
            add_tag(c, prefix, json_str(value, "Key"), json_str(value, "Value"));
}

static void add_tag_keys(struct policy_context *c, const json_t *tags) {
    const char *key;
    json_t *value;
    size_t i;
    json_object_foreach ((json_t *)tags, key, value)
        policy_context_add(c, S("aws:TagKeys"), str_c(key));
    json_array_foreach (tags, i, value) {
        str name = json_is_string(value) ? json_text(value) : json_str(value, "Key");
        if (name.p)
            policy_context_add(c, S("aws:TagKeys"), name);
    }
}

/* ---- Of the request ---- */

static void add_session(struct policy_context *c, const struct aws_identity *id) {
    char issued[CLOCK_ISO_MAX];
    policy_context_add(c, S("aws:TokenIssueTime"), str_c(clock_iso8601(issued, id->issued_ms)));
    policy_context_add(c, S("aws:MultiFactorAuthPresent"), S("false"));
}

/* It has the name of a service: lambda:SourceFunctionArn. */
static void add_key_of_session(struct policy_context *c, const struct aws_identity *id) {
    if (id && id->principal.kind == PRINCIPAL_SESSION && id->key.name.len)
        policy_context_add(c, id->key.name, id->key.value);
}

static void add_principal(struct policy_context *c, const struct aws_identity *id) {
    static const char *const types[] = {
        [PRINCIPAL_ANONYMOUS] = "Anonymous", [PRINCIPAL_ROOT] = "Account",
        [PRINCIPAL_USER] = "User",           [PRINCIPAL_SESSION] = "AssumedRole",
        [PRINCIPAL_SERVICE] = "Service",
    };
    if (!id) {
        policy_context_add(c, S("aws:PrincipalType"), S("Anonymous"));
        policy_context_add(c, S("aws:PrincipalAccount"), S("anonymous"));
        policy_context_add(c, S("aws:userid"), S("anonymous"));
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
    if (p->kind == PRINCIPAL_SESSION)
        add_session(c, id);
    aws_context_add_tags(c, S("aws:PrincipalTag/"), id->tags);
}

void aws_context_add_principal(struct policy_context *c, const struct aws_identity *id) {
    add_principal(c, id);
    add_key_of_session(c, id);
}

void aws_context_add_service(struct policy_context *c, str service, str region) {
    static const str name = S_INIT("aws:PrincipalServiceName"),
                     list = S_INIT("aws:PrincipalServiceNamesList");
    str base = str_ends(service, S(".amazonaws.com"))
                   ? str_slice(service, 0, service.len - strlen(".amazonaws.com"))
                   : service;
    policy_context_add(c, S("aws:PrincipalType"), S("Service"));
    policy_context_add(c, name, service);
    policy_context_add(c, list, service);
    if (!region.len || base.len == service.len)
        return;
    CLEANUP_DEINIT(buf) struct buf regional = {0};
    buf_printf(&regional, STR_FMT "." STR_FMT ".amazonaws.com", STR_ARG(base), STR_ARG(region));
    policy_context_add(c, list, buf_view(&regional));
}

static void add_header(struct policy_context *c, const struct rq *rq, str key, const char *header) {
    str value = rq_header(rq, header);
    if (value.p)
        policy_context_add(c, key, value);
}

static void add_prefixed(struct policy_context *c, str prefix, const char *name, str value) {
    char key[64];
    size_t n = strlen(name);
    if (prefix.len + 1 + n >= sizeof key)
        abort();
    memcpy(key, prefix.p, prefix.len);
    key[prefix.len] = ':';
    memcpy(key + prefix.len + 1, name, n + 1);
    policy_context_add(c, str_n(key, prefix.len + 1 + n), value);
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

static void add_how_signed(struct policy_context *c, const struct rq *rq) {
    const struct aws_auth *auth = &rq->priv->auth;
    str prefix = rq->priv->route.api->signature_keys;
    if (prefix.p && auth->kind != AWS_AUTH_ANONYMOUS)
        add_signature(c, auth, prefix);
}

void aws_context_add_time(struct policy_context *c) {
    char text[CLOCK_ISO_MAX];
    int64_t now = clock_real_ms();
    policy_context_add(c, S("aws:CurrentTime"), str_c(clock_iso8601(text, now)));
    snprintf(text, sizeof text, "%lld", (long long)(now / 1000));
    policy_context_add(c, S("aws:EpochTime"), str_c(text));
}

/* What never leaves the machine is as safe as the newest. */
static void add_tls(struct policy_context *c, const struct rq *rq) {
    str prefix = rq->priv->route.api->signature_keys;
    if (prefix.p && rq_is_secure(rq))
        add_prefixed(c, prefix, "TlsVersion",
                     rq->net && rq->net->tls ? net_tls_version(rq->net) : S("1.3"));
}

static void add_behalf(struct policy_context *c, const struct aws_behalf *behalf) {
    policy_context_add(c, S("aws:ViaAWSService"), behalf->is_via ? S("true") : S("false"));
    if (!behalf->called_via.len)
        return;
    policy_context_add(c, S("aws:CalledVia"), behalf->called_via);
    policy_context_add(c, S("aws:CalledViaFirst"), behalf->called_via);
    policy_context_add(c, S("aws:CalledViaLast"), behalf->called_via);
}

static bool is_aws(str key) { return str_starts_nocase(key, S("aws:")); }

static bool is_of_principal(str key) {
    return str_starts_nocase(key, S("aws:Principal")) || str_eq_nocase(key, S("aws:userid")) ||
           str_eq_nocase(key, S("aws:username")) ||
           str_starts_nocase(key, S("aws:TokenIssueTime")) ||
           str_starts_nocase(key, S("aws:MultiFactorAuth"));
}

static int fill_principal(void *arg, struct policy_context *c) {
    const struct rq *rq = arg;
    if (rq->caller)
        policy_context_add(c, S("aws:PrincipalIsAWSService"), S("false"));
    add_principal(c, rq->caller);
    return 0;
}

static bool is_of_service(str key) { return !is_aws(key); }

static int fill_key_of_session(void *arg, struct policy_context *c) {
    const struct rq *rq = arg;
    add_key_of_session(c, rq->caller);
    return 0;
}

/* Those that are there from the beginning, as most policies look at no others. */
static bool is_of_transport(str key) {
    return str_eq_nocase(key, S("aws:SecureTransport")) || str_eq_nocase(key, S("aws:SourceIp")) ||
           str_eq_nocase(key, S("aws:RequestedRegion"));
}

static bool is_of_call(str key) {
    return is_aws(key) && !is_of_transport(key) && !is_of_principal(key);
}

static int fill_call(void *arg, struct policy_context *c) {
    struct rq *rq = arg;
    add_behalf(c, &rq->behalf);
    aws_context_add_time(c);
    add_header(c, rq, S("aws:UserAgent"), "User-Agent");
    add_header(c, rq, S("aws:Referer"), "Referer");
    return 0;
}

static bool is_named(str key, const char *name) {
    str service, its;
    return str_cut(key, ':', &service, &its) && str_eq_nocase(its, str_c(name));
}

/* "s3:TlsVersion" has the service's name. */
static bool is_of_tls(str key) { return is_named(key, "TlsVersion"); }

static int fill_tls(void *arg, struct policy_context *c) {
    add_tls(c, arg);
    return 0;
}

/* So have those of add_signature. */
static bool is_of_signature(str key) {
    static const char *const names[] = {"signatureversion", "authType", "x-amz-content-sha256",
                                        "signatureAge"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (is_named(key, names[i]))
            return true;
    return false;
}

static int fill_signature(void *arg, struct policy_context *c) {
    struct rq *rq = arg;
    if (rq->net)
        add_how_signed(c, rq);
    return 0;
}

const struct policy_context *aws_context_of_request(struct rq *rq) {
    if (rq->priv->context)
        return rq->priv->context;
    struct policy_context *c = rq->priv->context = policy_context_new();
    policy_context_add(c, S("aws:SecureTransport"), rq_is_secure(rq) ? S("true") : S("false"));
    policy_context_add(c, S("aws:RequestedRegion"), rq->region);
    if (rq->net && rq->net->peer_ip.len)
        policy_context_add(c, S("aws:SourceIp"), rq->net->peer_ip);
    policy_context_add_later(c, is_of_principal, fill_principal, rq);
    policy_context_add_later(c, is_of_call, fill_call, rq);
    policy_context_add_later(c, is_of_tls, fill_tls, rq);
    policy_context_add_later(c, is_of_signature, fill_signature, rq);
    policy_context_add_later(c, is_of_service, fill_key_of_session, rq);
    return c;
}

/* ---- Of the question ---- */

/* A list is a key of several values; times are seconds, with a fraction. */
static void add_member(struct policy_context *c, str key, const json_t *value) {
    char number[32];
    size_t i;
    json_t *item;
    json_array_foreach (value, i, item)
        if (json_is_string(item))
            policy_context_add(c, key, json_text(item));
    if (json_is_string(value))
        policy_context_add(c, key, json_text(value));
    else if (json_is_boolean(value))
        policy_context_add(c, key, json_is_true(value) ? S("true") : S("false"));
    if (json_is_integer(value))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(number, sizeof number, "%.3f", json_real_value(value));
    if (json_is_number(value))
        policy_context_add(c, key, str_c(number));
}

/* Of a list that the right does not go through, every item's. */
static void add_key(struct rq *rq, const struct op_key *key, size_t item,
                    struct policy_context *c) {
    str name = str_c(key->key);
    const json_t *value = member_value(rq, &key->member, item);
    if (key->member.list != NO_LIST && item == NO_ITEM)
        for (size_t i = 0; i < member_items(rq, &key->member); i++)
            add_member(c, name, member_value(rq, &key->member, i));
    else if (!value && key->implied)
        policy_context_add(c, name, str_c(key->implied));
    else
        add_member(c, name, value);
}

/* Whose the resource is. Where there is none, what is done is done to the caller's account. */
static void add_owner(struct rq *rq, const struct aws_question *question,
                      struct policy_context *c) {
    str owner = question->account.len ? question->account : rq->account;
    policy_context_add(c, S("aws:ResourceAccount"), owner);
    if (rq->service->api->signature_keys.p)
        add_prefixed(c, rq->service->api->signature_keys, "ResourceAccount", owner);
}

/* The role that is passed is asked of the service whose action that is. */
static int add_passed_role(struct rq *rq, const struct aws_question *question,
                           struct policy_context *c) {
    str owner, action;
    str_cut(str_c(question->action), ':', &owner, &action);
    const struct aws_service *service = aws_cloud_service_named(rq->cloud, owner);
    return service && service->context ? service->context(service->svc, rq, question, c) : 0;
}

bool aws_context_is_tag_of_resource(str key) {
    return str_starts_nocase(key, S("aws:ResourceTag/"));
}

/*
 * Services whose resources have no tags of their own add those of a role (svc/iam, svc/sts). What
 * the whole request decides is no question's, though it has a service's name.
 */
bool aws_context_is_of_question(str key) {
    if (!is_aws(key))
        return !is_of_tls(key) && !is_of_signature(key);
    return str_starts_nocase(key, S("aws:Resource")) ||
           str_starts_nocase(key, S("aws:RequestTag/")) || str_eq_nocase(key, S("aws:TagKeys"));
}

int aws_context_add_resource_tags(struct rq *rq, const struct aws_question *question,
                                  struct policy_context *c) {
    CLEANUP_JSON json_t *tags = NULL;
    int r = rq->service->tags ? rq->service->tags(rq->svc, rq, question->resource, &tags) : 0;
    aws_context_add_tags(c, S("aws:ResourceTag/"), tags);
    return r;
}

int aws_context_add_question(struct rq *rq, const struct right *right,
                             const struct aws_question *question, size_t item,
                             struct policy_context *c) {
    const struct op_rights *of = aws_cloud_rights(rq);
    add_owner(rq, question, c);
    if (right->row.passed_to) { /* IAM's action: none of the service's keys */
        policy_context_add(c, str_c(right->row.passed_key), str_c(right->row.passed_to));
        return add_passed_role(rq, question, c);
    }
    for (size_t i = 0; i < of->n_keys && !(right->row.flags & RIGHT_APART); i++)
        add_key(rq, &of->keys[i], item, c);
    if (right->row.tags) {
        const json_t *tags = member_value(rq, &right->tags, item);
        aws_context_add_tags(c, S("aws:RequestTag/"), tags);
        add_tag_keys(c, tags);
    }
    return rq->service->context ? rq->service->context(rq->svc, rq, question, c) : 0;
}
