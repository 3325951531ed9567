/*
 * May the caller do this? Each right that the operation's rows name, through policy_decide, with
 * the condition keys of that question (context.c), made where a policy looks at one; then the
 * service's last word.
 */
#include "aws/aws_priv.h"

#include "base/arn.h"

#include <errno.h>

/* ---- The decision ---- */

struct asking {
    struct rq *rq;
    const struct right *right;
    size_t item;
    struct aws_question question;
    const struct policy_set *set;   /* of the decision under way */
    struct policy_context *context; /* NULL until a policy wants a key */
    bool barred;                    /* the last decision was an explicit deny */
};

static int add_tags(void *arg, struct policy_context *context) {
    struct asking *a = arg;
    return aws_context_add_resource_tags(a->rq, &a->question, context);
}

static int add_question(void *arg, struct policy_context *context) {
    struct asking *a = arg;
    return aws_context_add_question(a->rq, a->right, &a->question, a->item, context);
}

/* Documents that were stored before their keys were checked. */
static void tell_unknown(const struct asking *a) {
    struct keys *keys = a->rq->cloud->keys;
    const struct policy_set *set = a->set;
    for (size_t i = 0; i < set->n_identity; i++)
        keys_tell_unknown(keys, set->identity[i]);
    for (size_t i = 0; i < set->n_session; i++)
        keys_tell_unknown(keys, set->session[i]);
    keys_tell_unknown(keys, set->boundary);
    keys_tell_unknown(keys, set->resource);
}

static const struct policy_context *make_context(void *arg) {
    struct asking *a = arg;
    if (a->context)
        return a->context;
    if (!a->rq->priv->context) /* once a request */
        tell_unknown(a);
    a->context = policy_context_new_over(aws_context_of_request(a->rq));
    policy_context_add_later(a->context, aws_context_is_of_question, add_question, a);
    policy_context_add_later(a->context, aws_context_is_tag_of_resource, add_tags, a);
    return a->context;
}

static void drop_context(struct asking *a) {
#ifdef CALOTYPE_CHECKS
    if (a->context) {
        keys_check_filled(a->rq->cloud->keys, aws_context_of_request(a->rq));
        keys_check_filled(a->rq->cloud->keys, a->context);
    }
#endif
    a->context = policy_context_free(a->context);
}

/* Empty for S3's buckets. */
str aws_arn_account(str text) {
    struct arn arn;
    arn_parse(text, &arn);
    return arn.account;
}

/* Sets the error, or only tells why. */
static int deny(struct rq *rq, const struct policy_request *request,
                struct policy_decision decision, struct buf *why) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (rq->caller) /* S3 gives unsigned requests no reason */
        policy_explain(request, decision, &text);
    else
        buf_c(&text, "Access Denied");
    if (!why)
        return aws_fail_common(rq, COMMON_ACCESS_DENIED, STR_FMT, STR_ARG(buf_view(&text)));
    buf_str(why, buf_view(&text));
    return AWS_FAILED;
}

/* 0 or AWS_FAILED; why not NULL: a refusal by policy is told there and sets no error. */
static int decide(struct asking *a, const char *action, struct buf *why) {
    struct rq *rq = a->rq;
    str resource = a->question.resource;
    struct policy_request request = {
        .action = str_c(action),
        .resource = resource,
        .make_context = make_context,
        .arg = a,
        .resource_account = aws_arn_account(resource),
    };
    struct policy_set set = {0};
    if (rq->caller) {
        request.principal = rq->caller->principal;
        set = rq->caller->policies;
    }
    if (rq->service->resource_policy) {
        str owner = STR_NONE;
        int r = rq->service->resource_policy(rq->svc, rq, resource, &set.resource, &owner);
        if (r)
            return r == AWS_FAILED ? r : aws_fault(rq, r, "reading a resource policy");
        if (owner.len)
            request.resource_account = owner;
    }
    a->question.account = request.resource_account;
    a->set = &set;
    if (!rq->caller && request.resource_account.len)
        rq->account = arena_str(&rq->arena, request.resource_account);
    struct policy_decision decision = policy_decide(&request, &set);
    if (policy_context_unread(a->context))
        return AWS_FAILED;
    a->barred = decision.effect == POLICY_DENIED_EXPLICIT;
    if (decision.effect != POLICY_ALLOWED)
        return deny(rq, &request, decision, why);
    if (!rq->service->veto)
        return 0;
    bool via_resource = decision.by && strcmp(decision.by, "resource-based policy") == 0;
    return rq->service->veto(rq->svc, rq, resource, via_resource || !rq->caller);
}

/* ---- A right of the rows ---- */

/* What "@" stands for, asked of the service once a request. */
static int hooked_resource(struct rq *rq, struct buf *arn) {
    if (!rq->priv->resource_arn.p) {
        int r = rq->service->resource(rq->svc, rq, arn);
        if (r)
            return r == AWS_FAILED ? r : aws_fault(rq, r, "naming a resource");
        rq->priv->resource_arn = arena_str(&rq->arena, buf_view(arn));
    }
    buf_clear(arn);
    buf_str(arn, rq->priv->resource_arn);
    return 0;
}

static int resource_of(struct rq *rq, const struct right *right, size_t item, struct buf *arn) {
    return right->resource.hook ? hooked_resource(rq, arn)
                                : arn_form_fill(rq, &right->resource, item, arn);
}

/*
 * A right with an OR: nothing stands in for an action that is denied, and a refusal names the first
 * of the two.
 */
static int decide_either(struct asking *a, struct buf *why) {
    CLEANUP_DEINIT(buf) struct buf untold = {0};
    const char *other = a->right->row.or_action;
    if (!other)
        return decide(a, a->question.action, why);
    if (decide(a, a->question.action, &untold) == 0 ||
        (!a->barred && decide(a, other, &untold) == 0))
        return 0;
    return a->rq->priv->error ? AWS_FAILED : decide(a, a->question.action, why);
}

static int ask_item(struct rq *rq, const struct right *right, size_t item, struct buf *why) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    struct asking a = {.rq = rq,
                       .right = right,
                       .item = item,
                       .question = {.action = right->row.action, .flags = right->row.flags}};
    if (right->row.version && member_text(rq, &right->version, item, &a.question.version))
        return AWS_FAILED;
    if (a.question.version.p)
        a.question.action = right->row.version_action;
    if (resource_of(rq, right, item, &arn))
        return AWS_FAILED;
    a.question.resource = buf_view(&arn);
    int r = decide_either(&a, why);
    drop_context(&a);
    return r;
}

/* Each item of its list must be allowed. */
static int ask(struct rq *rq, const struct right *right, struct buf *why) {
    size_t n = right->resource.list ? member_items(rq, right->resource.list) : 0;
    int r = n ? 0 : ask_item(rq, right, NO_ITEM, why);
    for (size_t i = 0; i < n && r == 0; i++)
        r = ask_item(rq, right, i, why);
    return r;
}

/* Without an error, but for faults: a veto's words, too, go to why. */
static bool quietly(struct rq *rq, const struct right *right, const size_t *item, struct buf *why) {
    CLEANUP_DEINIT(buf) struct buf unread = {0};
    bool clean = rq->priv->error == NULL;
    why = why ? why : &unread;
    int r = item ? ask_item(rq, right, *item, why) : ask(rq, right, why);
    if (r && clean && rq->priv->error && rq->priv->error->status < 500) {
        buf_str(why, rq->priv->message);
        rq->priv->error = NULL;
        rq->priv->details = NULL;
    }
    return r == 0;
}

/* ---- What handlers ask ---- */

static const struct right *right_named(struct rq *rq, const struct aws_may *may) {
    const struct op_rights *of = aws_cloud_rights(rq);
    for (size_t i = 0; i < of->n; i++)
        if (of->rights[i].row.may == may)
            return &of->rights[i];
    aws_fault(rq, -EINVAL, "asking for a right that the operation's rows do not have");
    return NULL;
}

int rq_must(struct rq *rq, const struct aws_may *may) {
    const struct right *right = right_named(rq, may);
    return right ? ask(rq, right, NULL) : AWS_FAILED;
}

bool rq_may(struct rq *rq, const struct aws_may *may, struct buf *why) {
    const struct right *right = right_named(rq, may);
    return right && quietly(rq, right, NULL, why);
}

bool rq_may_item(struct rq *rq, size_t item, struct buf *why) {
    return quietly(rq, &aws_cloud_rights(rq)->rights[0], &item, why);
}

/* ---- What is asked before the handler ---- */

/* A contended commit is serialised by it, also where nothing is asked here. */
static int name_resource(struct rq *rq, const struct right *own) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    if (resource_of(rq, own, NO_ITEM, &arn))
        return AWS_FAILED;
    if (!own->resource.hook)
        rq->priv->resource_arn = arena_str(&rq->arena, buf_view(&arn));
    return 0;
}

int aws_authorize_row(struct rq *rq) {
    const struct op_rights *of = aws_cloud_rights(rq);
    if (name_resource(rq, &of->rights[0]))
        return AWS_FAILED;
    for (size_t i = 0; i < of->n; i++) {
        const struct right *right = &of->rights[i];
        bool wanted = false;
        if (right->row.may || (right->row.flags & (OP_NO_AUTH | OP_ITEMWISE)))
            continue;
        if (when_holds(rq, &right->when, &wanted) || (wanted && ask(rq, right, NULL)))
            return AWS_FAILED;
    }
    return 0;
}
