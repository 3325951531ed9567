/* What authorisation asks of Lambda. */
#include "svc/kit/resource_policy.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"

static const char *member_of(const struct rq *rq) {
    return json_has(rq->in, "Resource") ? "Resource" : "FunctionName";
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

static int name_layer(struct rq *rq, struct buf *ret_arn) {
    struct lambda_layer layer;
    if (lambda_rq_layer(rq, &layer))
        return AWS_FAILED;
    lambda_layer_arn(&layer, ret_arn);
    return 0;
}

int lambda_hook_resource(void *, struct rq *rq, struct buf *ret_arn) {
    struct lambda_name name;
    if (json_has(rq->in, "LayerName") || json_has(rq->in, "Arn"))
        return name_layer(rq, ret_arn);
    if (lambda_rq_name(rq, member_of(rq), &name))
        return AWS_FAILED;
    lambda_name_arn(&name, ret_arn);
    /* $LATEST is the function itself; other qualifiers are resources of their own. */
    if (name.qualifier.p && !str_is(name.qualifier, "$LATEST"))
        buf_printf(ret_arn, ":" STR_FMT, STR_ARG(name.qualifier));
    return 0;
}

static int layer_policy(struct lambda_svc *svc, struct rq *rq, const struct lambda_layer *layer,
                        const struct policy **ret_policy, str *ret_account) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_JSON json_t *doc = NULL;
    *ret_account = arena_str(&rq->arena, layer->account);
    int r = layer->version
                ? lambda_layer_get(&(struct rows){.store = svc->store}, layer, &row, &doc)
                : STORE_E_ABSENT;
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    lambda_policy_text(doc, &text);
    return kit_resource_policy(rq, buf_view(&text), ret_policy);
}

int lambda_hook_policy(void *svc_, struct rq *rq, str arn, const struct policy **ret_policy,
                       str *ret_account) {
    struct lambda_svc *svc = svc_;
    struct lambda_name name;
    struct lambda_layer layer;
    if (str_starts(arn, S("arn:")) && lambda_layer_parse(arn, rq->account, rq->region, &layer))
        return layer_policy(svc, rq, &layer, ret_policy, ret_account);
    if (!str_starts(arn, S("arn:aws:lambda:")) ||
        !lambda_name_parse(arn, rq->account, rq->region, &name))
        return 0; /* a role's, say */
    *ret_account = arena_str(&rq->arena, name.account);
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    int r = lambda_fn_load(&(struct rows){.store = svc->store}, &name, &fn);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    lambda_policy_text(fn->doc, &text);
    return kit_resource_policy(rq, buf_view(&text), ret_policy);
}

int lambda_hook_context(void *, struct rq *rq, const struct aws_question *question,
                        struct policy_context *context) {
    struct lambda_name name;
    if (lambda_name_parse(question->resource, rq->account, rq->region, &name)) {
        CLEANUP_DEINIT(buf) struct buf arn = {0};
        lambda_name_arn(&name, &arn);
        policy_context_add(context, S("lambda:FunctionArn"), buf_view(&arn));
    }
    return 0;
}

/* Of the function, whichever qualifier is asked about. */
int lambda_hook_tags(void *svc_, struct rq *rq, str arn, json_t **ret_tags) {
    struct lambda_svc *svc = svc_;
    struct lambda_name name;
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    if (!str_starts(arn, S("arn:aws:lambda:")) ||
        !lambda_name_parse(arn, rq->account, rq->region, &name))
        return 0;
    int r = lambda_fn_load(&(struct rows){.store = svc->store}, &name, &fn);
    if (r)
        return r == STORE_E_ABSENT ? 0 : aws_fault(rq, r, "reading a function's tags");
    *ret_tags = json_incref(kit_tags_stored(&lambda_tags, fn->doc));
    return 0;
}
