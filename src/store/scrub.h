#pragma once
/*
 * store/scrub: reads every row and every body of an open store, and names what is damaged.
 *
 * Rows are read in pieces, with their checksums and around the cache of blocks; no snapshot is held
 * from one piece to the next. Bodies are found by the rows that own them, so what is damaged has a
 * name; those in files are read from the disk, past the kernel's memory where it allows that. What
 * changes meanwhile is no finding: a body that was dropped, or handed on to another row.
 *
 * It runs in the caller's thread, beside all others, and is slow on purpose: `pace` waits. Its
 * memory is bounded: a piece, a frame, and 16 MiB at most for the names of files that were seen.
 */
#include "base/json.h"
#include "store/blob.h"

/* A body that a row refers to. part: its number in a multipart upload, or 0. Non-zero: stop. */
typedef int store_see_fn(void *ctx, str ref, unsigned part);

/* A kind of rows that own bodies. Tables of rooms end with a NULL kind. */
struct store_owner {
    enum store_cf cf;
    const char *kind; /* what their keys begin with (key_begin) */
    /*
     * Calls see for every reference in the row and in what belongs to it, and hands on what it
     * answers. STORE_E_DAMAGED, with words: the row cannot be read. STORE_E_ABSENT: it has changed.
     */
    int (*each)(struct store *store, str key, str value, store_see_fn *see, void *ctx,
                struct err *err);
    /*
     * Sets the members that say whose the row is (Bucket, Key, VersionId; FunctionName), and appends
     * the same to words.
     */
    void (*name)(struct store *store, str key, str value, json_t *finding, struct buf *words);
    /* what else helps against a lost body: "delete this version" */
    const char *todo;
};

/* What was read and found so far. */
struct store_scrub {
    uint64_t rows, row_bytes;
    uint64_t bodies, body_bytes; /* inside of rows too */
    uint64_t all_file_bytes;     /* of the bodies in files, when the scrub began */
    uint64_t missing, damaged;   /* bodies */
    uint64_t damaged_rows;       /* and tables of the database that cannot be read to their end */
    uint64_t leaked;             /* files that are kept and that no row refers to */
    bool leaks_unknown;          /* there are too many files to tell, or rows could not be read */
};

struct store_scrub_options {
    const struct store_owner *const *owners; /* tables, ended by NULL */
    /*
     * After each piece, with nothing held: `bytes` were read since the last call. May wait. An
     * answer other than 0 ends the scrub, and is its answer.
     */
    int (*pace)(void *ctx, uint64_t bytes, const struct store_scrub *so_far);
    /*
     * finding (borrowed) has Kind ("body", "row", "table", "leaked"), the names of the owner, File
     * (relative to DATA; absent where it is a row), What, ToDo, and all that as a sentence: Message.
     */
    void (*found)(void *ctx, const json_t *finding, const struct store_scrub *so_far);
    void *ctx;
};
/*
 * 0: it went through, whatever it found; what pace answered; or -errno with words. *ret_scrub is
 * good in any case.
 */
int store_scrub_run(struct store *store, const struct store_scrub_options *options,
                    struct store_scrub *ret_scrub, struct err *err);
