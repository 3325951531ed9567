#pragma once
/* base/io: whole reads and writes. Nothing here syncs a disk: that is base/file.h's. */
#include "base/buf.h"
#include "base/err.h"

/*
 * All n bytes, through EINTR and short counts, on a blocking descriptor. 0 or -errno (part may have
 * been moved then); io_read_full at an early end: -EPIPE.
 */
int io_write_full(int fd, const void *p, size_t n);
int io_read_full(int fd, void *p, size_t n);
/*
 * Appends the whole file to out, at most `most` bytes (-EFBIG beyond; out's own bytes count). 0 or
 * -errno with the path in err; out may have grown then.
 */
int io_read_file(struct buf *out, const char *path, size_t most, struct err *err);
/* The same of a descriptor (a socket too) up to its end, which stays open; name is for words. */
int io_read_all(struct buf *out, int fd, const char *name, size_t most, struct err *err);
/* mkdir -p with mode (less the umask) for what is new. 0 or -errno with the folder in err. */
int io_mkdirs(const char *path, unsigned mode, struct err *err);
/*
 * rm -rf of name, in the folder at (AT_FDCWD: the current one); links are removed, not followed. What
 * cannot be removed stays.
 */
void io_remove_tree(int at, const char *name);
