/* How handlers find their function, and change it. */
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"

static int not_found(struct rq *rq, const struct lambda_name *name) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    lambda_name_arn(name, &arn);
    if (name->qualifier.p && !str_is(name->qualifier, "$LATEST"))
        buf_printf(&arn, ":" STR_FMT, STR_ARG(name->qualifier));
    return aws_fail(rq, &lambda_e_ResourceNotFoundException, "Function not found: %s",
                    buf_cstr(&arn));
}

/* Where the row is; only $LATEST has one. */
static int find(struct rq *rq, const char *member, struct lambda_name *ret_name, struct row *ret) {
    if (lambda_rq_name(rq, member, ret_name))
        return AWS_FAILED;
    if (ret_name->qualifier.p && !str_is(ret_name->qualifier, "$LATEST"))
        return not_found(rq, ret_name);
    lambda_row_key(ret_name, &ret->key);
    return 0;
}

int lambda_change_open(struct rq *rq, const char *member, struct lambda_change *ret) {
    if (find(rq, member, &ret->name, &ret->row))
        return AWS_FAILED;
    int r = rq_row_get_json(rq, &ret->row, &ret->doc);
    return r == STORE_E_ABSENT ? not_found(rq, &ret->name) : r;
}

int lambda_on_function(struct rq *rq, const char *member,
                       int (*fn)(struct rq *rq, struct lambda_change *c)) {
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    return lambda_change_open(rq, member, &c) ? AWS_FAILED : fn(rq, &c);
}

void lambda_change_put(struct rq *rq, const struct lambda_change *c) {
    row_put_json(rq_rows(rq), &c->row, c->doc);
}

void lambda_change_deinit(struct lambda_change *c) {
    json_decref(c->doc);
    row_deinit(&c->row);
}

int lambda_rq_fn(struct rq *rq, bool lasting, struct lambda_fn **ret_fn) {
    struct rows rows = *rq_rows(rq);
    struct lambda_name name;
    if (lambda_rq_name(rq, "FunctionName", &name))
        return AWS_FAILED;
    if (!lasting)
        rows.batch = NULL;
    int r = rq_row_result(rq, lambda_fn_load(&rows, &name, ret_fn));
    return r == STORE_E_ABSENT ? not_found(rq, &name) : r;
}

static void rows_changed(void *svc_) {
    struct lambda_svc *svc = svc_;
    LOCK_SCOPE(&svc->lock);
    svc->rows_changed = true;
    lambda_watch_wake(svc);
    lambda_code_touched(svc->code);
    hub_kick(svc->code_timer);
}

void lambda_rq_changed(struct rq *rq) { store_after(rq_batch(rq), rows_changed, rq->svc); }
