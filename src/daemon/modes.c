/*
 * daemon/modes: a table of what is in DATA and how open each may be.
 *
 * The folder itself is closed first, so that nobody can put a link in the way of what follows. What
 * a link points at is not ours to change: it is judged as it is.
 */
#include "daemon/modes.h"

#include "base/buf.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OTHERS = 077, OTHERS_READ = 044, OTHERS_WRITE = 022, OTHERS_PASS = 011 };

/* In the order in which they are looked at; the folder that a row is in comes before it. */
enum { DATA, KEYS, TLS, CLIENTS, FOLDERS };
/* May be root's, where we are not: it is read, and holds no secret. */
static const char settings[] = "/calotype.yaml";
static const struct row {
    const char *name;
    unsigned most; /* the mode it may have */
    unsigned in;   /* the folder's row */
    /* Who has it may read or do what …; made anew so. NULL: no secret by itself. */
    const char *gives, *anew;
} rows[] = {
    [DATA] = {"", 0700, DATA, NULL, NULL},
    [KEYS] = {"/keys", 0700, DATA, NULL, NULL},
    [TLS] = {"/tls", 0700, DATA, NULL, NULL},
    [CLIENTS] = {"/clients", 0700, DATA, NULL, NULL},
    {"/keys/master", 0600, KEYS, "opens all data", "calotype rotate master-key"},
    {"/tls/ca.key", 0600, TLS, "can pass for every host to your clients", "calotype rotate ca"},
    {"/credentials", 0600, DATA, "may do everything in the cloud",
     "a new root key (docs/process.md, \"Keys that others saw\")"},
    {"/clients/s3cmd.cfg", 0600, CLIENTS, "may do everything in the cloud",
     "a new root key (docs/process.md, \"Keys that others saw\")"},
    {"/tls/ca.pem", 0644, TLS, NULL, NULL},
    {"/db", 0700, DATA, NULL, NULL},
    {"/blobs", 0700, DATA, NULL, NULL},
    {"/functions", 0700, DATA, NULL, NULL},
    {"/lost", 0700, DATA, NULL, NULL},
    {"/calotype.log", 0600, DATA, NULL, NULL},
    {"/calotype.log.1", 0600, DATA, NULL, NULL},
    {"/calotype.log.2", 0600, DATA, NULL, NULL},
    {"/calotype.log.3", 0600, DATA, NULL, NULL},
    {settings, 0644, DATA, NULL, NULL},
    {"/format", 0644, DATA, NULL, NULL},
    {"/lock", 0644, DATA, NULL, NULL},
};

struct look {
    const char *data;
    bool passable[FOLDERS]; /* others could get through it */
    bool told_owner;
    struct err *err;
};

/* ---- Whose folder is it? ---- */

static bool is_our_name(const char *name) {
    static const char *const others[] = {"admin.sock", "complete", "position"};
    if (strncmp(name, "calotype.", 9) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (strcmp(name, others[i]) == 0)
            return true;
    for (size_t i = 1; i < ARRAY_LEN(rows); i++)
        if (strcmp(name, rows[i].name + 1) == 0)
            return true;
    return false;
}

/* DATA of a cloud, or nothing but what we would make: not somebody's home, nor /tmp. */
static bool is_ours_alone(const char *data) {
    CLEANUP_DEINIT(buf) struct buf format = {0};
    buf_printf(&format, "%s/format", data);
    if (access(buf_cstr(&format), F_OK) == 0)
        return true;
    DIR *dir = opendir(data);
    bool alone = dir != NULL;
    for (struct dirent *e; alone && (e = readdir(dir));)
        alone =
            strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || is_our_name(e->d_name);
    if (dir)
        closedir(dir);
    return alone;
}

/* ---- One after the other ---- */

static int check_owner(struct look *look, const struct row *row, const char *path, uid_t owner) {
    if (owner == geteuid() || (owner == 0 && row->name == settings && access(path, R_OK) == 0))
        return 0;
    if (geteuid() != 0)
        return err_set(look->err, -EPERM,
                       "%s belongs to user %u, who may read and change it, and not to user %u, as "
                       "whom the daemon runs; next: run it as that user, or chown -R %u %s",
                       path, owner, geteuid(), geteuid(), look->data);
    if (!look->told_owner)
        log_warn("daemon", "%s belongs to user %u, who may read and change it: chown -R root %s",
                 path, owner, look->data);
    look->told_owner = true;
    return 0;
}

static void tell(const struct row *row, const char *path, unsigned was, unsigned is, bool seen) {
    const char *what = was & OTHERS_WRITE ? "read and change" : "read";
    if (row->anew && seen)
        log_error("daemon",
                  "%s had mode %04o: others on this machine could %s it. It has mode %04o from "
                  "here on, but who has a copy %s: make %s",
                  path, was, what, is, row->gives, row->anew);
    else
        log_warn("daemon",
                 "%s had mode %04o, which lets others %s it: it has mode %04o from here on", path,
                 was, what, is);
}

static int mend(struct look *look, const struct row *row, const char *path, unsigned was,
                bool seen) {
    unsigned is = was & row->most;
    if (chmod(path, is) < 0)
        return err_sys(look->err, -errno,
                       "%s has mode %04o, which lets others use it, and it cannot be closed", path,
                       was);
    tell(row, path, was, is, seen);
    return 0;
}

/* More than a cloud is in DATA, and none has begun there: what has a name of ours is not ours to close. */
static int in_a_strangers(struct look *look, const struct row *row, const char *path,
                          unsigned mode) {
    if (row == &rows[DATA] && !(mode & OTHERS_WRITE))
        return 0;
    return err_set(look->err, -EPERM,
                   "%s is open to others (mode %04o), and %s is not a cloud's alone: choose a "
                   "folder of its own with --data",
                   path, mode, look->data);
}

static int check_row(struct look *look, const struct row *row) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    struct stat st;
    buf_printf(&path, "%s%s", look->data, row->name);
    if (lstat(buf_cstr(&path), &st) < 0)
        return 0; /* nothing there; what cannot be looked at is not read either */
    bool is_link = S_ISLNK(st.st_mode) && row != &rows[DATA];
    if (S_ISLNK(st.st_mode) && stat(buf_cstr(&path), &st) < 0)
        return 0;
    unsigned mode = st.st_mode & 0777;
    bool reached = row == &rows[DATA] || look->passable[row->in];
    if (row < &rows[FOLDERS])
        look->passable[row - rows] = reached && (mode & OTHERS_PASS);
    int r = check_owner(look, row, buf_cstr(&path), st.st_uid);
    if (r < 0 || !(mode & ~row->most & OTHERS))
        return r;
    if (!is_ours_alone(look->data))
        return in_a_strangers(look, row, buf_cstr(&path), mode);
    if (is_link)
        return err_set(look->err, -EPERM,
                       "%s is a link to what others may use (mode %04o); next: chmod %o what it "
                       "points at, or put the thing itself in its place",
                       buf_cstr(&path), mode, mode & row->most);
    return mend(look, row, buf_cstr(&path), mode, reached && (mode & OTHERS_READ));
}

/* As ssh and PostgreSQL do; a group may read what root hands out to it. */
static int check_given(const char *path, struct err *err) {
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    uid_t us = geteuid();
    if (st.st_uid != us && st.st_uid != 0)
        return err_set(err, -EPERM,
                       "the master key's file %s belongs to user %u; next: chown it to %u", path,
                       st.st_uid, us);
    unsigned may = st.st_uid == us ? 0700 : 0740;
    if (!(st.st_mode & 0777 & ~may))
        return 0;
    return err_set(err, -EPERM,
                   "others may use the master key's file %s (mode %04o): chmod %o %s. Who has "
                   "an account on this machine may have a copy: calotype rotate master-key",
                   path, st.st_mode & 0777, may & 0640, path);
}

int daemon_modes_check(const char *data, const char *master_key_path, struct err *err) {
    struct look look = {.data = data, .err = err};
    int r = master_key_path ? check_given(master_key_path, err) : 0;
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(rows); i++)
        r = check_row(&look, &rows[i]);
    return r;
}
