/* What authorisation asks of Lambda, and how handlers find their function. */
#include <errno.h>

#include "store/key.h"
#include "svc/lambda/lambda_priv.h"

static const char *member_of(const struct rq *rq) {
    return json_has(rq->in, "Resource") ? "Resource" : "FunctionName";
}

static int not_found(struct rq *rq, const struct lambda_name *name) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    lambda_name_arn(name, &arn);
    if (name->qualifier.p && !str_is(name->qualifier, "$LATEST"))
        buf_printf(&arn, ":" STR_FMT, STR_ARG(name->qualifier));
    return aws_fail(rq, &lambda_e_ResourceNotFoundException, "Function not found: %s",
                       buf_cstr(&arn));
}

int lambda_rq_name(struct rq *rq, const char *member, struct lambda_name *ret) {
    str text = json_str(rq->in, member);
    if (!lambda_name_parse(text, rq->account, rq->region, ret))
        return lambda_fail_invalid(rq, "\"" STR_FMT "\" is not the name or ARN of a function",
                                   STR_ARG(text));
    str qualifier = json_str(rq->in, "Qualifier");
    if (qualifier.p && ret->qualifier.p && !str_eq(qualifier, ret->qualifier))
        return lambda_fail_invalid(
            rq,
            "The derived qualifier from the function name does not match the specified qualifier.");
    if (qualifier.p)
        ret->qualifier = qualifier;
    return 0;
}

int lambda_hook_resource(struct svc *svc, struct rq *rq, struct buf *ret_arn) {
    (void)svc;
    struct lambda_name name;
    if (lambda_rq_name(rq, member_of(rq), &name))
        return AWS_FAILED;
    lambda_name_arn(&name, ret_arn);
    /* $LATEST is the function itself; other qualifiers are resources of their own. */
    if (name.qualifier.p && !str_is(name.qualifier, "$LATEST"))
        buf_printf(ret_arn, ":" STR_FMT, STR_ARG(name.qualifier));
    return 0;
}

static void policy_done(void *policy) {
    policy_free(policy);
}

int lambda_hook_policy(struct svc *svc, struct rq *rq, str arn, const struct policy **ret_policy,
                       str *ret_account) {
    struct lambda_name name;
    if (!str_starts(arn, S("arn:aws:lambda:")) ||
        !lambda_name_parse(arn, rq->account, rq->region, &name))
        return 0; /* a role's, say */
    *ret_account = arena_str(&rq->arena, name.account);
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    int r = lambda_fn_load(svc->store, &name, &fn);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    struct policy *policy = NULL;
    struct err err = {0};
    r = lambda_policy_of(fn, &policy, &err);
    if (r)
        return aws_fault(rq, -EBADMSG, err.text);
    if (policy)
        rq_on_done(rq, policy_done, policy);
    *ret_policy = policy;
    return 0;
}

void lambda_hook_context(struct svc *svc, struct rq *rq, const struct aws_question *question,
                         struct policy_context *context) {
    (void)svc;
    struct lambda_name name;
    if (lambda_name_parse(question->resource, rq->account, rq->region, &name)) {
        CLEANUP_DEINIT(buf) struct buf arn = {0};
        lambda_name_arn(&name, &arn);
        policy_context_add(context, S("lambda:FunctionArn"), buf_view(&arn));
    }
}

/* ---- Rows ---- */
int lambda_rq_row(struct rq *rq, const struct lambda_name *name, json_t **ret_doc,
                  struct buf *ret_text) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err err = {0};
    if (name->qualifier.p && !str_is(name->qualifier, "$LATEST"))
        return not_found(rq, name);
    lambda_row_key(name, &key);
    int r = rq_get(rq, STORE_META, buf_view(&key), &text);
    if (r == STORE_E_ABSENT)
        return not_found(rq, name);
    if (r)
        return r;
    json_t *doc = json_parse(buf_view(&text), &err);
    if (!doc)
        return aws_fault(rq, -EBADMSG, err.text);
    *ret_doc = doc;
    if (ret_text) {
        *ret_text = text;
        text = (struct buf){0};
    }
    return 0;
}

void lambda_change_deinit(struct lambda_change *c) {
    json_decref(c->doc);
    buf_deinit(&c->text);
}

int lambda_change_open(struct rq *rq, const char *member, struct lambda_change *ret) {
    if (lambda_rq_name(rq, member, &ret->name))
        return AWS_FAILED;
    return lambda_rq_row(rq, &ret->name, &ret->doc, &ret->text);
}

void lambda_change_put(struct rq *rq, const struct lambda_change *c) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    lambda_row_key(&c->name, &key);
    store_expect_value(rq_batch(rq), STORE_META, buf_view(&key), buf_view(&c->text));
    rq_put_json(rq, STORE_META, buf_view(&key), c->doc);
}

static void rows_changed(void *svc_) {
    struct svc *svc = svc_;
    LOCK_SCOPE(&svc->lock);
    svc->rows_changed = true;
    lambda_watch_wake(svc);
}

void lambda_rq_changed(struct svc *svc, struct rq *rq) {
    store_after(rq_batch(rq), rows_changed, svc);
}
