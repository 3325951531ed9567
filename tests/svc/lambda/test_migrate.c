/*
 * Rows of format 2's queue of asynchronous invocations become due rows, written here byte by byte:
 * with attempts that failed and a wait that goes on, whole, damaged, and turned once already by a
 * start that was killed.
 */
#include "lib/tmp.h"

#include "hub/due.h"
#include "store/key.h"
#include "svc/lambda/lambda.h"
#include "svc/lambda/row.h"

#include <stdlib.h>

/* due_ms 1795323479123, born_ms 1795323419123 */
#define DUE  "\x00\x00\x01\xa2\x01\x9e\x44\x53"
#define BORN "\x00\x00\x01\xa2\x01\x9d\x59\xf3"
#define WHERE                                                                                      \
    "\x0c"                                                                                         \
    "000000000000"                                                                                 \
    "\x09"                                                                                         \
    "us-east-1"                                                                                    \
    "\x01"                                                                                         \
    "f"
#define ID                                                                                         \
    "\x24"                                                                                         \
    "3f1c0a52-8f5e-4d55-9c1b-0123456789ab"

static const struct {
    uint64_t id;
    str old;
    int64_t due_ms, born_ms;
    uint64_t attempts;
    const char *payload; /* NULL: damaged */
} rows[] = {
    {7,
     S_INIT("\x01" DUE BORN "\x02" WHERE ID "\x02"
            "{}"),
     1795323479123, 1795323419123, 2, "{}"},
    {8,
     S_INIT("\x01"
            "\0\0\0\0\0\0\0\0" BORN "\x00" WHERE ID "\x00"),
     0, 1795323419123, 0, ""},
    /* a count of two bytes, and a payload whose length takes two */
    {9,
     S_INIT("\x01" DUE BORN "\xac\x02" WHERE ID "\x80\x01"
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
     1795323479123, 1795323419123, 300,
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
    {10,
     S_INIT("\x02" DUE BORN "\x02" WHERE ID "\x02"
            "{}"),
     0, 0, 0, NULL}, /* of another version */
    {11,
     S_INIT("\x01" DUE BORN "\x02" WHERE ID "\x03"
            "{}"),
     0, 0, 0, NULL}, /* cut off */
    {12,
     S_INIT("\x01" DUE BORN "\x02" WHERE ID "\x02"
            "{}x"),
     0, 0, 0, NULL}, /* too long */
    {13,
     S_INIT("\x01" DUE BORN "\x02" WHERE "\x01"
            "3"
            "\x02"
            "{}"),
     0, 0, 0, NULL}, /* no request id */
    {14, S_INIT(""), 0, 0, 0, NULL},
};

struct fixture {
    char data[128];
    struct store *store;
};

static void put_old(struct fixture *f, size_t i) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    key_begin(&key, "lambda.q");
    key_u64(&key, rows[i].id);
    CHECK_INT(put_row(f->store, STORE_QUEUE, buf_view(&key), rows[i].old), 0);
}

/* Opens DATA once more, as format 2. */
static void migrate(struct fixture *f) {
    static const struct store_migration *const all[] = {lambda_migrations, NULL};
    char path[160];
    struct err err = {{0}};
    tmp_make_raw(f->store);
    f->store = store_free(f->store);
    snprintf(path, sizeof path, "%s/format", f->data);
    FILE *format = fopen(path, "w");
    CHECK(format && fputs("calotype-data 2\n", format) >= 0 && fclose(format) == 0);
    CHECK_CASE(
        store_open(&f->store,
                   &(struct store_options){.data = f->data, .reserve_bytes = 1, .migrations = all},
                   &err) == 0,
        err.text);
}

static void new_key(struct buf *key, size_t i) {
    if (rows[i].payload)
        hub_due_key(key, "invoke", rows[i].id);
    else
        hub_due_damaged_key(key, "invoke", rows[i].id);
}

static void check_due(str bytes, size_t i) {
    struct hub_due_item item;
    struct lambda_queue_row row;
    CHECK(hub_due_decode(bytes, &item));
    CHECK_INT(item.due_ms, rows[i].due_ms);
    CHECK_INT(item.born_ms, rows[i].born_ms);
    CHECK_INT(item.attempts, rows[i].attempts);
    CHECK(lambda_queue_row_decode(item.payload, &row));
    CHECK_STR(row.account, S("000000000000"));
    CHECK_STR(row.region, S("us-east-1"));
    CHECK_STR(row.name, S("f"));
    CHECK_STR(row.request_id, S("3f1c0a52-8f5e-4d55-9c1b-0123456789ab"));
    CHECK_STR(row.payload, str_c(rows[i].payload));
}

static void check_new(struct fixture *f) {
    CHECK_INT(count_rows(f->store, STORE_QUEUE, "lambda.q"), 0);
    CHECK_INT(count_rows(f->store, STORE_QUEUE, "due"), 3);
    CHECK_INT(count_rows(f->store, STORE_QUEUE, "damaged"), 5);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf key = {0}, bytes = {0};
        new_key(&key, i);
        CHECK_INT(store_get(f->store, NULL, STORE_QUEUE, buf_view(&key), &bytes), 0);
        if (rows[i].payload)
            check_due(buf_view(&bytes), i);
        else
            CHECK_STR(buf_view(&bytes), rows[i].old);
    }
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    tmp_dir(f->data);
    f->store = tmp_open(f->data);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    f->store = store_free(f->store);
    tmp_remove(f->data);
    free(f);
    return 0;
}

static void rows_of_format_2_become_due(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        put_old(f, i);
    migrate(f);
    check_new(f);
    migrate(f); /* a second walk finds nothing to turn */
    check_new(f);
}

/* Killed between two batches: the next start turns the rest. */
static void half_of_them_turned(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i += 2)
        put_old(f, i);
    migrate(f);
    for (size_t i = 1; i < ARRAY_LEN(rows); i += 2)
        put_old(f, i);
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
