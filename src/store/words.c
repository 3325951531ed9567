/*
 * RocksDB's messages in plain words: which file of DATA, what is wrong with it, and the next
 * command. The wording of RocksDB 7.8 was collected by damaging each file of a database
 * (tests/store/test_damage.c does so again).
 */
#include "store/store_priv.h"

#include "base/buf.h"
#include "base/crc.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>

/* What RocksDB says, what it means, and the number that goes with it. The first that fits. */
static const struct {
    const char *says, *means;
    int code;
} meanings[] = {
    {"Permission denied", "may not be opened by this user", -EACCES},
    {"Operation not permitted", "may not be changed", -EPERM},
    {"Read-only file system", "is on a file system that is mounted for reading alone", -EROFS},
    {"No space left", "cannot be written: the disk is full", -ENOSPC},
    {"quota exceeded", "cannot be written: the quota is used up", -EDQUOT},
    {"Too many open files", "cannot be opened: this process has too many open files", -EMFILE},
    {"Input/output error", "cannot be read: the disk reports an error", -EIO},
    {"Is a directory", "is a folder where a file should be", STORE_E_DAMAGED},
    {"Not a directory", "is not a folder", STORE_E_DAMAGED},
    {"No such file", "is missing", STORE_E_DAMAGED},
    {"CURRENT file", "does not name the files of the database", STORE_E_DAMAGED},
    {"file size mismatch", "has another size than it was written with", STORE_E_DAMAGED},
    {"too short", "is cut short", STORE_E_DAMAGED},
    {"truncated", "is cut short", STORE_E_DAMAGED},
    {"magic number", "does not end as a table of rows does", STORE_E_DAMAGED},
    {"hecksum", "holds bytes that do not match their checksum", STORE_E_DAMAGED},
    {"entry in MANIFEST", "is empty or cut short", STORE_E_DAMAGED},
    {"properties unsorted", "holds bytes that are not what was written", STORE_E_DAMAGED},
    {"existing log file", "has lost its file CURRENT", STORE_E_DAMAGED},
    {"unsupported", "was written by a newer program", STORE_E_DAMAGED},
    {"nknown", "was written by a newer program, or is damaged", STORE_E_DAMAGED},
};

/* ---- Which file ---- */

/* "…: /data/db/000012.sst: …": the name below DATA. Absent: the text has none. */
static str file_in(const char *data, const char *text) {
    const char *at = strstr(text, data);
    if (!at || at[strlen(data)] != '/')
        return STR_NONE;
    at += strlen(data);
    at += strspn(at, "/");
    return str_n(at, strcspn(at, " :,\n"));
}

/* RocksDB's log format: blocks of 32 KiB, records of checksum, length, type and bytes. */
enum { BLOCK = 32 << 10, HEAD = 7, MOST_LOG = 1 << 30 };

static uint32_t little(const char *p, size_t n) {
    uint32_t v = 0;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

/* A record whose bytes are there and do not match. A record that is cut off is none. */
static bool has_bad_record(str log) {
    for (size_t at = 0; at + HEAD <= log.len;) {
        size_t left = BLOCK - at % BLOCK;
        size_t len = left < HEAD ? 0 : little(log.p + at + 4, 2);
        if (left < HEAD) { /* padding */
            at += left;
            continue;
        }
        if (at + HEAD + len > log.len)
            return false;
        uint32_t crc = crc32c(0, log.p + at + 6, len + 1);
        uint32_t masked = (crc >> 15 | crc << 17) + 0xa282ead8U;
        if (HEAD + len > left || masked != little(log.p + at, 4))
            return true;
        at += HEAD + len;
    }
    return false;
}

static bool is_damaged_log(const char *folder, const char *name) {
    CLEANUP_MEM char *path = store_path(folder, name);
    CLEANUP_DEINIT(buf) struct buf log = {0};
    return io_read_file(&log, path, MOST_LOG, NULL) == 0 && has_bad_record(buf_view(&log));
}

/* RocksDB does not say which log it read. */
static void find_damaged_log(const char *data, struct buf *out) {
    CLEANUP_MEM char *db = store_path(data, "db");
    DIR *dir = opendir(db);
    const struct dirent *entry;
    while (dir && out->len == 0 && (entry = readdir(dir)))
        if (str_ends(str_c(entry->d_name), S(".log")) && is_damaged_log(db, entry->d_name))
            buf_printf(out, "db/%s", entry->d_name);
    if (dir)
        closedir(dir);
}

/* ---- The sentence ---- */

/* Where RocksDB names the file, and where it does not, or wrongly. */
static void name_file(const char *data, const char *text, struct buf *out) {
    buf_str(out, file_in(data, text));
    if (str_ends(buf_view(out), S(".ldb"))) { /* the name of old, which it tries at last */
        out->len -= 3;
        buf_c(out, "sst");
    }
    if (strstr(text, "CURRENT file"))
        buf_c(out, "db/CURRENT");
    if (out->len == 0 && strstr(text, "Corruption"))
        find_damaged_log(data, out);
    /* A MANIFEST is a log. What is wrong with a table that it lists is said of the MANIFEST. */
    bool of_table = strstr(text, "Corruption") && str_starts(buf_view(out), S("db/MANIFEST")) &&
                    !strstr(text, "entry in MANIFEST") && !is_damaged_log(data, buf_cstr(out));
    if (of_table) {
        buf_clear(out);
        buf_c(out, "a table of db (db/*.sst)");
    }
    if (out->len == 0)
        buf_c(out, "db");
}

/* Without "Corruption: ", which says no more. */
static const char *reason(const char *text) {
    const char *colon = strstr(text, ": ");
    return colon ? colon + 2 : text;
}

int store_db_words(const char *data, const char *text, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    name_file(data, text, &name);
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (strstr(text, meanings[i].says))
            return meanings[i].code < 0 ? err_set(err, meanings[i].code, "%s: %s %s", data,
                                                  buf_cstr(&name), meanings[i].means)
                                        : store_refuse(err, meanings[i].code, data, "%s %s",
                                                       buf_cstr(&name), meanings[i].means);
    return store_refuse(err, STORE_E_DAMAGED, data, "%s cannot be read (%s)", buf_cstr(&name),
                        reason(text));
}
