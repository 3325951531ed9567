#pragma once
/* base/io: whole reads and writes. Nothing here syncs a disk: that is base/file.h's. */
#include "base/buf.h"
#include "base/err.h"

/*
 * All n bytes, through EINTR and short counts. 0 or -errno; io_read_full at an early end: -EPIPE.
 */
int io_write_full(int fd, const void *p, size_t n);
int io_read_full(int fd, void *p, size_t n);
/* The whole file, at most `most` bytes (-EFBIG beyond). 0 or -errno with the path in err. */
int io_read_file(struct buf *out, const char *path, size_t most, struct err *err);
/* mkdir -p with mode for what is new. */
int io_mkdirs(const char *path, unsigned mode, struct err *err);
