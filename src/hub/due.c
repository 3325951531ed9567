/*
 * hub/due: kinds of due work, their threads, and when these wake: for an item that is due, for a
 * kick, or for a time that has come. The work may wait for the store, and one slow kind must not
 * hold up another: each has threads of its own.
 *
 * The threads wait in monotonic time and look at the clock once a minute at least, so a step of the
 * machine's clock is noticed by then. The test clock says so itself (hub_clock_moved).
 */
#include "hub/hub_priv.h"

#include "base/clock.h"

#include <time.h>

static const int64_t longest_sleep_ms = 60000;
static const int64_t store_pause_ms = 1000; /* when the store refuses */

/* ---- Kinds ---- */
struct hub_due *hub_due_add(struct hub *hub, const struct hub_due_kind *kind) {
    struct hub_due *due = mem_new(struct hub_due);
    due->hub = hub;
    due->kind = *kind;
    due->kind.at_once = kind->at_once ? kind->at_once : 1;
    due->kind.threads = kind->threads ? kind->threads : 1;
    assert(due->kind.threads * due->kind.at_once <= HUB_DUE_MOST);
    due->queue.longest_ms = kind->longest_ms;
    due->kicked = true; /* the first look is at start */
    lock_cond_init(&due->wake);
    lock_init(&due->lock);
    list_append(&hub->kinds, &due->node);
    if (!kind->in_memory && hub->store && hub->load_result == 0)
        hub->load_result = hub_due_load(due, &hub->load_err);
    return due;
}

void hub_due_free_all(struct hub *hub) {
    LIST_EACH (node, &hub->kinds) {
        struct hub_due *due = LIST_ENTRY(node, struct hub_due, node);
        hub_queue_deinit(&due->queue);
        pthread_cond_destroy(&due->wake);
        pthread_mutex_destroy(&due->lock);
        free(due);
    }
    list_init(&hub->kinds);
}

void hub_due_arm(struct hub_due *due, uint64_t id, int64_t due_ms) {
    LOCK_SCOPE(&due->lock);
    hub_queue_add(&due->queue, id, due_ms, clock_world_ms());
    pthread_cond_signal(&due->wake);
}

int hub_due_reload(struct hub_due *due, struct err *err) {
    LOCK_SCOPE(&due->lock);
    hub_queue_deinit(&due->queue);
    return hub_due_load(due, err);
}

void hub_kick(void *due_) {
    struct hub_due *due = due_;
    LOCK_SCOPE(&due->lock);
    due->kicked = true;
    pthread_cond_signal(&due->wake);
}

bool hub_due_is_idle(struct hub_due *due) {
    LOCK_SCOPE(&due->lock);
    return due->queue.ready.n == 0 && due->n_hands == 0;
}

/* ---- In hand: an item is in one thread at a time ---- */
static struct hub_hand *hand_of_locked(struct hub_due *due, uint64_t id) {
    LOCK_HELD(&due->lock);
    for (size_t i = 0; i < due->n_hands; i++)
        if (due->hands[i].id == id)
            return &due->hands[i];
    return NULL;
}

/* False: a thread has it, which looks again afterwards. */
static bool take_in_hand_locked(struct hub_due *due, uint64_t id) {
    LOCK_HELD(&due->lock);
    struct hub_hand *hand = hand_of_locked(due, id);
    if (hand)
        hand->again = true;
    else
        due->hands[due->n_hands++] = (struct hub_hand){.id = id};
    return !hand;
}

static size_t take_locked(struct hub_due *due, uint64_t ids[HUB_DUE_MOST]) {
    LOCK_HELD(&due->lock);
    int64_t now = clock_world_ms();
    size_t n = 0;
    for (uint64_t id; n < due->kind.at_once && hub_queue_take(&due->queue, now, &id);)
        if (take_in_hand_locked(due, id))
            ids[n++] = id;
    return n;
}

static void let_go_locked(struct hub_due *due, const uint64_t *ids, size_t n) {
    LOCK_HELD(&due->lock);
    for (size_t i = 0; i < n; i++) {
        struct hub_hand *hand = hand_of_locked(due, ids[i]);
        if (hand->again)
            hub_queue_add(&due->queue, ids[i], 0, clock_world_ms());
        *hand = due->hands[--due->n_hands];
    }
}

/* ---- Working: the lock is released while the kind's functions run ---- */
static bool wants_look_locked(struct hub_due *due) {
    LOCK_HELD(&due->lock);
    int64_t now = clock_world_ms();
    if (now < due->seen_ms) /* it went back */
        due->kicked = true;
    due->seen_ms = now;
    return due->kind.look && !due->looking && (due->kicked || due->look_ms <= now);
}

/* This thread may have been the one that waited for the next time: another takes its place. */
static void hand_over_watch(struct hub_due *due) {
    if (due->kind.threads > 1)
        pthread_cond_signal(&due->wake);
}

static void look_locked(struct hub_due *due) {
    LOCK_HELD(&due->lock);
    due->kicked = false;
    due->looking = true;
    hand_over_watch(due);
    lock_drop(&due->lock);
    int64_t next_ms = due->kind.look(due->kind.ctx);
    lock_take(&due->lock);
    due->look_ms = next_ms;
    due->looking = false;
}

enum step { NOTHING_TO_DO, DID_SOMETHING, COULD_NOT };

static enum step step_locked(struct hub_due *due) {
    LOCK_HELD(&due->lock);
    uint64_t ids[HUB_DUE_MOST];
    if (wants_look_locked(due)) {
        look_locked(due);
        return DID_SOMETHING;
    }
    size_t n = take_locked(due, ids);
    if (n == 0)
        return NOTHING_TO_DO;
    hand_over_watch(due);
    lock_drop(&due->lock);
    int r = hub_due_run(due, ids, n);
    lock_take(&due->lock);
    let_go_locked(due, ids, n);
    return r ? COULD_NOT : DID_SOMETHING;
}

static int64_t next_ms_locked(struct hub_due *due) {
    LOCK_HELD(&due->lock);
    int64_t next = hub_queue_next_ms(&due->queue);
    return due->kind.look && !due->looking && due->look_ms < next ? due->look_ms : next;
}

int64_t hub_due_work(struct hub_due *due) {
    LOCK_SCOPE(&due->lock);
    while (!due->stopping && step_locked(due) == DID_SOMETHING)
        ;
    return next_ms_locked(due);
}

/* ---- Threads ---- */
static void sleep_ms_locked(struct hub_due *due, int64_t ms) {
    LOCK_HELD(&due->lock);
    int64_t until = clock_mono_ns() + ms * 1000000;
    struct timespec at = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};
    pthread_cond_timedwait(&due->wake, &due->lock, &at);
}

static void wait_for_work_locked(struct hub_due *due) {
    LOCK_HELD(&due->lock);
    int64_t next = next_ms_locked(due), now = clock_world_ms();
    if (next > now)
        sleep_ms_locked(due, next - now < longest_sleep_ms ? next - now : longest_sleep_ms);
}

static void pause_work_locked(struct hub_due *due) {
    LOCK_HELD(&due->lock);
    int64_t until = clock_mono_ms() + store_pause_ms;
    for (int64_t now; !due->stopping && (now = clock_mono_ms()) < until;)
        sleep_ms_locked(due, until - now);
}

static void *due_main(void *arg) {
    struct hub_due *due = arg;
    pthread_setname_np(pthread_self(), due->kind.name);
    LOCK_SCOPE(&due->lock);
    while (!due->stopping) {
        enum step did = step_locked(due);
        if (did == COULD_NOT)
            pause_work_locked(due);
        else if (did == NOTHING_TO_DO && !due->stopping)
            wait_for_work_locked(due);
    }
    return NULL;
}

int hub_due_start(struct hub *hub, struct err *err) {
    if (hub->load_result)
        return err_set(err, hub->load_result, "%s", hub->load_err.text);
    LIST_EACH (node, &hub->kinds) {
        struct hub_due *due = LIST_ENTRY(node, struct hub_due, node);
        while (due->running < due->kind.threads) {
            int r = pthread_create(&due->threads[due->running], NULL, due_main, due);
            if (r != 0)
                return err_sys(err, -r, "start the thread of %s", due->kind.name);
            due->running++;
        }
    }
    return 0;
}

void hub_due_stop(struct hub *hub) {
    /* all are told before any is awaited: a slow one does not keep the others at work */
    LIST_EACH (node, &hub->kinds) {
        struct hub_due *due = LIST_ENTRY(node, struct hub_due, node);
        LOCK_SCOPE(&due->lock);
        due->stopping = true;
        pthread_cond_broadcast(&due->wake);
    }
    LIST_EACH (node, &hub->kinds) {
        struct hub_due *due = LIST_ENTRY(node, struct hub_due, node);
        while (due->running > 0)
            pthread_join(due->threads[--due->running], NULL);
    }
}

void hub_clock_moved(struct hub *hub) {
    LIST_EACH (node, &hub->kinds) {
        struct hub_due *due = LIST_ENTRY(node, struct hub_due, node);
        LOCK_SCOPE(&due->lock);
        due->kicked = true;
        pthread_cond_broadcast(&due->wake);
    }
}
