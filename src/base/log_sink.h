#pragma once
/*
 * base/log_sink: where lines go: a descriptor that somebody gave us, or a file of our own. For
 * base/log alone. The caller serializes.
 */
#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

/* Zeroed, but for fd, before its first use; an embedded value, which deinit closes. */
struct log_sink {
    int fd;             /* what is written to: stderr; never closed here */
    char *path;         /* of the file that fd is; NULL: not ours */
    int64_t most_bytes; /* the file is put aside beyond; 0: never */
    unsigned kept;      /* so many that were put aside stay */
    /* What fd was found to be; looked at again when it is another file. */
    dev_t dev;
    ino_t ino;
    int out; /* fd, or a descriptor of our own on the same pipe or terminal, which never blocks */
    bool known; /* the three are set */
    bool is_socket;
    bool stuck;  /* the last line was not taken: the next one does not wait */
    bool broken; /* the last line was taken in part */
};
void log_sink_deinit(struct log_sink *sink);

/*
 * One line, with its line break, in one write. 0, or -errno: it is lost. -EAGAIN: who reads the pipe
 * does not; that was waited for patience_ms, by the first line that was lost so.
 */
int log_sink_write(struct log_sink *sink, str line, int patience_ms);
/*
 * fd becomes the end of the file at path; kept > 0: files that reach most_bytes are put aside as
 * PATH.1 (the newest) to PATH.kept. 0 or -errno with words; nothing has changed then.
 */
int log_sink_to_file(struct log_sink *sink, const char *path, int64_t most_bytes, unsigned kept,
                     struct err *err);
/* The file at the path anew, where fd's was moved away. 0 or -errno with words. */
int log_sink_reopen(struct log_sink *sink, struct err *err);
