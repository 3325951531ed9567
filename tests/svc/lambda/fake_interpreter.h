#pragma once
/* Programs that answer a probe as an interpreter does, so that tests know what the machine has. */
#include "base/io.h"
#include "lib/tmp.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* DIR/NAME says that it is of that version, and counts in DIR/NAME.asked how often it was asked. */
static inline void fake_interpreter(const char *dir, const char *name, const char *version) {
    CLEANUP_DEINIT(buf) struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/%s", dir, name);
    buf_printf(&text,
               "#!/bin/sh\nprintf x >> $0.asked\n"
               "printf 'version\\t%s\\nprogram\\t%%s\\nprefix\\t%.*s\\nsee\\t%s\\n"
               "hide\\t%s/site-packages\\nlibrary\\t%s/libx.so.1\\nnoise\\ndone\\t\\n' $0\n",
               version, (int)(strrchr(dir, '/') - dir), dir, dir, dir, dir);
    unlink(buf_cstr(&path));
    CLEANUP_FD int fd = open(buf_cstr(&path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    CHECK_INT(io_write_full(fd, text.p, text.len), 0);
}

/* How often it was asked since it was made first. */
static inline int fake_asked(const char *dir, const char *name) {
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s.asked", dir, name);
    return stat(path, &st) ? 0 : (int)st.st_size;
}
