/* store: what opening a folder makes, migrates and refuses. */
#include "lib/tmp.h"

#include "base/io.h"
#include "base/file.h"
#include "store/key.h"
#include "store/store_priv.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const dir = tmp_own;

static int try_open(struct err *err) {
    CLEANUP(store) struct store *store = NULL;
    return store_open(&store, &(struct store_options){.data = dir, .reserve_bytes = 1}, err);
}

static void write_in(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    CHECK_INT(file_write_durable(path, str_c(text), 0600, NULL), 0);
}

static void test_layout(void **state) {
    (void)state;
    struct err err;
    CHECK_INT(try_open(&err), 0);
    static const struct {
        const char *name;
        unsigned mode;
    } want[] = {
        {"db", 0700},          {"blobs", 0700},  {"blobs/tmp", 0700}, {"keys", 0700},
        {"keys/master", 0600}, {"format", 0600}, {"lock", 0600},
    };
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        char path[256];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", dir, want[i].name);
        CHECK_CASE(stat(path, &st) == 0, want[i].name);
        /* RocksDB makes its own folder's files as it likes; ours are closed to others. */
        CHECK_CASE((st.st_mode & 0777) == want[i].mode, want[i].name);
    }
}

static void test_one_process_at_a_time(void **state) {
    (void)state;
    struct err err;
    CLEANUP(store) struct store *store = tmp_open(dir);
    CHECK_INT(try_open(&err), STORE_E_BUSY);
    CHECK(strstr(err.text, dir));
}

static void test_format(void **state) {
    (void)state;
    struct err err;
    write_in("format", "calotype-data 5\n");
    CHECK_INT(try_open(&err), STORE_E_FORMAT);
    CHECK_HAS(err.text, "newer");
    write_in("format", "calotype-data 0\n");
    CHECK_INT(try_open(&err), STORE_E_DAMAGED);
    static const char *const bad[] = {"calotype-data 2 from 0\n", "calotype-data 2 from 4\n",
                                      "calotype-data 2 from \n", "calotype-data  from 1\n",
                                      "calotype-data 2\n2"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        write_in("format", bad[i]);
        CHECK_CASE(try_open(&err) == STORE_E_DAMAGED, bad[i]);
    }
    write_in("format", "something else\n");
    CHECK_INT(try_open(&err), STORE_E_DAMAGED);
    write_in("format", "calotype-data 4\n");
    CHECK_INT(try_open(&err), 0);
    write_in("format", "calotype-data 1\n");
    CHECK_INT(try_open(&err), STORE_E_FORMAT); /* nobody says how to migrate */
    CHECK_HAS(err.text, "older");
    char path[256];
    snprintf(path, sizeof path, "%s/format", dir);
    unlink(path);
    CHECK_INT(try_open(&err), STORE_E_DAMAGED);
}

/* ---- Migration: rows "old" become "new", but "odd" is damaged; `stop` makes one fail ---- */

static bool stop;

static int turn(struct store *store, struct store_batch *batch, str key, str value,
                struct store_memo *memo) {
    (void)store, (void)memo;
    if (str_is(value, "odd"))
        return STORE_E_DAMAGED;
    if (str_is(value, "stop") && stop)
        return -EIO;
    if (!str_is(value, "new"))
        store_put_blind(batch, STORE_META, key, S("new"));
    return 0;
}
static int never(struct store *store, struct store_batch *batch, str key, str value,
                 struct store_memo *memo) {
    (void)store, (void)memo, (void)batch, (void)key, (void)value;
    fail();
    return -EINVAL;
}
static const struct store_migration turned[] = {
    {1, STORE_META, "kind", turn}, {7, STORE_META, "kind", never}, {0}};
static const struct store_migration *const tables[] = {turned, NULL};

static void put_old_rows(size_t n) {
    CLEANUP(store) struct store *store = tmp_open(dir);
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    store->format.kept = FORMAT_RAW;
    for (size_t i = 0; i < n; i++) {
        key_begin(&key, i ? "kind" : "kin");
        key_u64(&key, i);
        store_put_blind(batch, STORE_META, buf_view(&key),
                        i == 5       ? S("odd")
                        : i == n - 1 ? S("stop")
                                     : S("old"));
    }
    key_begin(&key, "sys");
    key_raw(&key, S("sealing")); /* a new database says that nothing in it is raw */
    store_del_blind(batch, STORE_META, buf_view(&key));
    CHECK_INT(store_commit(store, batch, NULL), 0);
}

static int migrate(struct store **ret, struct err *err) {
    return store_open(
        ret, &(struct store_options){.data = dir, .reserve_bytes = 1, .migrations = tables}, err);
}

static size_t count(struct store *store, const char *value) {
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(store, NULL, STORE_META, S("kin"), S("kio"), false);
    size_t n = 0;
    while (store_iter_next(it))
        n += str_is(it->value, value);
    return n;
}

static void test_migration(void **state) {
    (void)state;
    struct err err;
    struct buf format = {0};
    char path[256];
    snprintf(path, sizeof path, "%s/format", dir);
    enum { N = 1000 }; /* several batches */
    put_old_rows(N);
    write_in("format", "calotype-data 1\n");
    struct store *store = NULL;
    stop = true;
    CHECK_INT(migrate(&store, &err), -EIO);
    CHECK_HAS(err.text, "kind");
    CHECK_INT(io_read_file(&format, path, 64, NULL), 0);
    CHECK_BUF(format, "calotype-data 2 from 1\n"); /* which a program of format 1 refuses */
    stop = false;
    CHECK_INT(migrate(&store, &err), 0); /* goes on */
    CHECK_INT(count(store, "new"), N - 2);
    CHECK_INT(count(store, "odd"), 1); /* the damaged row */
    CHECK_INT(count(store, "old"), 1); /* another kind's */
    store_free(store);
    buf_clear(&format);
    CHECK_INT(io_read_file(&format, path, 64, NULL), 0);
    CHECK_BUF(format, "calotype-data 4\n");
    CHECK_INT(try_open(&err), 0);
    buf_deinit(&format);
}

static void test_master_key(void **state) {
    (void)state;
    struct err err;
    char path[256];
    struct buf key = {0};
    CHECK_INT(try_open(&err), 0);
    snprintf(path, sizeof path, "%s/keys/master", dir);
    CHECK_INT(io_read_file(&key, path, 256, &err), 0);

    unlink(path);
    CHECK_INT(try_open(&err), STORE_E_KEY);
    CHECK_HAS(err.text, "lost");
    write_in("keys/master", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
    CHECK_INT(try_open(&err), STORE_E_KEY);
    CHECK_HAS(err.text, "not the one");
    write_in("keys/master", "abc\n");
    CHECK_INT(try_open(&err), STORE_E_KEY);

    /* Given by path and by value. */
    CLEANUP(store) struct store *store = NULL;
    struct store_options options = {.data = dir, .reserve_bytes = 1, .master_key_path = "/nowhere"};
    CHECK_INT(store_open(&store, &options, &err), STORE_E_KEY);
    options.master_key_path = NULL;
    options.master_key = buf_cstr(&key);
    CHECK_INT(store_open(&store, &options, &err), 0);
    buf_deinit(&key);
}

static void test_ids_never_repeat(void **state) {
    (void)state;
    uint64_t last = 0;
    for (int life = 0; life < 3; life++) {
        CLEANUP(store) struct store *store = tmp_open(dir);
        for (int i = 0; i < 1000; i++) {
            uint64_t id = store_next_id(store);
            CHECK(id > last);
            last = id;
        }
    }
}

static void test_durable_file(void **state) {
    (void)state;
    char path[256];
    struct buf got = {0};
    struct stat st;
    struct err err;
    snprintf(path, sizeof path, "%s/x", dir);
    write_in("x", "one");
    write_in("x", "two");
    CHECK_INT(io_read_file(&got, path, 16, NULL), 0);
    CHECK_BUF(got, "two");
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    buf_deinit(&got);
    CHECK_INT(file_write_durable("/nowhere/at/all", S("x"), 0600, &err), -ENOENT);
}

static void make_lost(const char *name, const char *days) {
    char path[256];
    snprintf(path, sizeof path, "%s/lost/%s/db", dir, name);
    CHECK_INT(io_mkdirs(path, 0700, NULL), 0);
    snprintf(path, sizeof path, "lost/%s/db/000001.sst", name);
    write_in(path, "rows");
    snprintf(path, sizeof path, "lost/%s/days", name);
    write_in(path, days);
}

/* What was set aside goes after 30 days that a daemon saw, by its date and by its own count. */
static void test_lost(void **state) {
    (void)state;
    static const struct {
        const char *name, *days;
        bool stays;
    } cases[] = {
        {"20200101T000000Z", "30 2020-02-01\n", false},
        {"20200102T000000Z", "29 2020-02-01\n", true}, /* the clock has jumped */
        {"20200103T000000Z", "", true},
        {"20990101T000000Z", "30 2020-02-01\n", true},
        {"of mine", "30 2020-02-01\n", true},
    };
    struct err err;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        make_lost(cases[i].name, cases[i].days);
    for (int start = 0; start < 2; start++) /* the second one is on the same day */
        CHECK_INT(try_open(&err), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/lost/%s/db/000001.sst", dir, cases[i].name);
        CHECK_CASE((access(path, F_OK) == 0) == cases[i].stays, cases[i].name);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, tmp_setup, tmp_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_layout),     T(test_one_process_at_a_time), T(test_format), T(test_migration),
        T(test_master_key), T(test_ids_never_repeat),      T(test_lost),   T(test_durable_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
