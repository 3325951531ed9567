/* prog/say: writes errors, hints and progress to stderr, and sees to the standard descriptors. */
#include "prog/say.h"

#include "base/buf.h"
#include "prog/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool progress_shown;
static struct buf last_progress;

bool prog_on_terminal(void) {
    static int known = -1;
    if (known < 0)
        known = isatty(STDERR_FILENO);
    return known;
}

const char *prog_colour(int fd, enum prog_colour colour) {
    static const char *const codes[] = {"\033[0m", "\033[32m", "\033[31m", "\033[2m"};
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    if (!isatty(fd) || (no && *no) || (term && strcmp(term, "dumb") == 0))
        return "";
    return codes[colour];
}

static void write_line(const char *before, const char *after, const char *fmt, va_list args)
    PRINTF_LIKE(3, 0);
static void write_line(const char *before, const char *after, const char *fmt, va_list args) {
    struct buf line = {0};
    buf_c(&line, before);
    buf_vprintf(&line, fmt, args);
    buf_c(&line, after);
    (void)!write(STDERR_FILENO, line.p, line.len);
    buf_deinit(&line);
}

void prog_progress_end(void) {
    if (progress_shown)
        (void)!write(STDERR_FILENO, "\r\033[K", 4);
    progress_shown = false;
    buf_deinit(&last_progress);
}

void prog_error(const char *fmt, ...) {
    prog_progress_end();
    va_list args;
    va_start(args, fmt);
    write_line("calotype: ", "\n", fmt, args);
    va_end(args);
}

void prog_hint(const char *fmt, ...) {
    prog_progress_end();
    va_list args;
    va_start(args, fmt);
    write_line("", "\n", fmt, args);
    va_end(args);
}

void prog_progress(const char *fmt, ...) {
    if (!prog_on_terminal())
        return;
    struct buf line = {0};
    va_list args;
    va_start(args, fmt);
    buf_c(&line, "\r\033[K");
    buf_vprintf(&line, fmt, args);
    va_end(args);
    if (!str_eq(buf_view(&line), buf_view(&last_progress)))
        (void)!write(STDERR_FILENO, line.p, line.len);
    buf_deinit(&last_progress);
    last_progress = line;
    progress_shown = true;
}

/* ---- The standard descriptors ---- */

void prog_begin(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDWR); /* the lowest number that is free */
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int prog_end(int code) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    int why = errno ? errno : EIO; /* an earlier write failed */
    prog_error("cannot write the output: %s", strerror(why));
    return PROG_FAILED;
}
