/* aws/workers: a queue, threads that take from it, and how many of them each owner has. */
#include "aws/workers.h"

#include "base/lock.h"
#include "base/own.h"

#include <pthread.h>

enum { STACK = 1 << 20 }; /* as net's threads: jansson recurses */

/* A thread's place. */
struct place {
    pthread_t thread;
    bool busy;
    uint64_t owner; /* of what it does */
};

struct aws_workers {
    pthread_mutex_t lock; /* over all that follows */
    pthread_cond_t wake;
    struct aws_work *first, **last;
    size_t queued;
    size_t most, n, idle; /* threads: at most, started, waiting */
    bool stop;
    struct place places[];
};

struct aws_workers *aws_workers_new(size_t most) {
    struct aws_workers *w = mem_zalloc(sizeof *w + most * sizeof w->places[0]);
    lock_init(&w->lock);
    pthread_cond_init(&w->wake, NULL);
    w->last = &w->first;
    w->most = most;
    return w;
}

static bool has_half(const struct aws_workers *w, uint64_t owner) {
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += w->places[i].busy && w->places[i].owner == owner;
    return n >= w->most / 2;
}

/* The first whose owner may have one more thread, taken from the queue; NULL: none. */
static struct aws_work *take(struct aws_workers *w) {
    for (struct aws_work **at = &w->first; *at; at = &(*at)->next) {
        struct aws_work *work = *at;
        if (has_half(w, work->owner))
            continue;
        *at = work->next;
        if (!*at)
            w->last = at;
        w->queued--;
        return work;
    }
    return NULL;
}

struct thread_arg {
    struct aws_workers *workers;
    struct place *place;
};

/* Work is taken before the lock is given up, so nobody is counted twice or not at all. */
static void *worker_main(void *arg) {
    struct thread_arg *given = arg;
    struct aws_workers *w = given->workers;
    struct place *me = given->place;
    free(given);
    lock_take(&w->lock);
    for (;;) {
        struct aws_work *work = take(w);
        if (!work && w->stop && !w->first)
            break;
        if (!work) {
            w->idle++;
            pthread_cond_wait(&w->wake, &w->lock);
            w->idle--;
            continue;
        }
        me->busy = true;
        me->owner = work->owner;
        lock_drop(&w->lock);
        work->fn(work->ctx);
        lock_take(&w->lock);
        me->busy = false;
        if (w->first || w->stop) /* what waited for its owner's share may go on; or all may end */
            pthread_cond_broadcast(&w->wake);
    }
    lock_drop(&w->lock);
    return NULL;
}

/* Under the lock. False: there is none, and none can be started. */
static bool some_thread(struct aws_workers *w) {
    if (w->idle > w->queued || w->n == w->most)
        return true;
    struct thread_arg *arg = mem_new(struct thread_arg);
    *arg = (struct thread_arg){w, &w->places[w->n]};
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    int r = pthread_create(&arg->place->thread, &attr, worker_main, arg);
    pthread_attr_destroy(&attr);
    if (r)
        free(arg);
    else
        w->n++;
    return w->n > 0;
}

void aws_workers_add(struct aws_workers *w, struct aws_work *work) {
    {
        LOCK_SCOPE(&w->lock);
        if (some_thread(w)) {
            work->next = NULL;
            *w->last = work;
            w->last = &work->next;
            w->queued++;
            pthread_cond_signal(&w->wake);
            return;
        }
    }
    work->fn(work->ctx);
}

struct aws_workers *aws_workers_free(struct aws_workers *w) {
    if (!w)
        return NULL;
    lock_take(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->wake);
    lock_drop(&w->lock);
    for (size_t i = 0; i < w->n; i++)
        pthread_join(w->places[i].thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}
