/* Callers who are let go at the same moment. */
#include "lib/race.h"

static void *race_run(void *ctx) {
    struct racer *r = ctx;
    pthread_barrier_wait(r->start);
    CLEANUP_DEINIT(answer)
    struct answer a = cloud_answer(r->cloud, r->cloud->root, r->service, r->op, r->in, STR_NONE);
    snprintf(r->code, sizeof r->code, "%s", buf_cstr(&a.code));
    return NULL;
}

void race(struct cloud *c, struct racer *racers, size_t n) {
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)n);
    for (size_t i = 0; i < n; i++) {
        racers[i].cloud = c;
        racers[i].start = &start;
        CHECK_INT(pthread_create(&racers[i].thread, NULL, race_run, &racers[i]), 0);
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(racers[i].thread, NULL);
    pthread_barrier_destroy(&start);
}

static void *work(void *ctx) {
    struct worker *w = ctx;
    struct race_rounds *all = w->rounds;
    for (int i = 0; i < all->rounds; i++) {
        json_t *in = w->input(i);
        pthread_barrier_wait(&all->start);
        CLEANUP_DEINIT(answer)
        struct answer a =
            cloud_answer(all->cloud, all->cloud->root, all->service, w->op, in, STR_NONE);
        w->status[i] = a.status;
        if (a.status >= 500)
            print_error("%s: %d %s\n", w->op, a.status, buf_cstr(&a.message));
        pthread_barrier_wait(&all->start);
    }
    return NULL;
}

void race_rounds(struct race_rounds *rounds, struct worker *workers, unsigned n) {
    CHECK_RANGE(rounds->rounds, 1, RACE_ROUNDS_MAX);
    pthread_barrier_init(&rounds->start, NULL, n + 1);
    for (unsigned i = 0; i < n; i++) {
        workers[i].rounds = rounds;
        CHECK_INT(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int round = 0; round < rounds->rounds; round++) {
        if (rounds->before)
            rounds->before();
        pthread_barrier_wait(&rounds->start);
        pthread_barrier_wait(&rounds->start);
        for (unsigned i = 0; i < n; i++)
            CHECK_CASE(workers[i].status[round] < 500, workers[i].op);
        if (rounds->after)
            rounds->after(workers, round);
    }
    for (unsigned i = 0; i < n; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_barrier_destroy(&rounds->start);
}
