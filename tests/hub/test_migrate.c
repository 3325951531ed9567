/*
 * Rows of format 2's outbox become due rows, also when a start that does so is killed on the way.
 */
#include "hub_fixture.h"

#include "hub/event.h"

static const int64_t born_ms = 1795323419123;

/* As format 2 wrote it. */
static void old_row(struct buf *out, uint64_t attempts, const char *payload) {
    CLEANUP_DEINIT(buf) struct buf event = {0};
    hub_event_encode(&event, &(struct hub_event){.target = S("arn:t"), .payload = str_c(payload)});
    buf_u8(out, 1);
    buf_varint(out, attempts);
    buf_u64(out, (uint64_t)born_ms);
    buf_str(out, str_skip(buf_view(&event), 1));
}

static const struct {
    uint64_t id;
    int64_t due_ms; /* 0: of kind "out" */
    uint64_t attempts;
    const char *payload; /* NULL: damaged */
} old[] = {
    {7, 0, 0, "at once"},
    {8, born_ms + 300000, 12, "later"},
    {9, 0, 0, NULL},
    {10, born_ms + 1000, 1, NULL},
};

static void put_old(struct store *store) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    for (size_t i = 0; i < ARRAY_LEN(old); i++) {
        CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
        key_begin(&key, old[i].due_ms ? "later" : "out");
        if (old[i].due_ms)
            key_u64(&key, (uint64_t)old[i].due_ms);
        key_u64(&key, old[i].id);
        if (old[i].payload)
            old_row(&row, old[i].attempts, old[i].payload);
        else
            buf_c(&row, "no event");
        store_put_blind(batch, STORE_QUEUE, buf_view(&key), buf_view(&row));
    }
    CHECK_INT(store_commit(store, batch, NULL), 0);
}

static void migrate(struct hub_fixture *f) {
    static const struct store_migration *const all[] = {hub_migrations, NULL};
    char path[160];
    struct err err = {{0}};
    tmp_make_raw(f->store);
    hub_fixture_end(f);
    snprintf(path, sizeof path, "%s/format", f->data);
    FILE *format = fopen(path, "w");
    CHECK(format && fputs("calotype-data 2\n", format) >= 0 && fclose(format) == 0);
    CHECK_CASE(
        store_open(&f->store,
                   &(struct store_options){.data = f->data, .reserve_bytes = 1, .migrations = all},
                   &err) == 0,
        err.text);
    f->hub = hub_new(f->store);
}

static void check_new(struct hub_fixture *f) {
    CHECK_INT(hub_fixture_rows(f, "out"), 0);
    CHECK_INT(hub_fixture_rows(f, "later"), 0);
    CHECK_INT(hub_fixture_due(f, "event"), 2);
    CHECK_INT(hub_fixture_rows(f, "damaged"), 2);
    for (size_t i = 0; i < ARRAY_LEN(old); i++) {
        CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
        struct hub_due_item item;
        struct hub_event event;
        if (old[i].payload)
            hub_due_key(&key, "event", old[i].id);
        else
            hub_due_damaged_key(&key, "event", old[i].id);
        CHECK_INT(store_get(f->store, NULL, STORE_QUEUE, buf_view(&key), &row), 0);
        if (!old[i].payload) {
            CHECK_BUF(row, "no event");
            continue;
        }
        CHECK(hub_due_decode(buf_view(&row), &item));
        CHECK_INT(item.due_ms, old[i].due_ms);
        CHECK_INT(item.born_ms, born_ms);
        CHECK_INT(item.attempts, old[i].attempts);
        CHECK(hub_event_decode(item.payload, &event));
        CHECK_STR(event.target, S("arn:t"));
        CHECK_STR(event.payload, str_c(old[i].payload));
    }
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

static void rows_of_format_2_become_due(void **state) {
    struct hub_fixture *f = *state;
    put_old(f->store);
    migrate(f);
    check_new(f);
    migrate(f); /* a second walk finds nothing to turn */
    check_new(f);
}

/* Killed after one of the rows was turned: the next start turns the others. */
static void half_of_them_turned(void **state) {
    struct hub_fixture *f = *state;
    put_old(f->store);
    migrate(f);
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
    hub_due_key(&key, "event", old[0].id);
    store_del_blind(batch, STORE_QUEUE, buf_view(&key));
    key_begin(&key, "out");
    key_u64(&key, old[0].id);
    old_row(&row, old[0].attempts, old[0].payload);
    store_put_blind(batch, STORE_QUEUE, buf_view(&key), buf_view(&row));
    CHECK_INT(store_commit(f->store, batch, NULL), 0);
    migrate(f);
    check_new(f);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_of_format_2_become_due, setup, teardown),
        cmocka_unit_test_setup_teardown(half_of_them_turned, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
