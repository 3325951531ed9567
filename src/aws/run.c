/* Handlers, commits, re-runs, and long waits. */
#include "aws/aws_priv.h"
#include "aws/check_answer.h"
#include "aws/items_priv.h"

#include <errno.h>

/*
 * Re-runs after a condition that did not hold: the first two are free-running, the later ones take
 * turns for the row that they lost. Whoever finds a row awaited lines up at once. A writer that
 * still loses ATTEMPTS times is told to come back.
 */
enum { FREE_ATTEMPTS = 2, ATTEMPTS = 24 };

/* 0, STORE_E_CONDITION or AWS_FAILED. */
static int commit(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    struct err err = {0};
    rq->memo = NULL;
    if (!p->batch)
        return 0;
    if (store_batch_idle(p->batch)) { /* what was read and changed nothing proves nothing later */
        store_batch_clear(p->batch);
        return 0;
    }
    bool awaited = !p->in_turn && store_turn_awaited(rq_store(rq), p->batch);
    if (awaited && rq->attempt < FREE_ATTEMPTS)
        rq->attempt = FREE_ATTEMPTS - 1; /* the last of them: to line up */
    int r = awaited ? STORE_E_CONDITION : store_commit(rq_store(rq), p->batch, &err);
    if (r == STORE_E_CONDITION) {
        p->turn = store_turn_of(p->batch);
        return r;
    }
    if (r)
        return aws_fault(rq, r, err.text[0] ? err.text : "a commit failed");
    store_batch_clear(p->batch);
    return 0;
}

int rq_commit(struct rq *rq) {
    int r = commit(rq);
    if (r == STORE_E_CONDITION)
        store_batch_clear(rq->priv->batch);
    if (r != AWS_FAILED) /* what is read from now on sees what was written, by us or by another */
        rq->priv->snap = store_snap_free(rq->priv->snap);
    return r;
}

int aws_open(struct rq *rq, uint64_t size) {
    rq->payload.size = size;
    int r = rq->op->open(rq->svc, rq);
    if (r)
        return r == AWS_FAILED ? r : aws_fault(rq, r, rq->op->name);
    return rq->priv->sink ? 0 : aws_fault(rq, -EINVAL, "a streaming operation set no sink");
}

static int run_once(struct rq *rq, aws_handler_fn *handler) {
    int r = handler(rq->svc, rq);
    if (r == AWS_FAILED || r == STORE_E_CONDITION) /* the latter: of its rq_commit */
        return r;
    if (r != 0 && r != AWS_SUSPENDED)
        return aws_fault(rq, r, rq->op->name);
    if (r == 0 && rq->priv->items)
        aws_items_settle(rq);
    if (AWS_CHECKS && r == 0 && aws_check_answer(rq))
        return AWS_FAILED;
    int committed = commit(rq);
    return committed ? committed : r;
}

static int run_in_turn(struct rq *rq, aws_handler_fn *handler) {
    unsigned turn = rq->priv->turn;
    store_turn_take(rq_store(rq), turn);
    rq->priv->in_turn = true;
    int r = run_once(rq, handler);
    rq->priv->in_turn = false;
    store_turn_drop(rq_store(rq), turn);
    return r;
}

/* The handler's attempts up to `most`; STORE_E_CONDITION: all of them lost. */
static int attempts(struct rq *rq, int (*run)(struct rq *rq, aws_handler_fn *handler), int most) {
    for (; rq->attempt < most; rq->attempt++) {
        int r = run(rq, rq->priv->handler);
        if (r != STORE_E_CONDITION) {
            /*
             * A snapshot pins old rows and files: none is held over a wait or while the answer is
             * sent.
             */
            rq->priv->snap = store_snap_free(rq->priv->snap);
            return r;
        }
        aws_rq_reset(rq);
    }
    return STORE_E_CONDITION;
}

int aws_run_free(struct rq *rq, aws_handler_fn *handler) {
    rq->priv->handler = handler;
    rq->attempt = 0;
    return attempts(rq, run_once, FREE_ATTEMPTS);
}

int aws_run_in_turn(struct rq *rq) {
    int r = attempts(rq, run_in_turn, ATTEMPTS);
    return r == STORE_E_CONDITION ? aws_fail_common(rq, COMMON_BUSY, NULL) : r;
}

int aws_run(struct rq *rq, aws_handler_fn *handler) {
    int r = aws_run_free(rq, handler);
    return r == STORE_E_CONDITION ? aws_run_in_turn(rq) : r;
}

/* ---- Long waits ---- */

int aws_suspend(struct rq *rq, aws_handler_fn *then) {
    rq->priv->then = then;
    return AWS_SUSPENDED;
}

bool aws_may_wait(const struct rq *rq) { return !rq->net || net_may_wait(rq->net); }

/* net_resume is called under the lock, so that the request cannot be gone before it is. */
void aws_resume(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    pthread_mutex_lock(&p->wait_lock);
    if (p->wait == WAIT_PARKED && rq->net) {
        p->wait = WAIT_NONE;
        pthread_mutex_unlock(&p->wait_lock);
        net_resume(rq->net);
        return;
    }
    p->wait = WAIT_RESUMED;
    pthread_cond_signal(&p->wait_cond);
    pthread_mutex_unlock(&p->wait_lock);
}
