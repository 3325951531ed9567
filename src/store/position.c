/*
 * DATA/position: its two slots, what is compared at a start, and the files of a database as they
 * are looked at.
 *
 * Each slot is a record within one sector, in a page of its own; writing alternates between them,
 * so a cut while one is written leaves the other. Rewriting needs no sync: an older position is as
 * true as a newer one, and the file has had its size since it was made durably.
 */
#include "store/position_priv.h"

#include "base/crc.h"
#include "base/file.h"
#include "base/io.h"
#include "store/store_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const str magic = S_INIT("calopos1");

/* ---- Slots ---- */

void store_position_encode(const struct position *at, struct buf *out) {
    size_t from = out->len;
    buf_str(out, magic);
    buf_add(out, at->identity, POSITION_IDENTITY);
    buf_u64(out, at->sequence);
    buf_u64(out, at->turn);
    buf_u64(out, at->files.manifest);
    buf_u64(out, at->files.manifest_bytes);
    buf_u8(out, (uint8_t)at->files.n_logs);
    for (size_t i = 0; i < at->files.n_logs; i++) {
        buf_u64(out, at->files.logs[i].number);
        buf_u64(out, at->files.logs[i].bytes);
    }
    buf_u32(out, crc32c(0, out->p + from, out->len - from));
}

static bool decode(str slot, struct position *ret) {
    struct cur c = cur_of(slot);
    bool ours = str_eq(cur_take(&c, magic.len), magic);
    str identity = cur_take(&c, POSITION_IDENTITY);
    ret->sequence = cur_u64(&c);
    ret->turn = cur_u64(&c);
    ret->files.manifest = cur_u64(&c);
    ret->files.manifest_bytes = cur_u64(&c);
    ret->files.n_logs = cur_u8(&c);
    if (!ours || c.bad || ret->files.n_logs > POSITION_LOGS)
        return false;
    memcpy(ret->identity, identity.p, POSITION_IDENTITY);
    for (size_t i = 0; i < ret->files.n_logs; i++) {
        ret->files.logs[i].number = cur_u64(&c);
        ret->files.logs[i].bytes = cur_u64(&c);
    }
    size_t len = slot.len - c.s.len;
    return cur_u32(&c) == crc32c(0, slot.p, len) && !c.bad;
}

int store_position_read(const char *data, struct position *ret, struct err *err) {
    CLEANUP_MEM char *path = store_path(data, "position");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = io_read_file(&text, path, POSITION_BYTES, err);
    if (r)
        return r;
    bool found = false;
    for (size_t i = 0; i < POSITION_SLOTS; i++) {
        struct position at;
        if (!decode(str_slice(buf_view(&text), i * POSITION_SLOT, (i + 1) * POSITION_SLOT), &at) ||
            (found && at.turn < ret->turn))
            continue;
        *ret = at;
        found = true;
    }
    return found ? 0 : err_set(err, STORE_E_DAMAGED, "position cannot be read");
}

int store_position_write(const char *data, const struct position *at, struct err *err) {
    CLEANUP_MEM char *path = store_path(data, "position");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (size_t end = POSITION_SLOT; end <= POSITION_BYTES; end += POSITION_SLOT) {
        store_position_encode(at, &text);
        memset(buf_reserve(&text, end - text.len), 0, end - text.len);
        text.len = end;
    }
    return file_write_durable(path, buf_view(&text), 0600, err);
}

/* ---- The files of a database ---- */

/* CURRENT holds "MANIFEST-000005\n". 0: it does not. */
static uint64_t current_manifest(int dir) {
    char text[64];
    uint64_t number;
    CLEANUP_FD int fd = openat(dir, "CURRENT", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    static const str head = S_INIT("MANIFEST-"), tail = S_INIT("\n");
    str line = n < 0 ? STR_NONE : str_n(text, (size_t)n);
    if (!str_starts(line, head) || !str_ends(line, tail) ||
        !str_to_u64(str_slice(line, head.len, line.len - tail.len), &number))
        return 0;
    return number;
}

/* The size of a file; with sync, one that is durable. 0: it is not there. */
static uint64_t size_of(int dir, const char *name, bool sync) {
    struct stat st;
    CLEANUP_FD int fd = sync ? openat(dir, name, O_RDONLY | O_CLOEXEC) : -1;
    if (sync ? fd < 0 || fstat(fd, &st) != 0 || fsync(fd) != 0 : fstatat(dir, name, &st, 0) != 0)
        return 0;
    return S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = ((const struct position_log *)a)->number;
    uint64_t y = ((const struct position_log *)b)->number;
    return (x > y) - (x < y);
}

/* "000012.log" */
static bool log_number(const char *name, uint64_t *ret) {
    str s = str_c(name);
    return str_ends(s, S(".log")) && str_to_u64(str_slice(s, 0, s.len - 4), ret);
}

static int list_logs(int dir_fd, struct position_files *ret) {
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int r = -errno;
        fd_closep(&fd);
        return r;
    }
    const struct dirent *entry;
    struct position_log logs[POSITION_LOGS + 1];
    size_t n = 0;
    while ((entry = readdir(dir)) && n < ARRAY_LEN(logs))
        if (log_number(entry->d_name, &logs[n].number))
            n++;
    closedir(dir);
    qsort(logs, n, sizeof *logs, by_number);
    ret->n_logs = n ? n - 1 : 0;
    memcpy(ret->logs, logs, ret->n_logs * sizeof *logs);
    return 0;
}

int store_position_look(const char *path, bool sync, struct position_files *ret) {
    char name[40];
    *ret = (struct position_files){0};
    CLEANUP_FD int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;
    int r = list_logs(dir, ret);
    ret->manifest = current_manifest(dir);
    if (r || (sync && fsync(dir) != 0))
        return r ? r : -errno;
    size_t n = 0; /* with rows in them */
    for (size_t i = 0; i < ret->n_logs; i++) {
        struct position_log log = ret->logs[i];
        snprintf(name, sizeof name, "%06llu.log", (unsigned long long)log.number);
        if ((log.bytes = size_of(dir, name, sync)))
            ret->logs[n++] = log;
    }
    ret->n_logs = n;
    snprintf(name, sizeof name, "MANIFEST-%06llu", (unsigned long long)ret->manifest);
    ret->manifest_bytes = ret->manifest ? size_of(dir, name, sync) : 0;
    return 0;
}

/* ---- The comparison ---- */

static bool lacks(struct err *err, const char *what) {
    err_set(err, 0, "%s", what);
    return false;
}

static bool log_is_whole(const struct position_log *then, int db, struct err *err) {
    char name[40];
    struct stat st;
    snprintf(name, sizeof name, "%06llu.log", (unsigned long long)then->number);
    bool there = fstatat(db, name, &st, 0) == 0;
    if (there && (uint64_t)st.st_size >= then->bytes)
        return true;
    err_set(err, 0, "db/%s is %s, and rows were only there", name,
            there ? "shorter than it was" : "missing");
    return false;
}

static bool manifest_is_whole(const struct position_files *then, const struct position_files *now,
                              struct err *err) {
    if (now->manifest < then->manifest)
        return lacks(err,
                     "db/CURRENT is an older one: the database is an older copy, or was brought"
                     " back in part");
    if (now->manifest > then->manifest || now->manifest_bytes >= then->manifest_bytes)
        return true;
    err_set(err, 0,
            "db/MANIFEST-%06llu is shorter than it was: the database is an older copy, or"
            " is cut short",
            (unsigned long long)now->manifest);
    return false;
}

bool store_position_holds(const struct position *then, const struct position_found *found,
                          const char *db, struct err *err) {
    struct position_files now;
    if (!found->has_identity || memcmp(found->identity, then->identity, POSITION_IDENTITY) != 0)
        return lacks(err, "db is not the database of this folder: position names another one");
    CLEANUP_FD int dir = open(db, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || store_position_look(db, false, &now) != 0)
        return lacks(err, "db cannot be listed");
    if (!manifest_is_whole(&then->files, &now, err))
        return false;
    for (size_t i = 0; i < then->files.n_logs; i++)
        if (then->files.logs[i].number >= found->least_log &&
            !log_is_whole(&then->files.logs[i], dir, err))
            return false;
    if (found->sequence >= then->sequence)
        return true;
    err_set(err, 0,
            "db is older than it was: it ends with change %llu, and position says %llu; it is an"
            " older copy, or its log files (db/*.log) are gone or cut short",
            (unsigned long long)found->sequence, (unsigned long long)then->sequence);
    return false;
}
