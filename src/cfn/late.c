/*
 * cfn/late: holds requests in a list, in the order of their deadlines, and a thread that lets go of
 * those whose time has come. It is started with the first one.
 */
#include "cfn/late.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"

#include <pthread.h>

enum { STACK = 256 * 1024 }; /* of the thread, which calls nothing deep */

struct cfn_late {
    pthread_mutex_t lock; /* over all that follows */
    pthread_cond_t wake;
    struct list held; /* equal waits: who came first goes first */
    size_t n;
    bool has_thread, stop;
    pthread_t thread;
};

/* A request's own, in its arena; in the list while it is held. */
struct held {
    struct list node;
    struct cfn_late *late;
    struct rq *rq;
    int64_t due, deadline_ms; /* monotonic */
    bool listed;
};

struct cfn_late *cfn_late_new(void) {
    struct cfn_late *late = mem_new(struct cfn_late);
    lock_init(&late->lock);
    lock_cond_init(&late->wake);
    list_init(&late->held);
    return late;
}

static void leave_locked(struct held *one) {
    LOCK_HELD(&one->late->lock);
    if (!one->listed)
        return;
    list_remove(&one->node);
    one->listed = false;
    one->late->n--;
}

/* Under the lock, so that the request cannot be over before it is told. */
static void let_go_locked(struct held *one) {
    leave_locked(one);
    aws_resume(one->rq);
}

/* ---- The thread ---- */

/* Lets go of those whose time has come; the next deadline, or INT64_MAX. */
static int64_t look_locked(struct cfn_late *late) {
    LOCK_HELD(&late->lock);
    int64_t now = clock_mono_ms();
    LIST_EACH (node, &late->held) {
        struct held *one = LIST_ENTRY(node, struct held, node);
        if (one->deadline_ms > now)
            return one->deadline_ms;
        let_go_locked(one);
    }
    return INT64_MAX;
}

static void *late_main(void *arg) {
    struct cfn_late *late = arg;
    LOCK_SCOPE(&late->lock);
    while (!late->stop) {
        int64_t next = look_locked(late);
        struct timespec until = {.tv_sec = (time_t)(next / 1000),
                                 .tv_nsec = (long)(next % 1000) * 1000000};
        if (next == INT64_MAX)
            pthread_cond_wait(&late->wake, &late->lock);
        else
            pthread_cond_timedwait(&late->wake, &late->lock, &until);
    }
    return NULL;
}

static bool start_thread_locked(struct cfn_late *late) {
    LOCK_HELD(&late->lock);
    pthread_attr_t attr;
    if (late->has_thread)
        return true;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    late->has_thread = pthread_create(&late->thread, &attr, late_main, late) == 0;
    pthread_attr_destroy(&attr);
    return late->has_thread;
}

/* ---- Requests ---- */

static void is_over(void *ctx) {
    struct held *one = ctx;
    LOCK_SCOPE(&one->late->lock);
    leave_locked(one);
}

/* Made in the first of the handler's runs. */
static struct held *held_of(struct cfn_late *late, struct rq *rq) {
    struct held *one = rq->stream;
    if (one)
        return one;
    one = arena_new(&rq->arena, struct held);
    one->late = late;
    one->rq = rq;
    rq->stream = one;
    rq_on_done(rq, is_over, one);
    return one;
}

/* The answer is there since the handler's run. */
static int answer(void *, struct rq *) { return 0; }

int cfn_late_hold(struct cfn_late *late, struct rq *rq, int64_t due) {
    if (!rq->net || !aws_may_wait(rq))
        return 0;
    struct held *one = held_of(late, rq);
    LOCK_SCOPE(&late->lock);
    leave_locked(one); /* of a run whose commit failed */
    if (late->stop || late->n == CFN_LATE_MOST || !start_thread_locked(late))
        return 0;
    one->due = due;
    one->deadline_ms = clock_mono_ms() + CFN_LATE_MS;
    list_append(&late->held, &one->node);
    one->listed = true;
    if (late->n++ == 0)
        pthread_cond_signal(&late->wake);
    return aws_suspend(rq, answer);
}

void cfn_late_over(struct cfn_late *late, int64_t due) {
    LOCK_SCOPE(&late->lock);
    LIST_EACH (node, &late->held) {
        struct held *one = LIST_ENTRY(node, struct held, node);
        if (one->due == due)
            let_go_locked(one);
    }
}

void cfn_late_stop(struct cfn_late *late) {
    LOCK_SCOPE(&late->lock);
    late->stop = true;
    pthread_cond_signal(&late->wake);
    LIST_EACH (node, &late->held)
        let_go_locked(LIST_ENTRY(node, struct held, node));
}

struct cfn_late *cfn_late_free(struct cfn_late *late) {
    cfn_late_stop(late);
    if (late->has_thread)
        pthread_join(late->thread, NULL);
    pthread_cond_destroy(&late->wake);
    pthread_mutex_destroy(&late->lock);
    free(late);
    return NULL;
}
