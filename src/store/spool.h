#pragma once
/*
 * store/spool: bytes that are put aside on disk for the length of a request.
 *
 * A file without a name under DATA/blobs/tmp: gone with its descriptor, so neither an end of the
 * process nor a power cut leaves one. The bytes are encrypted (AES-256-GCM) with a key that exists
 * in this struct alone; what remains in the file system's free blocks is noise. Nothing is synced.
 * The free-space reserve counts as it does for bodies that stay.
 *
 * A spool has one owner, any thread at a time; the store must outlive it.
 */
#include "store/store.h"

struct store_spool;
/* 0; STORE_E_FULL; -errno. err (NULL allowed) says what failed, here and below. */
int store_spool_new(struct store *store, struct store_spool **ret_spool, struct err *err);
/* Appends. 0; STORE_E_FULL; -errno. After a failure the spool is only good for being freed. */
int store_spool_add(struct store_spool *spool, const void *p, size_t n, struct err *err);
/* Bytes that were added. */
uint64_t store_spool_size(const struct store_spool *spool);
/*
 * Appends all that was added to *ret, once: nothing can be added to the spool, or read from it,
 * afterwards. 0; STORE_E_DAMAGED; -errno.
 */
int store_spool_read(struct store_spool *spool, struct buf *ret, struct err *err);
/* The file goes with it. NULL is fine, and returned. */
struct store_spool *store_spool_free(struct store_spool *spool);
DEFINE_FREEP(store_spool)
