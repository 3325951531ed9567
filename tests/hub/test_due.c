/*
 * Due work: what a kind's function is given, in which order and batches, and what a restart, a
 * kill, a clock that jumps, a commit that is refused and damage do to it. The kind runs in the
 * test's own thread (hub_due_work) where order matters, and in the hub's where waking does.
 */
#include "hub_fixture.h"

#include "hub/hub_priv.h"
#include "store/fault.h"

static const int64_t year_ms = 365 * 86400000LL;
enum { LONGEST_MS = 60000, MOST_RUNS = 256 };

/* What was run, and what is to be answered. */
struct worker {
    struct hub_fixture *f;
    struct hub_due *due;
    pthread_mutex_t lock;
    pthread_cond_t change;
    struct hub_due_kind kind;
    enum hub_due_result answer;
    int64_t wait_ms; /* with AGAIN and LEFT: due again so long from now; 0: never */
    int runs;
    uint64_t ids[MOST_RUNS];
    struct hub_due_item last;
    char payload[64];
    struct store_batch *batch; /* of the last run */
    int held;                  /* runs under way … */
    int most_held;             /* … and the most at once */
    bool hold;                 /* runs wait until this is false */
    uint64_t poison;           /* runs of that id do so for ever */
    int spoil;                 /* so many runs lay a condition in the batch that does not hold */
    void (*meanwhile)(struct worker *w, uint64_t id);
    int looks;
};

static void put_done(struct store_batch *batch, uint64_t id) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    key_begin(&key, "done");
    key_u64(&key, id);
    store_put_blind(batch, STORE_QUEUE, buf_view(&key), S("1"));
}

static enum hub_due_result run(void *ctx, struct store_batch *batch, struct hub_due_item *item) {
    struct worker *w = ctx;
    if (w->meanwhile)
        w->meanwhile(w, item->id);
    LOCK_SCOPE(&w->lock);
    if (w->runs < MOST_RUNS)
        w->ids[w->runs] = item->id;
    w->runs++;
    w->last = *item;
    snprintf(w->payload, sizeof w->payload, STR_FMT, STR_ARG(item->payload));
    w->batch = batch;
    if (++w->held > w->most_held)
        w->most_held = w->held;
    pthread_cond_broadcast(&w->change);
    while (w->hold)
        pthread_cond_wait(&w->change, &w->lock);
    w->held--;
    if (batch && w->answer == HUB_DUE_DONE)
        put_done(batch, item->id);
    if (w->spoil > 0 || item->id == w->poison) {
        w->spoil -= w->spoil > 0;
        store_expect_value(batch, STORE_QUEUE, S("no such row"),
                           &(struct store_stamp){.sealed = false}, S(""));
    }
    item->attempts += w->answer == HUB_DUE_AGAIN;
    item->due_ms = w->wait_ms ? clock_world_ms() + w->wait_ms : INT64_MAX;
    return w->answer;
}

static void wait_runs(struct worker *w, int n) {
    LOCK_SCOPE(&w->lock);
    while (w->runs < n)
        pthread_cond_wait(&w->change, &w->lock);
}

static int runs(struct worker *w) {
    LOCK_SCOPE(&w->lock);
    return w->runs;
}

static void stop_holding(struct worker *w) {
    LOCK_SCOPE(&w->lock);
    w->hold = false;
    pthread_cond_broadcast(&w->change);
}

static void worker_add(struct worker *w, struct hub_fixture *f, struct hub_due_kind kind) {
    *w = (struct worker){.f = f};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->change, NULL);
    kind.longest_ms = LONGEST_MS;
    kind.run = run;
    kind.ctx = w;
    w->kind = kind;
    w->due = hub_due_add(f->hub, &kind);
}

static void worker_restart(struct worker *w) {
    hub_fixture_end(w->f);
    hub_fixture_start(w->f);
    w->due = hub_due_add(w->f->hub, &w->kind);
}

static uint64_t put(struct worker *w, int64_t due_ms, const char *payload) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    const struct hub_due_item item = {.due_ms = due_ms,
                                      .born_ms = clock_world_ms(),
                                      .payload = str_c(payload)};
    uint64_t id = hub_due_put(w->due, batch, &item);
    CHECK_INT(store_commit(w->f->store, batch, NULL), 0);
    return id;
}

static int setup(void **state) {
    struct hub_fixture *f = calloc(1, sizeof *f);
    hub_fixture_open(f);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    hub_fixture_close(*state);
    free(*state);
    return 0;
}

/* ---- Rows and runs ---- */
static void an_item_is_run_as_it_was_put_and_goes(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    int64_t before = clock_world_ms();
    uint64_t id = put(&w, 0, "payload");
    CHECK_INT(hub_fixture_due(w.f, "work"), 1);
    CHECK_INT(hub_due_work(w.due), INT64_MAX);
    CHECK_INT(w.runs, 1);
    CHECK_INT(w.last.id, id);
    CHECK_INT(w.last.attempts, 0);
    CHECK_RANGE(w.last.born_ms, before, clock_world_ms());
    CHECK_TEXT(w.payload, "payload");
    CHECK_INT(hub_fixture_due(w.f, "work"), 0);
    CHECK_INT(hub_fixture_rows(w.f, "done"), 1);
}

static void what_is_not_committed_is_not_run(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_expect_value(batch, STORE_QUEUE, S("no such row"), &(struct store_stamp){.sealed = false},
                       S(""));
    hub_due_put(w.due, batch, &(struct hub_due_item){.payload = S("x")});
    CHECK_INT(store_commit(w.f->store, batch, NULL), STORE_E_CONDITION);
    CHECK_INT(hub_due_work(w.due), INT64_MAX);
    CHECK_INT(w.runs, 0);
}

static void what_was_deleted_is_not_run(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    uint64_t id = put(&w, 0, "x");
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    hub_due_del(w.due, batch, id);
    CHECK_INT(store_commit(w.f->store, batch, NULL), 0);
    hub_due_work(w.due);
    CHECK_INT(w.runs, 0);
}

static void items_leave_in_the_order_of_their_commits(void **state) {
    struct worker w;
    uint64_t ids[100];
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .at_once = 8});
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        ids[i] = put(&w, 0, "x");
    hub_due_work(w.due);
    CHECK_INT(w.runs, 100);
    CHECK_MEM(w.ids, ids, sizeof ids);
}

static void a_batch_holds_as_many_as_the_kind_says(void **state) {
    struct worker w;
    static const struct {
        unsigned at_once;
        int batches; /* of 20 items */
    } cases[] = {{1, 20}, {8, 3}, {64, 1}};
    static const char *const names[] = {"one", "eight", "most"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        worker_add(&w, *state,
                   (struct hub_due_kind){.name = names[i], .at_once = cases[i].at_once});
        w.answer = HUB_DUE_DONE;
        for (int n = 0; n < 20; n++)
            put(&w, 0, "x");
        uint64_t ids[HUB_DUE_MOST];
        int batches = 0;
        for (size_t n; w.due->queue.ready.n > 0; batches++) {
            n = 0;
            for (uint64_t id; n < w.due->kind.at_once && hub_queue_take(&w.due->queue, 1, &id);)
                ids[n++] = id;
            CHECK_INT(hub_due_run(w.due, ids, n), 0);
        }
        CHECK_CASE(batches == cases[i].batches, names[i]);
        CHECK_INT(w.runs, 20);
        CHECK_INT(hub_fixture_due(w.f, names[i]), 0);
    }
}

static void an_item_that_comes_again_keeps_its_id_and_counts(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .at_once = 8});
    w.answer = HUB_DUE_AGAIN;
    w.wait_ms = 30000;
    uint64_t id = put(&w, 0, "again");
    int64_t born = clock_world_ms();
    int64_t next = hub_due_work(w.due);
    CHECK_INT(w.runs, 1);
    CHECK_RANGE(next, clock_world_ms() + 1, clock_world_ms() + 30000);
    CHECK_INT(hub_fixture_due(w.f, "work"), 1);
    worker_restart(&w); /* the wait is on disk */
    CHECK_INT(hub_due_work(w.due), next);
    CHECK_INT(w.runs, 1);
    clock_set_offset_ms(40000);
    w.answer = HUB_DUE_DONE;
    CHECK_INT(hub_due_work(w.due), INT64_MAX);
    CHECK_INT(w.runs, 2);
    CHECK_INT(w.last.id, id);
    CHECK_INT(w.last.attempts, 1);
    CHECK_RANGE(w.last.born_ms, born - 20000, born);
    CHECK_TEXT(w.payload, "again");
    CHECK_INT(hub_fixture_due(w.f, "work"), 0);
}

/* The row decides: what memory holds of it may be too early, or twice. */
static void arming_too_early_runs_nothing(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    int64_t due_ms = clock_world_ms() + 30000;
    uint64_t id = put(&w, due_ms, "x");
    for (int i = 0; i < 3; i++)
        hub_due_arm(w.due, id, 0);
    CHECK_INT(hub_due_work(w.due), due_ms);
    CHECK_INT(w.runs, 0);
    clock_set_offset_ms(31000);
    hub_due_work(w.due);
    CHECK_INT(w.runs, 1);
}

static void a_wait_can_be_moved(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    uint64_t id = put(&w, clock_world_ms() + 50000, "late");
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    hub_due_put(w.due, batch, &(struct hub_due_item){.id = id, .payload = S("early")});
    CHECK_INT(store_commit(w.f->store, batch, NULL), 0);
    hub_due_work(w.due);
    CHECK_INT(w.runs, 1);
    CHECK_TEXT(w.payload, "early");
}

/* The owner has the work in hand: the row stays, and nothing runs it until he says so. */
/* A look that leaves something for later, most_ms from now at the latest. */
static void check_waits(struct worker *w, int64_t most_ms) {
    int64_t next_ms = hub_due_work(w->due);
    CHECK_RANGE(next_ms, clock_world_ms() + 1, clock_world_ms() + most_ms);
}

static void what_is_left_waits_for_its_owner(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    w.answer = HUB_DUE_LEFT;
    uint64_t id = put(&w, 0, "x");
    CHECK_INT(hub_due_work(w.due), INT64_MAX);
    CHECK_INT(hub_due_work(w.due), INT64_MAX);
    CHECK_INT(w.runs, 1);
    CHECK_INT(hub_fixture_due(w.f, "work"), 1);
    hub_due_arm(w.due, id, 0);
    hub_due_work(w.due);
    CHECK_INT(w.runs, 2);
    w.wait_ms = 30000; /* or until then */
    hub_due_arm(w.due, id, 0);
    check_waits(&w, 30000);
    CHECK_INT(w.runs, 3);
    CHECK_INT(hub_due_reload(w.due, NULL), 0);
    hub_due_work(w.due);
    CHECK_INT(w.runs, 4);
    worker_restart(&w); /* that time was in memory alone: a new life looks at once */
    hub_due_work(w.due);
    CHECK_INT(w.runs, 5);
}

static void a_row_is_read_by_its_id(void **state) {
    struct worker w;
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    struct hub_due_item item;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    uint64_t id = put(&w, 77, "mine");
    CHECK_INT(hub_due_get(w.due, id, &bytes, &item), 0);
    CHECK_INT(item.id, id);
    CHECK_INT(item.due_ms, 77);
    CHECK_STR(item.payload, S("mine"));
    CHECK_INT(hub_due_get(w.due, id + 1, &bytes, &item), STORE_E_ABSENT);
    hub_fixture_put_raw(w.f, "work", id + 1, S("x"));
    CHECK_INT(hub_due_get(w.due, id + 1, &bytes, &item), STORE_E_DAMAGED);
}

/* ---- Restarts and kills ---- */
static void rows_of_an_earlier_life_are_run_once(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .at_once = 8});
    for (int i = 0; i < 20; i++)
        put(&w, i < 15 ? 0 : clock_world_ms() + 30000, "x");
    worker_restart(&w);
    int64_t next = hub_due_work(w.due);
    CHECK_INT(w.runs, 15);
    CHECK_RANGE(next, clock_world_ms() + 1, clock_world_ms() + 30000);
    worker_restart(&w);
    hub_due_work(w.due);
    CHECK_INT(w.runs, 15);
    CHECK_INT(hub_fixture_due(w.f, "work"), 5);
}

/* Killed between the commit of the row and its arming: the row alone is there. */
static void a_row_that_nobody_armed_is_run_by_the_next_life(void **state) {
    struct worker w;
    CLEANUP_DEINIT(buf) struct buf row = {0};
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    hub_due_encode(&row, &(struct hub_due_item){.payload = S("x")});
    hub_fixture_put_raw(w.f, "work", 5, buf_view(&row));
    CHECK_INT(hub_due_work(w.due), INT64_MAX);
    CHECK_INT(w.runs, 0);
    worker_restart(&w);
    hub_due_work(w.due);
    CHECK_INT(w.runs, 1);
    CHECK_INT(w.last.id, 5);
}

/* Put while other kinds are loaded already: by a service that opens. Armed once, by its commit. */
static void what_is_put_before_the_start_is_run_once(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    put(&w, 0, "x");
    CHECK_INT(w.due->queue.ready.n, 1);
    CHECK_INT(hub_start(w.f->hub, NULL), 0);
    wait_runs(&w, 1);
    hub_stop(w.f->hub);
    CHECK_INT(w.runs, 1);
}

static void a_kind_sees_its_own_rows_alone(void **state) {
    struct worker a, b;
    worker_add(&a, *state, (struct hub_due_kind){.name = "work"});
    worker_add(&b, *state, (struct hub_due_kind){.name = "workshop"});
    put(&b, 0, "b");
    hub_fixture_end(*state);
    hub_fixture_start(*state);
    a.due = hub_due_add(a.f->hub, &a.kind);
    b.due = hub_due_add(b.f->hub, &b.kind);
    hub_due_work(a.due);
    hub_due_work(b.due);
    CHECK_INT(a.runs, 0);
    CHECK_INT(b.runs, 1);
}

/* ---- The clock ---- */
static void a_clock_that_jumped_back_a_year_strands_nothing(void **state) {
    struct worker w;
    clock_set_offset_ms(year_ms);
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .at_once = 8});
    for (int i = 0; i < 10; i++)
        put(&w, clock_world_ms() + 30000 + i, "x");
    check_waits(&w, 30000);
    CHECK_INT(w.runs, 0);
    clock_set_offset_ms(0);
    CHECK_INT(hub_due_work(w.due), INT64_MAX);
    CHECK_INT(w.runs, 10);
    CHECK_INT(hub_fixture_due(w.f, "work"), 0);
}

static void nor_does_a_jump_while_the_daemon_was_down(void **state) {
    struct worker w;
    clock_set_offset_ms(year_ms);
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    put(&w, clock_world_ms() + 50000, "far");
    clock_set_offset_ms(0);
    put(&w, clock_world_ms() + 50000, "near");
    worker_restart(&w);
    hub_due_work(w.due);
    CHECK_INT(w.runs, 1);
    CHECK_TEXT(w.payload, "far");
}

/* In the hub's own threads, which sleep for a minute: the clock says that it moved. */
static void a_moved_clock_wakes_what_sleeps(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .threads = 2});
    CHECK_INT(hub_start(w.f->hub, NULL), 0);
    put(&w, clock_world_ms() + 50000, "forward");
    clock_set_offset_ms(51000);
    hub_clock_moved(w.f->hub);
    wait_runs(&w, 1);
    put(&w, clock_world_ms() + 50000, "back");
    clock_set_offset_ms(-year_ms);
    hub_clock_moved(w.f->hub);
    wait_runs(&w, 2);
    hub_stop(w.f->hub);
    CHECK_INT(hub_fixture_due(w.f, "work"), 0);
}

/* ---- Commits that are refused ---- */
static void a_stale_view_is_run_again_one_by_one(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .at_once = 8});
    w.spoil = 6; /* the batch of four, and the first of them alone, twice */
    for (int i = 0; i < 4; i++)
        put(&w, 0, "x");
    hub_due_work(w.due);
    CHECK_INT(w.runs, 4 + 3 + 3);
    CHECK_INT(hub_fixture_due(w.f, "work"), 0);
    CHECK_INT(hub_fixture_rows(w.f, "done"), 4);
}

/* Its condition never holds: it waits for its next try, the others of its batch are done. */
static void an_item_that_is_always_overtaken_stops_no_other(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .at_once = 8});
    for (int i = 0; i < 5; i++) {
        uint64_t id = put(&w, 0, "x");
        w.poison = i == 1 ? id : w.poison;
    }
    int64_t next = hub_due_work(w.due);
    CHECK_INT(hub_fixture_rows(w.f, "done"), 4);
    CHECK_INT(hub_fixture_due(w.f, "work"), 1);
    CHECK_RANGE(next, clock_world_ms() + 1, clock_world_ms() + 1000);
    int before = w.runs;
    CHECK_INT(hub_due_work(w.due), next); /* no try before that */
    CHECK_INT(w.runs, before);
    w.poison = 0;
    clock_set_offset_ms(2000);
    CHECK_INT(hub_due_work(w.due), INT64_MAX);
    CHECK_INT(hub_fixture_rows(w.f, "done"), 5);
}

static size_t held(const struct hub_due *due) { return due->queue.n + due->queue.ready.n; }

/* Memory holds each id once, however often the batch was run. */
static void a_batch_that_is_run_again_arms_no_item_twice(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .at_once = 8});
    w.spoil = 1;
    for (int i = 0; i < 5; i++)
        put(&w, i < 2 ? 0 : clock_world_ms() + 20000, "x");
    hub_due_work(w.due);
    CHECK_INT(w.runs, 2 + 2);
    CHECK_INT(held(w.due), 3);
}

/* From there on only a restart helps; until then the row stays, and the thread sleeps between tries. */
static void a_store_that_takes_nothing_is_not_asked_again_and_again(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .at_once = 8});
    for (int i = 0; i < 3; i++)
        put(&w, 0, "x");
    CHECK_INT(store_fault_set("fail-commit", NULL), 0);
    CHECK_INT(hub_due_work(w.due), 0);
    CHECK_INT(store_fault_set("", NULL), 0);
    CHECK_INT(w.runs, 3);
    CHECK_INT(held(w.due), 3);
    CHECK_INT(hub_start(w.f->hub, NULL), 0);
    wait_runs(&w, 6);
    usleep(100000); /* a thread that does not sleep would run them thousands of times */
    hub_stop(w.f->hub);
    CHECK_INT(w.runs, 6);
    CHECK_INT(held(w.due), 3);
    worker_restart(&w);
    CHECK_INT(hub_due_work(w.due), INT64_MAX);
    CHECK_INT(w.runs, 3 + 6);
    CHECK_INT(hub_fixture_due(w.f, "work"), 0);
}

/* ---- Damage ---- */
static void damaged_rows_are_kept_and_the_others_run(void **state) {
    struct worker w;
    CLEANUP_DEINIT(buf) struct buf key = {0}, kept = {0};
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .at_once = 8});
    const uint64_t first = store_next_id(w.f->store);
    hub_fixture_put_raw(w.f, "work", first, S("no row"));
    hub_fixture_put_raw(w.f, "work", store_next_id(w.f->store), S(""));
    uint64_t id = put(&w, 0, "whole");
    worker_restart(&w);
    hub_due_work(w.due);
    CHECK_INT(w.runs, 1);
    CHECK_INT(w.last.id, id);
    CHECK_INT(hub_fixture_due(w.f, "work"), 0);
    CHECK_INT(hub_fixture_rows(w.f, "damaged"), 2);
    hub_due_damaged_key(&key, "work", first);
    CHECK_INT(store_get(w.f->store, NULL, STORE_QUEUE, buf_view(&key), &kept), 0);
    CHECK_BUF(kept, "no row");
}

static void a_payload_that_its_owner_cannot_read_is_kept_too(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work"});
    w.answer = HUB_DUE_DAMAGED;
    put(&w, 0, "odd");
    hub_due_work(w.due);
    CHECK_INT(w.runs, 1);
    CHECK_INT(hub_fixture_due(w.f, "work"), 0);
    CHECK_INT(hub_fixture_rows(w.f, "damaged"), 1);
}

/* ---- Threads ---- */
static void two_kinds_do_not_hold_up_each_other(void **state) {
    struct worker slow, fast;
    worker_add(&slow, *state, (struct hub_due_kind){.name = "slow"});
    worker_add(&fast, *state, (struct hub_due_kind){.name = "fast"});
    slow.hold = true;
    CHECK_INT(hub_start(slow.f->hub, NULL), 0);
    for (int i = 0; i < 3; i++)
        put(&slow, 0, "x");
    wait_runs(&slow, 1);
    for (int i = 0; i < 50; i++)
        put(&fast, 0, "x");
    wait_runs(&fast, 50);
    CHECK_INT(runs(&slow), 1);
    stop_holding(&slow);
    wait_runs(&slow, 3);
    hub_stop(slow.f->hub);
}

static void as_many_at_a_time_as_there_are_threads(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .threads = 3});
    w.hold = true;
    CHECK_INT(hub_start(w.f->hub, NULL), 0);
    for (int i = 0; i < 9; i++)
        put(&w, 0, "x");
    wait_runs(&w, 3);
    stop_holding(&w);
    wait_runs(&w, 9);
    CHECK_RANGE(w.most_held, 3, 3);
    hub_stop(w.f->hub);
}

static void *stop_hub(void *hub) {
    hub_stop(hub);
    return NULL;
}

static bool is_stopping(struct hub_due *due) {
    LOCK_SCOPE(&due->lock);
    return due->stopping;
}

/* The end awaits what is being run, and begins nothing meanwhile, of whichever kind. */
static void a_slow_kind_does_not_keep_others_at_work_at_the_end(void **state) {
    struct worker slow, fast;
    pthread_t stopper;
    worker_add(&slow, *state, (struct hub_due_kind){.name = "slow"});
    worker_add(&fast, *state, (struct hub_due_kind){.name = "fast"});
    slow.hold = true;
    CHECK_INT(hub_start(slow.f->hub, NULL), 0);
    put(&slow, 0, "x");
    wait_runs(&slow, 1);
    CHECK_INT(pthread_create(&stopper, NULL, stop_hub, slow.f->hub), 0);
    for (int i = 0; i < 5000 && !is_stopping(fast.due); i++)
        usleep(1000);
    bool told = is_stopping(fast.due);
    put(&fast, 0, "x");
    stop_holding(&slow);
    pthread_join(stopper, NULL);
    CHECK(told);
    CHECK_INT(fast.runs, 0);
    CHECK_INT(hub_fixture_due(slow.f, "fast"), 1);
}

static void arm_twice(struct worker *w, uint64_t id) {
    if (w->runs == 0) {
        hub_due_arm(w->due, id, 0);
        hub_due_arm(w->due, id, 0);
    }
}

/* Armed while it is being run: it waits for that, and is then run once more, not twice. */
static void an_item_is_in_one_thread_at_a_time(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .threads = 3});
    w.answer = HUB_DUE_LEFT;
    w.hold = true;
    w.meanwhile = arm_twice;
    CHECK_INT(hub_start(w.f->hub, NULL), 0);
    put(&w, 0, "x");
    wait_runs(&w, 1);
    usleep(20000); /* time enough for another thread to do what it must not */
    CHECK_INT(runs(&w), 1);
    stop_holding(&w);
    wait_runs(&w, 2);
    hub_stop(w.f->hub);
    CHECK_INT(w.most_held, 1);
    CHECK_RANGE(w.runs, 2, 3); /* a second arming that came later than the first look counts */
}

/* ---- In memory ---- */
static void ids_without_rows_are_run_and_forgotten(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "memory", .in_memory = true});
    hub_due_arm(w.due, 42, 0);
    hub_due_arm(w.due, 43, clock_world_ms() + 30000);
    check_waits(&w, 30000);
    CHECK_INT(w.runs, 1);
    CHECK_INT(w.last.id, 42);
    CHECK(!w.batch);
    w.answer = HUB_DUE_LEFT;
    w.wait_ms = 30000;
    clock_set_offset_ms(31000);
    check_waits(&w, 30000);
    CHECK_INT(w.runs, 2);
    CHECK_INT(hub_fixture_rows(w.f, "due"), 0);
}

/* ---- Looks ---- */
struct looker {
    pthread_mutex_t lock;
    pthread_cond_t change;
    int looks;
};

static int64_t count_look(void *ctx) {
    struct looker *l = ctx;
    LOCK_SCOPE(&l->lock);
    l->looks++;
    pthread_cond_broadcast(&l->change);
    return clock_world_ms() + 3600000;
}

static void wait_looks(struct looker *l, int n) {
    LOCK_SCOPE(&l->lock);
    while (l->looks < n)
        pthread_cond_wait(&l->change, &l->lock);
}

static void timers_run_at_start_when_kicked_and_when_time_comes(void **state) {
    struct hub_fixture *f = *state;
    struct looker l = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
    struct hub_due *timer = hub_add_timer(f->hub, "test", count_look, &l);
    CHECK_INT(hub_start(f->hub, NULL), 0);
    wait_looks(&l, 1);
    hub_kick(timer);
    wait_looks(&l, 2);
    clock_set_offset_ms(2 * 3600000);
    hub_clock_moved(f->hub);
    wait_looks(&l, 3);
    clock_set_offset_ms(-year_ms); /* an hour from then is a year away now */
    hub_clock_moved(f->hub);
    wait_looks(&l, 4);
    hub_stop(f->hub);
}

static void a_timer_that_is_not_kicked_waits_for_its_time(void **state) {
    struct hub_fixture *f = *state;
    struct looker l = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
    struct hub_due *timer = hub_add_timer(f->hub, "test", count_look, &l);
    int64_t next = hub_due_work(timer);
    CHECK_RANGE(next, clock_world_ms() + 3590000, clock_world_ms() + 3600000);
    CHECK_INT(hub_due_work(timer), next);
    CHECK_INT(l.looks, 1);
    clock_set_offset_ms(next - clock_real_ms());
    hub_due_work(timer);
    CHECK_INT(l.looks, 2);
    hub_kick(timer);
    hub_kick(timer);
    hub_due_work(timer);
    CHECK_INT(l.looks, 3);
}

static int64_t count_look_of(void *ctx) {
    struct worker *w = ctx;
    CHECK_RANGE(++w->looks, 1, 1000); /* or it never ends */
    return clock_world_ms() + LONGEST_MS;
}

/* One look is enough, and what is due has its turn: the clock may be behind for years. */
static void a_clock_that_went_back_is_looked_at_once(void **state) {
    struct worker w;
    worker_add(&w, *state, (struct hub_due_kind){.name = "work", .look = count_look_of});
    CHECK_RANGE(hub_due_work(w.due), clock_world_ms() + 1, INT64_MAX);
    CHECK_INT(w.looks, 1);
    clock_set_offset_ms(-year_ms);
    put(&w, 0, "x");
    hub_due_work(w.due);
    CHECK_INT(w.looks, 2);
    CHECK_INT(w.runs, 1);
}

/* ---- Starting ---- */
static void a_port_that_nobody_plugged_is_refused(void **state) {
    struct hub_fixture *f = *state;
    static const struct {
        hub_metric_fn *metric;
        hub_log_fn *log;
        const char *why; /* NULL: it starts */
    } cases[] = {
        {NULL, NULL, "hub_plug_metric is missing"},
        {NULL, hub_no_log, "hub_plug_metric is missing"},
        {hub_no_metric, NULL, "hub_plug_log is missing"},
        {hub_no_metric, hub_no_log, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(hub) struct hub *hub = hub_new(f->store);
        struct err err = {{0}};
        if (cases[i].metric)
            hub_plug_metric(hub, cases[i].metric, NULL);
        if (cases[i].log)
            hub_plug_log(hub, cases[i].log, NULL);
        int r = hub_start(hub, &err);
        hub_stop(hub);
        CHECK_INT(r != 0, cases[i].why != NULL);
        if (cases[i].why)
            CHECK_HAS(err.text, cases[i].why);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        CASE(an_item_is_run_as_it_was_put_and_goes),
        CASE(what_is_not_committed_is_not_run),
        CASE(what_was_deleted_is_not_run),
        CASE(items_leave_in_the_order_of_their_commits),
        CASE(a_batch_holds_as_many_as_the_kind_says),
        CASE(an_item_that_comes_again_keeps_its_id_and_counts),
        CASE(arming_too_early_runs_nothing),
        CASE(a_wait_can_be_moved),
        CASE(what_is_left_waits_for_its_owner),
        CASE(a_row_is_read_by_its_id),
        CASE(rows_of_an_earlier_life_are_run_once),
        CASE(a_row_that_nobody_armed_is_run_by_the_next_life),
        CASE(what_is_put_before_the_start_is_run_once),
        CASE(a_kind_sees_its_own_rows_alone),
        CASE(a_clock_that_jumped_back_a_year_strands_nothing),
        CASE(nor_does_a_jump_while_the_daemon_was_down),
        CASE(a_moved_clock_wakes_what_sleeps),
        CASE(a_stale_view_is_run_again_one_by_one),
        CASE(an_item_that_is_always_overtaken_stops_no_other),
        CASE(a_batch_that_is_run_again_arms_no_item_twice),
        CASE(a_store_that_takes_nothing_is_not_asked_again_and_again),
        CASE(damaged_rows_are_kept_and_the_others_run),
        CASE(a_payload_that_its_owner_cannot_read_is_kept_too),
        CASE(two_kinds_do_not_hold_up_each_other),
        CASE(as_many_at_a_time_as_there_are_threads),
        CASE(a_slow_kind_does_not_keep_others_at_work_at_the_end),
        CASE(an_item_is_in_one_thread_at_a_time),
        CASE(ids_without_rows_are_run_and_forgotten),
        CASE(timers_run_at_start_when_kicked_and_when_time_comes),
        CASE(a_timer_that_is_not_kicked_waits_for_its_time),
        CASE(a_clock_that_went_back_is_looked_at_once),
        CASE(a_port_that_nobody_plugged_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
