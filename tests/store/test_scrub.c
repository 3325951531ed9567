/*
 * store/scrub: each kind of damage is named with its owner; what changes meanwhile is none; files of
 * nobody; tables of the database; nothing is held while it waits; it ends when it is told to.
 */
#include "lib/tmp.h"

#include "base/rand.h"
#include "store/blob_priv.h"
#include "store/key.h"
#include "store/store_priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[128], key_id[SEAL_KEY_ID_LEN];
static struct store *store;

/* ---- Owners: rows "thing", NAME, whose value is lstr references; "old" likewise ---- */
static int each_ref(struct store *, str, str value, store_see_fn *see, void *ctx, struct err *err) {
    struct cur at = cur_of(value);
    int r = 0;
    if (str_is(value, "nonsense"))
        return err_set(err, STORE_E_DAMAGED, "cannot be understood");
    for (unsigned part = 1; r == 0 && at.s.len; part++)
        r = see(ctx, cur_lstr(&at), part);
    return r;
}

static void name_thing(struct store *, str key, str, json_t *finding, struct buf *words) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    struct cur at = cur_of(key);
    key_take_kind(&at);
    key_take_str(&at, &name);
    json_set_str(finding, "Key", buf_view(&name));
    buf_printf(words, "thing " STR_FMT, STR_ARG(buf_view(&name)));
}

static const struct store_owner things[] = {
    {STORE_META, "thing", each_ref, name_thing, "make it again"},
    {STORE_ITEMS, "thing", each_ref, name_thing, NULL},
    {0},
};
static const struct store_owner olds[] = {{STORE_META, "old", each_ref, name_thing, NULL}, {0}};
static const struct store_owner *const owners[] = {olds, things, NULL};

/* ---- Fixture ---- */
static int setup(void **state) {
    (void)state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    tmp_dir(dir);
    store = tmp_open(dir);
    seal_key_create(store, batch, key_id, NULL);
    CHECK_INT(store_commit(store, batch, NULL), 0);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    store = store_free(store);
    tmp_remove(dir);
    return 0;
}

static void write_body(size_t size, struct buf *ref) {
    struct blob_writer *w = NULL;
    CLEANUP_MEM char *p = mem_zalloc(size + 1);
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), 0, &w, NULL), 0);
    CHECK_INT(blob_write(w, p, size, NULL), 0);
    CHECK_INT(blob_finish(w, ref, NULL), 0);
}

static void row_key(struct buf *key, const char *kind, const char *name) {
    key_begin(key, kind);
    key_str(key, str_c(name));
}

/* A row that owns bodies of these sizes (up to a 0), kept. */
static void put_thing(enum store_cf cf, const char *name, const size_t *sizes) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    row_key(&key, "thing", name);
    for (; *sizes; sizes++) {
        CLEANUP_DEINIT(buf) struct buf ref = {0};
        write_body(*sizes, &ref);
        blob_keep(batch, buf_view(&ref));
        buf_lstr(&value, buf_view(&ref));
    }
    store_put_blind(batch, cf, buf_view(&key), buf_view(&value));
    CHECK_INT(store_commit(store, batch, NULL), 0);
}
#define PUT(name, ...) put_thing(STORE_META, (name), (const size_t[]){__VA_ARGS__, 0})

/* The row's value; and its body's file (the n-th reference that is one). */
static void value_of(const char *kind, const char *name, struct buf *value) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    row_key(&key, kind, name);
    CHECK_INT(store_get(store, NULL, STORE_META, buf_view(&key), value), 0);
}
static void file_of(const char *name, unsigned n, char out[256]) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    value_of("thing", name, &value);
    struct cur at = cur_of(buf_view(&value));
    struct blob_ref ref = {0};
    for (unsigned i = 0; i <= n; i++)
        CHECK(blob_ref_parse(cur_lstr(&at), &ref));
    char body[BLOB_NAME];
    blob_name(body, ref.id);
    snprintf(out, 256, "%s/blobs/%s", dir, body);
}

/* What one scrub found: sentences, each with a line break; and what the test does meanwhile. */
struct watch {
    struct buf said;
    unsigned paces, found;
    uint64_t bytes, most; /* of all pieces, and of the largest */
    void (*meanwhile)(struct watch *w);
    int stop_at; /* the pace that ends it; 0: none */
};

static int pace(void *ctx, uint64_t bytes, const struct store_scrub *so_far) {
    struct watch *w = ctx;
    w->paces++;
    w->bytes += bytes;
    w->most = bytes > w->most ? bytes : w->most;
    CHECK(so_far->damaged + so_far->missing + so_far->damaged_rows + so_far->leaked >= w->found);
    if (w->meanwhile)
        w->meanwhile(w);
    return w->stop_at && w->paces >= (unsigned)w->stop_at ? 7 : 0;
}

static void found(void *ctx, const json_t *finding, const struct store_scrub *) {
    struct watch *w = ctx;
    w->found++;
    buf_str(&w->said, json_str(finding, "Message"));
    buf_char(&w->said, '\n');
}

static int scrub(struct watch *w, struct store_scrub *ret) {
    struct err err = {""};
    buf_clear(&w->said);
    w->found = w->paces = 0;
    w->bytes = w->most = 0;
    return store_scrub_run(
        store,
        &(struct store_scrub_options){.owners = owners, .pace = pace, .found = found, .ctx = w},
        ret, &err);
}

#define CHECK_COUNTS(s, missing_, damaged_, rows_, leaked_)                                        \
    do {                                                                                           \
        CHECK_INT((s).missing, missing_);                                                          \
        CHECK_INT((s).damaged, damaged_);                                                          \
        CHECK_INT((s).damaged_rows, rows_);                                                        \
        CHECK_INT((s).leaked, leaked_);                                                            \
    } while (0)

/* ---- Tests ---- */
static void test_clean(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf said = {0};
    struct watch w = {.said = {0}};
    struct store_scrub s;
    PUT("inline", 100);
    PUT("many", 200000, 65536, 10, 40000);
    put_thing(STORE_ITEMS, "item", (const size_t[]){50000, 0});
    for (int i = 0; i < 2000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        CHECK_INT(put_row(store, STORE_LOGS, str_c(key), S("a row of no owner")), 0);
    }
    CHECK_INT(scrub(&w, &s), 0);
    CHECK_COUNTS(s, 0, 0, 0, 0);
    CHECK(!s.leaks_unknown);
    CHECK_INT(s.bodies, 6);
    CHECK_INT(s.body_bytes, 100 + 200000 + 65536 + 10 + 40000 + 50000);
    CHECK_INT(s.all_file_bytes, 200000 + 65536 + 40000 + 50000);
    CHECK_RANGE(s.rows, 2003 + 4, 2003 + 20); /* the store's own too */
    CHECK_RANGE(w.most, 1, (512 << 10) + 65536);
    CHECK(w.bytes >= s.all_file_bytes + s.row_bytes);
    buf_deinit(&w.said);
}

static void test_each_is_named(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0}, want = {0};
    struct watch w = {.said = {0}};
    struct store_scrub s;
    char a[256], b[256];
    PUT("inline", 100);
    PUT("two", 100000, 100000);
    PUT("gone", 100000);
    PUT("whole", 100000);
    row_key(&key, "thing", "nonsense");
    CHECK_INT(put_row(store, STORE_META, buf_view(&key), S("nonsense")), 0);
    file_of("two", 1, a);
    tmp_flip(a, 80 + 65564 + 7);
    file_of("gone", 0, b);
    CHECK_INT(unlink(b), 0);

    CHECK_INT(scrub(&w, &s), 0);
    CHECK_COUNTS(s, 1, 1, 1, 0);
    CHECK(s.leaks_unknown); /* what the row that cannot be understood owns is not known */
    buf_printf(
        &want,
        "thing gone, part 1: file %s is missing: restore the file from a copy of DATA, or make it "
        "again\n"
        "thing nonsense: its row cannot be understood: restore DATA as a whole from a copy, or make "
        "it again\n"
        "thing two, part 2: file %s has a frame, at offset 65644, that does not verify: restore the "
        "file from a copy of DATA, or make it again\n",
        strstr(b, "blobs/"), strstr(a, "blobs/"));
    CHECK_STR(buf_view(&w.said), buf_view(&want));
    buf_deinit(&w.said);
}

/* The rows of a thing go, with its body, between two pieces. */
static void drop_all(struct watch *w) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    row_key(&key, "thing", "victim");
    if (w->paces != 3 || store_get(store, NULL, STORE_META, buf_view(&key), &value))
        return;
    struct cur at = cur_of(buf_view(&value));
    while (at.s.len)
        blob_drop(batch, cur_lstr(&at));
    store_del_blind(batch, STORE_META, buf_view(&key));
    CHECK_INT(store_commit(store, batch, NULL), 0);
}

/* The row becomes one of a kind that the walk is past: as an older version becomes the current. */
static void hand_on(struct watch *w) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, to = {0}, value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    row_key(&key, "thing", "victim");
    row_key(&to, "old", "victim");
    if (w->paces < 3 || store_get(store, NULL, STORE_META, buf_view(&key), &value))
        return;
    store_put_blind(batch, STORE_META, buf_view(&to), buf_view(&value));
    store_del_blind(batch, STORE_META, buf_view(&key));
    CHECK_INT(store_commit(store, batch, NULL), 0);
}

/* It is named, once, and the rows and bodies behind it are read all the same. */
static void test_a_row_that_does_not_verify(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct watch w = {.said = {0}};
    struct store_scrub s;
    PUT("first", 100000);
    PUT("middle", 100);
    PUT("zlast", 100000);
    row_key(&key, "thing", "middle");
    damage_row(store, STORE_META, buf_view(&key));
    CHECK_INT(scrub(&w, &s), 0);
    CHECK_COUNTS(s, 0, 0, 1, 0);
    CHECK_INT(s.bodies, 2);
    CHECK_HAS(buf_cstr(&w.said), "its row thing");
    CHECK_HAS(buf_cstr(&w.said), "of family default does not verify: restore DATA as a whole");
    buf_deinit(&w.said);
}

/* Makes the walk over META take several pieces before it is at the victim. */
static void pad(void) {
    for (int i = 0; i < 1500; i++) {
        char key[16];
        snprintf(key, sizeof key, "p%d", i);
        CHECK_INT(put_row(store, STORE_META, str_c(key), S("x")), 0);
    }
}

static void test_changes_are_no_damage(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*meanwhile)(struct watch *w);
        unsigned bodies;
    } cases[] = {{"dropped", drop_all, 1}, {"handed on", hand_on, 2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct watch w = {.meanwhile = cases[i].meanwhile};
        struct store_scrub s;
        if (i)
            setup(NULL);
        pad();
        PUT("victim", 100000);
        PUT("other", 100000);
        CHECK_INT(scrub(&w, &s), 0);
        CHECK_COUNTS(s, 0, 0, 0, 0);
        CHECK_CASE(!s.leaks_unknown && w.said.len == 0, cases[i].name);
        CHECK_INT(s.bodies, cases[i].bodies);
        buf_deinit(&w.said);
        if (i + 1 < ARRAY_LEN(cases))
            teardown(NULL);
    }
}

/* A damaged body that moved past the walk is found by the second question, with its name. */
static void test_damage_that_moves(void **state) {
    (void)state;
    struct watch w = {.meanwhile = hand_on};
    struct store_scrub s;
    char path[256];
    pad();
    PUT("victim", 100000);
    file_of("victim", 0, path);
    tmp_flip(path, 90);
    CHECK_INT(scrub(&w, &s), 0);
    CHECK_COUNTS(s, 0, 1, 0, 0);
    CHECK_HAS(buf_cstr(&w.said), "thing victim, part 1: file blobs/");
    buf_deinit(&w.said);
}

static void set_time(const char *path, time_t seconds) {
    struct timespec times[2] = {{seconds, 0}, {seconds, 0}};
    CHECK_INT(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A file that is kept and that no row has; one that a row has and nobody keeps. */
static void test_leaked_and_not_kept(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct watch w = {.said = {0}};
    struct store_scrub s;
    char leaked[256], path[256];
    PUT("leaked", 100000);
    PUT("young", 100000);
    PUT("loose", 100000);
    file_of("leaked", 0, leaked);
    set_time(leaked, 1000000000);
    file_of("young", 0,
            path); /* as one that came after the scrub began, with its row still to come */
    set_time(path, 4000000000);
    file_of("loose", 0, path);
    for (const char *const *name = (const char *const[]){"leaked", "young", NULL}; *name; name++) {
        row_key(&key, "thing", *name);
        store_del_blind(batch, STORE_META, buf_view(&key));
    }
    struct blob_ref ref;
    value_of("thing", "loose", &value);
    struct cur at = cur_of(buf_view(&value));
    CHECK(blob_ref_parse(cur_lstr(&at), &ref));
    blob_keep_key(&key, ref.id);
    store_del_blind(batch, STORE_META, buf_view(&key));
    CHECK_INT(store_commit(store, batch, NULL), 0);

    CHECK_INT(scrub(&w, &s), 0);
    CHECK_COUNTS(s, 0, 1, 0, 1);
    CLEANUP_DEINIT(buf) struct buf want = {0};
    buf_printf(
        &want,
        "thing loose, part 1: file %s is kept by no row of the database, so a start sets it "
        "aside, in DATA/lost: copy the object, and restore DATA as a whole from a copy, or make it again\n"
        "file %s is kept, and no row refers to it: nothing is lost: it only takes room\n",
        strstr(path, "blobs/"), strstr(leaked, "blobs/"));
    CHECK_STR(buf_view(&w.said), buf_view(&want));
    buf_deinit(&w.said);
}

/* The largest table of the database, or "". */
static void largest_table(char out[512]) {
    char folder[200];
    off_t most = 0;
    snprintf(folder, sizeof folder, "%s/db", dir);
    DIR *d = opendir(folder);
    const struct dirent *e;
    *out = '\0';
    while ((e = readdir(d))) {
        char path[512];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (strstr(e->d_name, ".sst") && stat(path, &st) == 0 && st.st_size > most) {
            most = st.st_size;
            snprintf(out, 512, "%s", path);
        }
    }
    closedir(d);
}

/* One flipped byte in a table: the table is named, and what lies behind it is read all the same. */
static void test_tables(void **state) {
    (void)state;
    struct watch w = {.said = {0}};
    struct store_scrub s;
    char path[512];
    for (int i = 0; i < 3000; i++) {
        char key[16];
        unsigned char noise[60];
        rand_bytes(noise, sizeof noise);
        snprintf(key, sizeof key, "k%05d", i);
        CHECK_INT(put_row(store, STORE_LOGS, str_c(key), str_n(noise, sizeof noise)), 0);
    }
    rocksdb_flushoptions_t *flush = rocksdb_flushoptions_create();
    char *text = NULL;
    rocksdb_flush_cf(store->db.db, flush, store->db.cf[STORE_LOGS], &text);
    CHECK(!text);
    rocksdb_flushoptions_destroy(flush);
    CHECK_INT(put_row(store, STORE_LOGS, S("z"), S("behind it, in memory")), 0);
    CHECK_INT(put_row(store, STORE_QUEUE, S("q"), S("of a later family")), 0);
    PUT("whole", 100000);
    CHECK_INT(scrub(&w, &s), 0);
    CHECK_COUNTS(s, 0, 0, 0, 0);
    uint64_t rows = s.rows;

    largest_table(path);
    tmp_flip(path, 100000);
    CHECK_INT(scrub(&w, &s), 0);
    CHECK_COUNTS(s, 0, 0, 1, 0);
    CHECK(s.leaks_unknown);
    CHECK_INT(s.bodies, 1);
    CHECK_RANGE(rows - s.rows, 1, 2900); /* those of the table from there on */
    CLEANUP_DEINIT(buf) struct buf begin = {0};
    buf_printf(&begin, "file %s cannot be read to its end: ", strstr(path, "db/"));
    CHECK(str_starts(buf_view(&w.said), buf_view(&begin)));
    CHECK_HAS(buf_cstr(&w.said), ": restore DATA as a whole from a copy\n");
    CHECK_INT(w.found, 1);
    CHECK_RANGE(s.rows, rows - 2900, rows - 1);

    /* Mended, it is clean. */
    store = store_free(store);
    tmp_flip(path, 100000);
    buf_deinit(&w.said);
    store = tmp_open(dir);
    CHECK_INT(scrub(&w, &s), 0);
    CHECK_COUNTS(s, 0, 0, 0, 0);
    buf_deinit(&w.said);
}

/* It ends when pace says so, with that answer; what it counted is told. */
static void test_stop(void **state) {
    (void)state;
    struct watch w = {.stop_at = 4};
    struct store_scrub s;
    pad();
    PUT("a", 3000000);
    CHECK_INT(scrub(&w, &s), 7);
    CHECK_INT(w.paces, 4);
    w.stop_at = 0;
    CHECK_INT(scrub(&w, &s), 0);
    unsigned all = w.paces;
    CHECK(all > 10);
    for (int i = 1; i <= (int)all; i++) { /* wherever it is */
        w.stop_at = i;
        CHECK_INT(scrub(&w, &s), 7);
        CHECK_INT(w.paces, i);
    }
    buf_deinit(&w.said);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_clean),
        T(test_each_is_named),
        T(test_a_row_that_does_not_verify),
        T(test_changes_are_no_damage),
        T(test_damage_that_moves),
        T(test_leaked_and_not_kept),
        T(test_tables),
        T(test_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
