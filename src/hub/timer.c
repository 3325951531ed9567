/*
 * One thread a timer: a service's periodic work may block on the store, and one slow service must
 * not hold up another's. There are about as many timers as services.
 */
#include "hub/hub_priv.h"

#include "base/clock.h"

#include <stdio.h>

struct hub_timer {
    struct list node;
    struct hub *hub;
    char name[16];
    hub_timer_fn *run;
    void *ctx;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool kicked, stopping, running;
};

struct hub_timer *hub_add_timer(struct hub *hub, const char *name, hub_timer_fn *run, void *ctx) {
    struct hub_timer *timer = mem_new(struct hub_timer);
    timer->hub = hub;
    timer->run = run;
    timer->ctx = ctx;
    timer->kicked = true; /* the first look is at start */
    snprintf(timer->name, sizeof timer->name, "%s", name);
    pthread_mutex_init(&timer->lock, NULL);
    hub_cond_init(&timer->wake);
    list_append(&hub->timers, &timer->node);
    return timer;
}

void hub_kick(void *ctx) {
    struct hub_timer *timer = ctx;
    LOCK_SCOPE(&timer->lock);
    timer->kicked = true;
    pthread_cond_signal(&timer->wake);
}

static void *timer_main(void *arg) {
    struct hub_timer *timer = arg;
    pthread_setname_np(pthread_self(), timer->name);
    int64_t due_ms = INT64_MAX;
    pthread_mutex_lock(&timer->lock);
    while (!timer->stopping) {
        if (!timer->kicked && clock_world_ms() < due_ms) {
            hub_cond_wait_ms(&timer->wake, &timer->lock,
                             due_ms == INT64_MAX ? INT64_MAX : due_ms - clock_world_ms());
            continue;
        }
        timer->kicked = false;
        pthread_mutex_unlock(&timer->lock);
        due_ms = timer->run(timer->ctx);
        pthread_mutex_lock(&timer->lock);
    }
    pthread_mutex_unlock(&timer->lock);
    return NULL;
}

int hub_timers_start(struct hub *hub, struct err *err) {
    LIST_EACH (node, &hub->timers) {
        struct hub_timer *timer = LIST_ENTRY(node, struct hub_timer, node);
        int r = pthread_create(&timer->thread, NULL, timer_main, timer);
        if (r != 0)
            return err_sys(err, -r, "start the thread of timer %s", timer->name);
        timer->running = true;
    }
    return 0;
}

void hub_timers_stop(struct hub *hub) {
    LIST_EACH (node, &hub->timers) {
        struct hub_timer *timer = LIST_ENTRY(node, struct hub_timer, node);
        pthread_mutex_lock(&timer->lock);
        timer->stopping = true;
        pthread_cond_signal(&timer->wake);
        pthread_mutex_unlock(&timer->lock);
        if (timer->running)
            pthread_join(timer->thread, NULL);
        timer->running = false;
    }
}

void hub_timers_free(struct hub *hub) {
    LIST_EACH (node, &hub->timers) {
        struct hub_timer *timer = LIST_ENTRY(node, struct hub_timer, node);
        pthread_cond_destroy(&timer->wake);
        pthread_mutex_destroy(&timer->lock);
        free(timer);
    }
    list_init(&hub->timers);
}

void hub_timers_clock_moved(struct hub *hub) {
    LIST_EACH (node, &hub->timers)
        hub_kick(LIST_ENTRY(node, struct hub_timer, node));
}
