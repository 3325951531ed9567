/* A repair: looking at DATA, the plan, and doing it. The database's part is repair_db.c. */
#include "store/repair.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/io.h"
#include "store/blob_priv.h"
#include "store/fault.h"
#include "store/key.h"
#include "store/repair_priv.h"
#include "store/seal_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_NAMED = 20 };

/* What becomes of the database. */
enum work {
    DB_STAYS,
    DB_GONE,     /* it is not there: what belonged to it is set aside */
    DB_SWAP,     /* a repair was killed in its last step */
    DB_CUT_LOGS, /* up to the first damaged record of a log */
    DB_REBUILD,
};

struct store_repair {
    const struct store_options *options;
    const char *data;
    struct buf plan;
    struct store_lost lost;
    enum work work;
    bool write_format, write_position, read_rows;
    bool has_position;
    struct position at;
    uint64_t files, orphans, missing;
    struct buf named; /* bodies that are missing, a line each */
    struct buf gone;  /* "db/000012.sst": a table that is not there */
    struct buf odd;   /* names in db that are no files, each ended by a NUL */
};

static void say(struct buf *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct buf *out, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    buf_vprintf(out, fmt, args);
    va_end(args);
    buf_char(out, '\n');
}

/* 0: nothing; else S_IFREG, S_IFDIR and so on. */
static unsigned kind_of(const char *data, const char *name) {
    struct stat st;
    CLEANUP_MEM char *path = store_path(data, name);
    return lstat(path, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

/* ---- Looking: files ---- */

static int look_at_format(struct store_repair *r, struct err *err) {
    int found = format_look(r->data, err);
    if (found == STORE_E_FORMAT)
        return found;
    bool has_db = kind_of(r->data, "db/CURRENT") != 0;
    if (found == 0 || (found == -ENOENT && !has_db))
        return 0;
    r->write_format = true;
    say(&r->plan,
        "format %s.\n  It is written anew, and at the next start rows of older formats are turned.",
        found == -ENOENT ? "is missing" : "does not say which format the data has");
    return 0;
}

/* Not where the database is gone: then nothing that is left says what it was. */
static void look_at_position(struct store_repair *r) {
    struct err why;
    int found = store_position_read(r->data, &r->at, &why);
    r->has_position = found == 0;
    if (found == 0 || (found == -ENOENT && !kind_of(r->data, "complete")) || r->work == DB_GONE)
        return;
    r->write_position = true;
    say(&r->plan,
        "position %s, so nobody can tell whether db is as new as it was.\n"
        "  The database is taken as it is, and its position is written down.",
        found == -ENOENT ? "is missing" : "is damaged");
}

/* Folders and links where RocksDB has files. */
static void look_for_odd_kinds(struct store_repair *r) {
    CLEANUP_MEM char *db = store_path(r->data, "db");
    DIR *dir = opendir(db);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lost") == 0 ||
            kind_of(db, entry->d_name) == S_IFREG)
            continue;
        say(&r->plan, "db/%s is no file.\n  It is set aside.", entry->d_name);
        buf_printf(&r->odd, "db/%s", entry->d_name);
        buf_char(&r->odd, '\0');
    }
    if (dir)
        closedir(dir);
}

/* ---- Looking: the database ---- */

static void plan_gone(struct store_repair *r) {
    r->work = DB_GONE;
    say(&r->plan,
        "db holds no database, and other files are of one.\n"
        "  Better: mount its volume, or bring back the whole folder, and repair nothing.\n"
        "  Nothing of a missing database can be repaired: all buckets, tables, users and stacks are\n"
        "  lost with it. The bodies and the root key that belonged to it are set aside in lost, and\n"
        "  the next start makes a new, empty cloud.");
}

static void plan_damaged(struct store_repair *r, const struct err *why) {
    str text = str_c(why->text);
    ptrdiff_t next = str_find(text, S("; next: "));
    if (next >= 0)
        text = str_slice(text, 0, (size_t)next);
    bool is_log = str_find(text, S(".log")) >= 0;
    r->work = is_log ? DB_CUT_LOGS : DB_REBUILD;
    ptrdiff_t table = str_find(text, S(".sst is missing"));
    if (table >= 0) {
        str name = str_slice(text, 0, (size_t)table + 4);
        buf_str(&r->gone, str_skip(name, (size_t)str_rchr(name, ' ') + 1));
    }
    say(&r->plan, STR_FMT ".", STR_ARG(text));
    if (is_log)
        say(&r->plan, "  The changes of the log up to there are kept, and those behind are dropped,"
                      " with those of later logs.\n  The database as it is goes to lost.");
    else
        say(&r->plan, "  The list of files is made anew of the files that can be read; rows of a"
                      " table that cannot are lost,\n  and rows that were removed lately may be"
                      " back. The database as it is goes to lost.");
}

static void plan_behind(struct store_repair *r, const struct position_found *found) {
    struct err why;
    CLEANUP_MEM char *db = store_path(r->data, "db");
    if (!r->has_position || store_position_holds(&r->at, found, db, &why))
        return;
    r->write_position = true;
    say(&r->plan,
        "%s.\n"
        "  Better: bring back the newer one, and repair nothing.\n"
        "  The older one is taken as it is. Bodies that it does not know go to lost; what was"
        " written\n  since is lost.",
        why.text);
}

/* Keys of kept bodies, whose values nobody needs here. */
static void look_at_bodies(struct store_repair *r, struct store_db *db) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    blob_keep_key(&from, STR_NONE);
    rocksdb_iterator_t *it = rocksdb_create_iterator_cf(db->db, db->newest, db->cf[STORE_META]);
    for (rocksdb_iter_seek(it, from.p, from.len); rocksdb_iter_valid(it); rocksdb_iter_next(it)) {
        str key;
        char name[BLOB_NAME], path[BLOB_NAME + 6];
        key.p = rocksdb_iter_key(it, &key.len);
        if (!str_starts(key, buf_view(&from)) || key.len != from.len + BLOB_ID)
            break;
        blob_name(name, str_skip(key, from.len));
        snprintf(path, sizeof path, "blobs/%s", name);
        r->files++;
        if (kind_of(r->data, path) == S_IFREG)
            continue;
        if (r->missing++ < MOST_NAMED)
            say(&r->named, "  %s is missing: the object that it is of cannot be read", path);
    }
    rocksdb_iter_destroy(it);
}

/*
 * The key is looked at where rows were sealed under one. Nothing is written.
 */
static int check_key(struct store_repair *r, const struct store_db *db, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf row = {0};
    CLEANUP(seal_key) struct seal_key *key = NULL;
    rocksdb_pinnableslice_t *pin;
    str check;
    seal_check_key(&row);
    if (store_db_pin(db, db->newest, STORE_META, buf_view(&row), &pin, &check, NULL))
        return 0;
    int found = seal_master_find(r->data, r->options, check, true, &key, err);
    rocksdb_pinnableslice_destroy(pin);
    return found ? STORE_E_KEY : 0; /* nothing but the key can bring it back */
}

static int look_into_db(struct store_repair *r, struct store_db *db, struct err *err) {
    struct position_found found;
    struct err why;
    if (store_db_find(db, &found, &why) || repair_read_all(db, &why)) {
        plan_damaged(r, &why);
        return 0;
    }
    int fault = check_key(r, db, err);
    if (fault)
        return fault;
    plan_behind(r, &found);
    look_at_bodies(r, db);
    return 0;
}

static int look_at_db(struct store_repair *r, struct err *err) {
    struct store_db db = {0};
    struct err why;
    bool is_new;
    if (repair_half_swapped(r->data)) {
        r->work = DB_SWAP;
        say(&r->plan, "A repair was cut off in its last step: the database that it made is put in"
                      " place.");
        return 0;
    }
    if (kind_of(r->data, "db/CURRENT") != S_IFREG) {
        int fault = store_whole_check(r->data, r->options, &is_new, &why);
        if (fault < 0) /* db cannot be looked into: that is no sign that it holds nothing */
            return err_set(err, fault, "%s", why.text);
        if (fault && str_find(str_c(why.text), S("CURRENT")) >= 0)
            plan_damaged(r, &why);
        else if (fault)
            plan_gone(r);
        else if (kind_of(r->data, "db/CURRENT"))
            r->work = DB_REBUILD;
        return 0;
    }
    store_db_prepare(&db, r->data, false);
    int fault = store_db_open_prepared(&db, true, &why);
    if (fault == 0)
        fault = look_into_db(r, &db, err);
    else if (fault == STORE_E_DAMAGED) {
        plan_damaged(r, &why);
        fault = 0;
    } else
        err_set(err, fault, "%s", why.text);
    store_db_close(&db);
    return fault;
}

int store_repair_look(struct store_repair **ret_repair, const struct store_options *options,
                      struct err *err) {
    CLEANUP(store_repair) struct store_repair *r = mem_new(struct store_repair);
    r->options = options;
    r->data = options->data;
    r->lost.data = options->data;
    int fault = look_at_format(r, err);
    if (fault)
        return fault;
    /* The position is needed to see that the database is behind. */
    r->has_position = store_position_read(r->data, &r->at, NULL) == 0;
    look_for_odd_kinds(r);
    if ((fault = look_at_db(r, err)))
        return fault;
    look_at_position(r);
    if (r->missing)
        say(&r->plan, "%llu of %llu bodies are missing, which nothing here can bring back:",
            (unsigned long long)r->missing, (unsigned long long)r->files);
    buf_str(&r->plan, buf_view(&r->named));
    *ret_repair = STEAL(r);
    return 0;
}

bool store_repair_has_work(const struct store_repair *r) {
    return r->work != DB_STAYS || r->write_format || r->write_position || r->odd.len;
}

bool store_repair_has_findings(const struct store_repair *r) { return r->missing > 0; }

const char *store_repair_plan(const struct store_repair *r) { return buf_cstr(&r->plan); }

/* ---- Doing it ---- */

/* Written down as the first start of it does. */
static int write_position(struct store_repair *r, struct err *err) {
    struct position at = {0};
    struct store_db db = {0};
    CLEANUP_MEM char *path = store_path(r->data, "db");
    int fault = kind_of(r->data, "position") ? store_lost_take(&r->lost, "position", err) : 0;
    fault = fault ? fault : store_db_open(&db, r->data, false, err);
    fault = fault ? fault : store_db_identify(&db, at.identity, err);
    if (fault == 0) {
        at.sequence = rocksdb_get_latest_sequence_number(db.db);
        fault = store_position_look(path, true, &at.files);
        fault = fault ? err_sys(err, fault, "look at %s", path)
                      : store_position_write(r->data, &at, err);
    }
    store_db_close(&db);
    return fault;
}

static void tell_lost_changes(const struct store_repair *r, struct buf *said, uint64_t now) {
    if (r->has_position && r->at.sequence > now)
        say(said, "%llu changes are lost: the database ends with change %llu, and had %llu",
            (unsigned long long)(r->at.sequence - now), (unsigned long long)now,
            (unsigned long long)r->at.sequence);
    else if (r->gone.len)
        say(said, STR_FMT " is gone: its rows are lost", STR_ARG(buf_view(&r->gone)));
    else
        say(said, "the log ends with change %llu%s", (unsigned long long)now,
            r->has_position ? ", as it did" : "");
}

static int mend_db(struct store_repair *r, struct buf *said, struct err *err) {
    uint64_t now = 0;
    int fault = repair_copy(r->data, err);
    store_fault_step();
    if (fault == 0)
        fault = r->work == DB_CUT_LOGS ? repair_cut_logs(r->data, &now, err)
                                       : repair_rebuild(r->data, said, &now, err);
    store_fault_step();
    fault = fault ? fault : repair_swap(r->data, &r->lost, err);
    if (fault)
        return fault;
    say(said, "made db anew; as it was it is in %s/db", r->lost.name);
    tell_lost_changes(r, said, now);
    return 0;
}

/* In this order: with the first of them gone, and the others there, it is the same damage. */
static int set_old_cloud_aside(struct store_repair *r, struct buf *said, struct err *err) {
    static const char *const names[] = {"db",       "blobs",    "functions", "credentials",
                                        "position", "complete", NULL};
    for (size_t i = 0; names[i]; i++) {
        int fault = kind_of(r->data, names[i]) ? store_lost_take(&r->lost, names[i], err) : 0;
        if (fault)
            return fault;
    }
    say(said, "set aside what was left of the old cloud, in %s", r->lost.name);
    return 0;
}

static int run_db(struct store_repair *r, struct buf *said, struct err *err) {
    switch (r->work) {
    case DB_STAYS: return 0;
    case DB_GONE: return set_old_cloud_aside(r, said, err);
    case DB_SWAP: return repair_swap(r->data, &r->lost, err);
    case DB_CUT_LOGS:
    case DB_REBUILD: break;
    }
    return mend_db(r, said, err);
}

static int set_odd_aside(struct store_repair *r, struct buf *said, struct err *err) {
    for (size_t at = 0; at < r->odd.len; at += strlen(r->odd.p + at) + 1) {
        const char *p = r->odd.p + at;
        int fault = store_lost_take(&r->lost, p, err);
        if (fault)
            return fault;
        say(said, "set aside %s", p);
    }
    return 0;
}

int store_repair_run(struct store_repair *r, struct buf *said, struct err *err) {
    int fault = store_fault_from_environment(err);
    fault = fault ? fault : set_odd_aside(r, said, err);
    fault = fault ? fault : run_db(r, said, err);
    if (fault == 0 && r->write_format) {
        if (kind_of(r->data, "format"))
            fault = store_lost_take(&r->lost, "format", err);
        fault = fault ? fault : format_renew(r->data, err);
        say(said, "wrote format");
    }
    store_fault_step();
    bool renew =
        r->write_position || r->work == DB_SWAP || r->work == DB_CUT_LOGS || r->work == DB_REBUILD;
    if (fault == 0 && renew) {
        fault = write_position(r, err);
        say(said, "wrote down the position of the database");
    }
    return fault;
}

int store_repair_set_aside(struct store_repair *r, const char *path, char **ret_to,
                           struct err *err) {
    int fault = store_lost_take(&r->lost, path, err);
    *ret_to = fault ? NULL : store_path(r->lost.name, path);
    return fault;
}

struct store_repair *store_repair_free(struct store_repair *r) {
    if (!r)
        return NULL;
    buf_deinit(&r->plan);
    buf_deinit(&r->named);
    buf_deinit(&r->gone);
    buf_deinit(&r->odd);
    store_lost_deinit(&r->lost);
    free(r);
    return NULL;
}
