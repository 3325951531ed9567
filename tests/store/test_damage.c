/*
 * Every file of a small DATA is damaged in every way, one at a time: a start works with everything
 * readable, or refuses with the file, the cause and the next command; and whatever was there before
 * is there afterwards.
 */
#include "lib/tmp.h"

#include "base/buf.h"
#include "base/io.h"
#include "store/blob.h"
#include "store/repair.h"
#include "store/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 40, BODY = 70000, MOST_FILES = 64 };

static char base[128], dir[160]; /* a whole DATA, and the copy that is damaged */
static char files[MOST_FILES][64];
static size_t n_files;

/* ---- A DATA with tables, a log and a body ---- */

static void put_rows(struct store *store, int from, int to) {
    char key[16];
    for (int i = from; i < to; i++) {
        snprintf(key, sizeof key, "row%03d", i);
        CHECK_INT(put_row(store, i % 2 ? STORE_META : STORE_ITEMS, str_c(key), str_c(key)), 0);
    }
}

static void put_body(struct store *store) {
    CLEANUP_DEINIT(buf) struct buf ref = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_MEM char *body = mem_zalloc(BODY);
    char key_id[SEAL_KEY_ID_LEN];
    struct blob_writer *w = NULL;
    CHECK_INT(seal_key_create(store, batch, key_id, NULL), 0);
    CHECK_INT(store_commit(store, batch, NULL), 0);
    store_batch_clear(batch);
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), 0, &w, NULL), 0);
    CHECK_INT(blob_write(w, body, BODY, NULL), 0);
    CHECK_INT(blob_finish(w, &ref, NULL), 0);
    store_put_blind(batch, STORE_META, S("body"), buf_view(&ref));
    blob_keep(batch, buf_view(&ref));
    CHECK_INT(store_commit(store, batch, NULL), 0);
}

static int note_file(const char *path, const struct stat *, int kind, struct FTW *) {
    const char *name = path + strlen(base) + 1;
    if (kind == FTW_F && strncmp(name, "db/LOG", 6) != 0) /* RocksDB's notes, which it renames */
        snprintf(files[n_files++], sizeof files[0], "%s", name);
    return 0;
}

static int make_base(void **state) {
    (void)state;
    tmp_dir(base);
    snprintf(dir, sizeof dir, "%s.x", base);
    struct store *store = tmp_open(base);
    put_rows(store, 0, ROWS / 2);
    put_body(store);
    CHECK_INT(store_mark_complete(store, NULL), 0);
    store_free(store);
    store = tmp_open(base); /* what the log had goes to tables */
    put_rows(store, ROWS / 2, ROWS);
    store_free(store);
    nftw(base, note_file, 8, FTW_PHYS);
    CHECK_RANGE(n_files, 12, MOST_FILES - 1);
    return 0;
}
static int remove_base(void **state) {
    (void)state;
    tmp_remove(base);
    tmp_remove(dir);
    return 0;
}

static void copy_base(void) {
    char command[400];
    tmp_remove(dir);
    snprintf(command, sizeof command, "cp -a %s %s", base, dir);
    CHECK_INT(system(command), 0);
}

/* ---- Opening ---- */

static int try_open(struct store **ret, struct err *err) {
    err->text[0] = '\0';
    return store_open(ret, &(struct store_options){.data = dir, .reserve_bytes = 1}, err);
}

/* Every row is right; or, in a store whose tables or bodies are damaged, says that it is not. */
static void check_rows(struct store *store, bool may_fail, const char *name) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    char key[16];
    for (int i = 0; i < ROWS; i++) {
        snprintf(key, sizeof key, "row%03d", i);
        int r = store_get(store, NULL, i % 2 ? STORE_META : STORE_ITEMS, str_c(key), &value);
        CHECK_CASE(r == 0 || (may_fail && r != STORE_E_ABSENT), name);
        CHECK_CASE(r || str_is(buf_view(&value), key), name);
    }
    CLEANUP(blob_reader) struct blob_reader *reader = NULL;
    CLEANUP_MEM char *body = mem_zalloc(BODY);
    int r = store_get(store, NULL, STORE_META, S("body"), &value);
    r = r ? r : blob_open(store, buf_view(&value), &reader, NULL);
    CHECK_CASE(may_fail || (r == 0 && blob_read(reader, 0, body, BODY, NULL) == BODY), name);
}

/* ---- What must still be there ---- */

static char *read_all(const char *folder, const char *name, size_t *ret_len) {
    char path[400];
    struct buf text = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    struct stat st;
    if (lstat(path, &st) != 0)
        return NULL;
    if (S_ISREG(st.st_mode))
        CHECK_INT(io_read_file(&text, path, 1 << 20, NULL), 0);
    *ret_len = text.len;
    return buf_take(&text);
}

struct kept {
    char *text[MOST_FILES]; /* NULL: it was not there */
    size_t len[MOST_FILES];
};

static void remember(struct kept *kept) {
    for (size_t i = 0; i < n_files; i++)
        kept->text[i] = read_all(dir, files[i], &kept->len[i]);
}

/*
 * A start that works writes tables and the position anew, and so does one that opens the database
 * to see that the key is wrong; others that are refused change nothing.
 */
static void check_kept(struct kept *kept, bool refused, const char *name) {
    for (size_t i = 0; i < n_files; i++) {
        bool own = strncmp(files[i], "db/", 3) == 0 || strcmp(files[i], "position") == 0;
        if (kept->text[i] && (refused || !own)) {
            size_t len = 0;
            CLEANUP_MEM char *now = read_all(dir, files[i], &len);
            CHECK_CASE(now && len == kept->len[i] && memcmp(now, kept->text[i], len) == 0, name);
        }
        free(kept->text[i]);
    }
}

/* ---- Damage ---- */

static void at_path(char path[400], const char *name) {
    snprintf(path, 400, "%s/%.64s", dir, name);
}

static void remove_it(const char *path, off_t size) {
    (void)size;
    CHECK_INT(unlink(path), 0);
}
static void cut_it(const char *path, off_t size) { CHECK_INT(truncate(path, size / 2), 0); }
static void empty_it(const char *path, off_t size) {
    (void)size;
    CHECK_INT(truncate(path, 0), 0);
}
/* Of an empty file nothing can be flipped. */
static void flip_middle(const char *path, off_t size) {
    if (size > 0)
        tmp_flip(path, size / 2);
}
static void flip_start(const char *path, off_t size) {
    if (size > 2)
        tmp_flip(path, 2);
}
static void make_folder(const char *path, off_t size) {
    remove_it(path, size);
    CHECK_INT(mkdir(path, 0700), 0);
}
static void make_dangling(const char *path, off_t size) {
    remove_it(path, size);
    CHECK_INT(symlink("/nowhere/at/all", path), 0);
}

static const struct {
    const char *name;
    void (*act)(const char *path, off_t size);
} damages[] = {
    {"removed", remove_it},        {"cut", cut_it},
    {"emptied", empty_it},         {"flipped", flip_middle},
    {"start flipped", flip_start}, {"a folder", make_folder},
    {"dangling", make_dangling},
};

/* One line: the file or its folder, a cause, and what to do. */
static void check_refusal(const char *text, const char *file, const char *name) {
    CLEANUP_DEINIT(buf) struct buf folder = {0};
    buf_str(&folder, str_n(file, strcspn(file, "/")));
    CHECK_CASE(strstr(text, buf_cstr(&folder)) != NULL, name);
    CHECK_CASE(strchr(text, '\n') == NULL, name);
    CHECK_CASE(strstr(text, "Corruption") == NULL && strstr(text, "IO error") == NULL, name);
}

static void damage_one(const char *file, size_t d) {
    char path[400], name[160];
    struct stat st;
    struct err err;
    struct kept kept;
    copy_base();
    at_path(path, file);
    CHECK_INT(stat(path, &st), 0);
    snprintf(name, sizeof name, "%s %s", file, damages[d].name);
    damages[d].act(path, st.st_size);
    remember(&kept);
    CLEANUP(store) struct store *store = NULL;
    int r = try_open(&store, &err);
    if (r)
        check_refusal(err.text, r == STORE_E_KEY ? "master" : file, name);
    else
        check_rows(store, strstr(file, ".sst") || strncmp(file, "blobs/", 6) == 0, name);
    store = store_free(store);
    check_kept(&kept, r != 0 && strncmp(file, "keys/", 5) != 0, name);
}

static void every_file_in_every_way(void **state) {
    (void)state;
    for (size_t i = 0; i < n_files; i++)
        for (size_t d = 0; d < ARRAY_LEN(damages); d++)
            damage_one(files[i], d);
}

/* ---- A database that is gone, another's, or older ---- */

static void run(const char *fmt, const char *a, const char *b) {
    char command[600];
    snprintf(command, sizeof command, fmt, a, b);
    CHECK_INT(system(command), 0);
}

static void check_refused(const char *what, const char *name) {
    struct err err;
    CLEANUP(store) struct store *store = NULL;
    CHECK_CASE(try_open(&store, &err) == STORE_E_DAMAGED, name);
    CHECK_HAS(err.text, what);
    CHECK_HAS(err.text, "next: calotype repair --data ");
}

static size_t bodies(void) {
    char pattern[200];
    snprintf(pattern, sizeof pattern, "find %s/blobs -type f | wc -l", dir);
    FILE *pipe = popen(pattern, "r");
    size_t n = 0;
    CHECK_INT(fscanf(pipe, "%zu", &n), 1);
    pclose(pipe);
    return n;
}

static void a_database_that_is_gone(void **state) {
    (void)state;
    static const struct {
        const char *how, *says;
    } cases[] = {
        {"rm -r %s/db", "db holds no database"},
        {"rm -r %s/db && mkdir %s/db", "db holds no database"}, /* a volume that is not mounted */
        {"rm -r %s/db %s/complete", "db holds no database"},
        {"rm -r %s/db %s/complete && rm %s/position", "db holds no database"},
        {"rm %s/db/CURRENT", "db/CURRENT is missing"},
        {"rm -r %s/db && mkdir %s/db && touch %s/db/LOCK", "db holds no database"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char command[800];
        copy_base();
        snprintf(command, sizeof command, cases[i].how, dir, dir, dir);
        CHECK_INT(system(command), 0);
        check_refused(cases[i].says, cases[i].how);
        CHECK_INT(bodies(), 1);
    }
}

static void an_older_database(void **state) {
    (void)state;
    /* Its copy, then more rows and a body, then the copy back. */
    copy_base();
    run("cp -a %s/db %s.old", dir, dir);
    CLEANUP(store) struct store *store = NULL;
    struct err err;
    CHECK_INT(try_open(&store, &err), 0);
    put_rows(store, 0, ROWS);
    put_body(store);
    store = store_free(store);
    run("mv %s/db %s.new", dir, dir);
    run("mv %s.old %s/db", dir, dir);
    check_refused("older", "an older copy");
    CHECK_INT(bodies(), 2);
    /* Parts of both: the older list of files, over the newer ones. */
    run("cp -an %s.new/. %s/db/", dir, dir);
    check_refused("db", "brought back in part");
    run("rm -r %s.new", dir, "");
}

static void another_database(void **state) {
    (void)state;
    char other[128];
    tmp_dir(other);
    store_free(tmp_open(other));
    copy_base();
    run("rm -r %s/db", dir, "");
    run("cp -a %s/db %s/db", other, dir);
    check_refused("not the database of this folder", "another one");
    tmp_remove(other);
}

static void logs_that_are_gone(void **state) {
    (void)state;
    copy_base();
    run("rm %s/db/*.log", dir, "");
    check_refused("older than it was", "no logs");
}

/* ---- Repair ---- */

static void repair_it(const char *plan_says, const char *done_says) {
    CLEANUP(store_repair) struct store_repair *repair = NULL;
    CLEANUP_DEINIT(buf) struct buf said = {0};
    struct err err = {0};
    struct store_options options = {.data = dir, .reserve_bytes = 1};
    CHECK_INT(store_repair_look(&repair, &options, &err), 0);
    CHECK_HAS(store_repair_plan(repair), plan_says);
    CHECK(store_repair_has_work(repair));
    CHECK_INT(store_repair_run(repair, &said, &err), 0);
    CHECK_HAS(buf_cstr(&said), done_says);
}

static void nothing_more_to_repair(void) {
    CLEANUP(store_repair) struct store_repair *repair = NULL;
    struct err err;
    struct store_options options = {.data = dir, .reserve_bytes = 1};
    CHECK_INT(store_repair_look(&repair, &options, &err), 0);
    CHECK_TEXT(store_repair_plan(repair), "");
    CHECK(!store_repair_has_work(repair));
}

static void a_repaired_store_opens(void **state) {
    (void)state;
    static const struct {
        const char *damage, *plan, *done;
        bool whole; /* no row is lost */
    } cases[] = {
        {"rm %s/db/CURRENT", "CURRENT is missing", "made db anew", true},
        {"echo x > %s/db/CURRENT", "db/CURRENT does not name", "made db anew", true},
        {"rm %s/db/MANIFEST-*", "is missing", "made db anew", true},
        {"truncate -s 100 %s/db/MANIFEST-*", "cut short", "made db anew", true},
        {"rm %s/db/*.log", "older than it was", "position", false},
        {"rm %s/position", "position is missing", "position", true},
        {"truncate -s 0 %s/position", "position is damaged", "position", true},
        {"truncate -s 0 %s/format", "format does not say", "wrote format", true},
        {"rm %s/format", "format is missing", "wrote format", true},
        {"cd %s/db && rm LOCK && mkdir LOCK", "db/LOCK is no file", "set aside db/LOCK", true},
        {"cd %s/db && ln -sf /nowhere CURRENT", "db/CURRENT is no file", "made db anew", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err;
        CLEANUP(store) struct store *store = NULL;
        copy_base();
        run(cases[i].damage, dir, "");
        repair_it(cases[i].plan, cases[i].done);
        nothing_more_to_repair();
        const struct store_migration *const tables[] = {NULL};
        struct store_options options = {.data = dir, .reserve_bytes = 1, .migrations = tables};
        CHECK_CASE(store_open(&store, &options, &err) == 0, cases[i].damage);
        if (cases[i].whole)
            check_rows(store, false, cases[i].damage);
    }
}

static void a_flipped_log_loses_what_is_behind(void **state) {
    (void)state;
    char path[400];
    struct stat st;
    struct err err;
    CLEANUP(store) struct store *store = NULL;
    CLEANUP_DEINIT(buf) struct buf value = {0};
    copy_base();
    for (size_t i = 0; i < n_files; i++)
        if (strstr(files[i], ".log")) {
            at_path(path, files[i]);
            CHECK_INT(stat(path, &st), 0);
            tmp_flip(path, st.st_size - 3); /* in the last record */
        }
    check_refused(".log holds bytes that do not match", "a flipped log");
    repair_it(".log holds bytes", "1 changes are lost");
    nothing_more_to_repair();
    CHECK_INT(try_open(&store, &err), 0);
    CHECK_INT(store_get(store, NULL, STORE_ITEMS, S("row038"), &value), 0);
    CHECK_INT(store_get(store, NULL, STORE_META, S("row039"), &value), STORE_E_ABSENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_in_every_way),
        cmocka_unit_test(a_database_that_is_gone),
        cmocka_unit_test(an_older_database),
        cmocka_unit_test(another_database),
        cmocka_unit_test(logs_that_are_gone),
        cmocka_unit_test(a_repaired_store_opens),
        cmocka_unit_test(a_flipped_log_loses_what_is_behind),
    };
    return cmocka_run_group_tests(tests, make_base, remove_base);
}
