#pragma once
/*
 * store/blob: bodies. Up to BLOB_INLINE bytes travel inside the row; larger ones are files under
 * DATA/blobs, an envelope and 64 KiB frames, each sealed (docs/formats/blob.md). A range decrypts
 * and verifies only the frames it touches; damage is answered STORE_E_DAMAGED, never served.
 *
 * Order of a write: O_TMPFILE, frames, linkat, fdatasync (of more than a MiB: fdatasync, linkat),
 * fsync of the folder (blob_finish), and only then the batch that holds the reference (blob_keep). A
 * crash between leaves an orphan, whole or not, which store_open sweeps: a file without its keep row.
 */
#include "store/seal.h"

enum { BLOB_INLINE = 32 * 1024 };

struct blob_writer;
/*
 * key_id: the data key's. expected: size when known, 0 otherwise (refused early when there is no
 * room). STORE_E_FULL, _READONLY, _ABSENT (no such key), _KEY.
 */
int blob_create(struct store *store, str key_id, uint64_t expected, struct blob_writer **ret_writer,
                struct err *err);
/* 0, STORE_E_FULL, -errno */
int blob_write(struct blob_writer *writer, const void *p, size_t n, struct err *err);
/* As blob_write, where more bytes surely follow: whole frames of 64 KiB are sealed without a copy. */
int blob_write_on(struct blob_writer *writer, const void *p, size_t n, struct err *err);
/*
 * Makes the bytes durable and appends a reference to *ref: opaque bytes for the owner's row, which
 * include an inline body. The writer is done with either way.
 */
int blob_finish(struct blob_writer *writer, struct buf *ref, struct err *err);
/* blob_write of the last bytes, and blob_finish: what stays inline is copied once, into *ref. */
int blob_finish_with(struct blob_writer *writer, const void *p, size_t n, struct buf *ref,
                     struct err *err);
/* drops what was not finished */
struct blob_writer *blob_writer_free(struct blob_writer *writer);
DEFINE_FREEP(blob_writer)

/* A body has exactly one owner row. Keep it in the batch that writes the row … */
void blob_keep(struct store_batch *batch, str ref);
/* … and drop it in the batch that removes the row: the file goes after the commit. */
void blob_drop(struct store_batch *batch, str ref);
/*
 * A finished body whose batch was never committed (the commit failed): removes its file now.
 */
void blob_discard(struct store *store, str ref);

/* Plain bytes of the body; 0 when ref is no reference. */
uint64_t blob_size(str ref);

/*
 * Why a body cannot be read, in parts: whoever knows whose body it is makes a message of them that
 * names the owner. Filled on failure alone; no texts to release.
 */
enum { BLOB_FILE_MAX = 48, BLOB_WHAT_MAX = 160 };
struct blob_why {
    char
        file[BLOB_FILE_MAX]; /* relative to DATA, "blobs/ab/abcd…"; empty: the body is in its row */
    char what[BLOB_WHAT_MAX]; /* goes on behind the file: "is missing" */
    const char *todo;         /* "restore the file from a copy of DATA"; constant */
    bool missing;             /* the file is not there */
    bool passing;             /* no fault of what is stored: too many open files, for example */
};
/* "file blobs/ab/abcd… is missing: restore the file from a copy of DATA". */
void blob_why_add(struct buf *out, const struct blob_why *why);

struct blob_reader;
/*
 * The reader keeps the file readable, whatever is dropped meanwhile. STORE_E_ABSENT: dropped since
 * the row was read (read the row again). STORE_E_DAMAGED: lost or changed; STORE_E_KEY: the data
 * key is gone; -errno: the file is there and cannot be opened. why may be NULL, here and below.
 */
int blob_open(struct store *store, str ref, struct blob_reader **ret_reader, struct blob_why *why);
/* Up to n bytes at offset; short only at the end. >= 0 bytes, -errno, or -EBADMSG when damaged. */
ssize_t blob_read(struct blob_reader *reader, uint64_t offset, void *p, size_t n,
                  struct blob_why *why);
/*
 * Reads and verifies the frame that holds offset, so that a reply may begin: blob_read of it needs
 * the file no more. 0, -errno or -EBADMSG.
 */
int blob_verify(struct blob_reader *reader, uint64_t offset, struct blob_why *why);
struct blob_reader *blob_reader_free(struct blob_reader *reader);
DEFINE_FREEP(blob_reader)
