/*
 * May the caller do this? The row's action on the row's resource, through policy_decide, with the
 * global condition keys and the service's own; then the service's last word.
 */
#include "aws/aws_priv.h"

#include "base/clock.h"

/* ---- Context keys ---- */

static void add_principal(struct policy_context *c, const struct aws_identity *id) {
    static const char *const types[] = {
        [PRINCIPAL_ANONYMOUS] = "Anonymous", [PRINCIPAL_ROOT] = "Account", [PRINCIPAL_USER] = "User",
        [PRINCIPAL_SESSION] = "AssumedRole", [PRINCIPAL_SERVICE] = "Service",
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

static void add_wire(struct policy_context *c, const struct rq *rq) {
    const struct aws_auth *auth = &rq->priv->auth;
    bool query = auth->kind == AWS_AUTH_V4_QUERY || auth->kind == AWS_AUTH_V2_QUERY;
    if (rq->net->peer_ip.len)
        policy_context_add(c, S("aws:SourceIp"), rq->net->peer_ip);
    add_header(c, rq, S("aws:UserAgent"), "User-Agent");
    add_header(c, rq, S("aws:Referer"), "Referer");
    if (rq->priv->route.api != &api_s3 || auth->kind == AWS_AUTH_ANONYMOUS)
        return;
    policy_context_add(c, S("s3:signatureversion"), auth->kind == AWS_AUTH_V2_QUERY ? S("AWS") : S("AWS4-HMAC-SHA256"));
    policy_context_add(c, S("s3:authType"), query ? S("REST-QUERY-STRING") : S("REST-HEADER"));
    if (auth->payload_hash.p)
        policy_context_add(c, S("s3:x-amz-content-sha256"), auth->payload_hash);
    if (auth->signed_ms) {
        char age[32];
        snprintf(age, sizeof age, "%lld", (long long)(clock_real_ms() - auth->signed_ms));
        policy_context_add(c, S("s3:signatureAge"), str_c(age));
    }
}

static void add_time(struct policy_context *c) {
    char text[CLOCK_ISO_MAX];
    int64_t now = clock_real_ms();
    policy_context_add(c, S("aws:CurrentTime"), str_c(clock_iso8601(text, now)));
    snprintf(text, sizeof text, "%lld", (long long)(now / 1000));
    policy_context_add(c, S("aws:EpochTime"), str_c(text));
}

/* Made at the first check, from the input as decoded. */
static struct policy_context *context_of(struct rq *rq) {
    if (rq->priv->context)
        return rq->priv->context;
    struct policy_context *c = rq->priv->context = policy_context_new();
    bool service = rq->caller && rq->caller->principal.kind == PRINCIPAL_SERVICE;
    policy_context_add(c, S("aws:SecureTransport"), rq_is_secure(rq) ? S("true") : S("false"));
    policy_context_add(c, S("aws:RequestedRegion"), rq->region);
    policy_context_add(c, S("aws:PrincipalIsAWSService"), service ? S("true") : S("false"));
    policy_context_add(c, S("aws:ViaAWSService"), S("false"));
    add_principal(c, rq->caller);
    add_time(c);
    if (rq->net)
        add_wire(c, rq);
    if (rq->service->context)
        rq->service->context(rq->svc, rq, c);
    return c;
}

/* ---- The decision ---- */

/* The fifth part of an ARN; empty for S3's buckets. */
static str arn_account(str arn) {
    str part, rest = arn;
    for (int i = 0; i < 5; i++)
        if (!str_cut(rest, ':', &part, &rest))
            return S("");
    return part;
}

/* Sets the error, or only tells why. */
static int deny(struct rq *rq, const struct policy_request *request, struct policy_decision decision, struct buf *why) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (rq->caller) /* S3 tells a stranger nothing */
        policy_explain(request, decision, &text);
    else
        buf_c(&text, "Access Denied");
    if (!why)
        return aws_fail_common(rq, COMMON_ACCESS_DENIED, STR_FMT, STR_ARG(buf_view(&text)));
    buf_str(why, buf_view(&text));
    return AWS_FAILED;
}

/* 0 or AWS_FAILED; why not NULL: a refusal by policy is told there and sets no error. */
static int decide(struct rq *rq, const char *action, str resource_arn, struct buf *why) {
    struct policy_request request = {
        .action = str_c(action), .resource = resource_arn, .context = context_of(rq),
        .resource_account = arn_account(resource_arn),
    };
    struct policy_set set = {0};
    if (rq->caller) {
        request.principal = rq->caller->principal;
        set = rq->caller->policies;
    }
    if (rq->service->resource_policy) {
        str owner = STR_NONE;
        int r = rq->service->resource_policy(rq->svc, rq, resource_arn, &set.resource, &owner);
        if (r)
            return r == AWS_FAILED ? r : aws_fault(rq, r, "reading a resource policy");
        if (owner.len)
            request.resource_account = owner;
    }
    if (!rq->caller && request.resource_account.len)
        rq->account = arena_str(&rq->arena, request.resource_account);
    struct policy_decision decision = policy_decide(&request, &set);
    if (decision.effect != POLICY_ALLOWED)
        return deny(rq, &request, decision, why);
    if (!rq->service->veto)
        return 0;
    bool via_resource = decision.by && strcmp(decision.by, "resource-based policy") == 0;
    return rq->service->veto(rq->svc, rq, resource_arn, via_resource || !rq->caller);
}

int aws_authorize(struct rq *rq, const char *action, str resource_arn) {
    return decide(rq, action, resource_arn, NULL);
}

bool aws_may(struct rq *rq, const char *action, str resource_arn, struct buf *why) {
    CLEANUP_DEINIT(buf) struct buf unread = {0};
    bool clean = rq->priv->error == NULL;
    if (!why)
        why = &unread;
    if (decide(rq, action, resource_arn, why) == 0)
        return true;
    if (clean && rq->priv->error && rq->priv->error->status < 500) { /* a veto: its words, not its error */
        buf_str(why, rq->priv->message);
        rq->priv->error = NULL;
        rq->priv->details = NULL;
    }
    return false;
}

/* ---- The row's resource ---- */

static void fill(struct rq *rq, str name, struct buf *arn) {
    if (str_is(name, "region"))
        buf_str(arn, rq->region);
    else if (str_is(name, "account"))
        buf_str(arn, rq->account);
    else
        buf_str(arn, json_str(rq->in, arena_cstr(&rq->arena, name)));
}

static void fill_template(struct rq *rq, str text, struct buf *arn) {
    str head, name;
    while (str_cut(text, '{', &head, &text)) {
        buf_str(arn, head);
        str_cut(text, '}', &name, &text);
        fill(rq, name, arn);
    }
    buf_str(arn, head);
}

int aws_authorize_row(struct rq *rq) {
    const struct aws_op *op = rq->op;
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    bool asked = op->flags & (OP_NO_AUTH | OP_SELF_AUTH);
    if (strcmp(op->resource, "@") != 0) {
        fill_template(rq, str_c(op->resource), &arn);
    } else if (!asked) {
        int r = rq->service->resource(rq->svc, rq, &arn);
        if (r)
            return r == AWS_FAILED ? r : aws_fault(rq, r, "naming a resource");
    }
    /* Also where nothing is asked here: a contended commit is serialised by it. */
    rq->priv->resource_arn = arena_str(&rq->arena, buf_view(&arn));
    return asked ? 0 : aws_authorize(rq, op->action, rq->priv->resource_arn);
}
