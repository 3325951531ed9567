/* prog/say: what goes to stdout and to stderr, and the standard descriptors themselves. */
#include "prog/say.h"

#include "base/buf.h"
#include "base/io.h"
#include "prog/text.h"
#include "prog/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MOST_HELD = 64 * 1024 };

static bool progress_shown;
static struct buf last_progress;

/* ---- stdout ---- */

static struct buf held;
static int write_fault; /* -errno of the first write that failed */

bool prog_flush(void) {
    if (held.len && !write_fault)
        write_fault = io_write_full(STDOUT_FILENO, held.p, held.len);
    buf_clear(&held);
    return !write_fault;
}

void prog_write(str text) {
    buf_str(&held, text);
    if (held.len >= MOST_HELD)
        prog_flush();
}

void prog_print(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&held, fmt, args);
    va_end(args);
    prog_write(STR_NONE);
}

void prog_print_line(const char *fmt, ...) {
    struct buf line = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&line, fmt, args);
    va_end(args);
    if (isatty(STDOUT_FILENO))
        prog_add_shown(&held, buf_view(&line));
    else
        buf_str(&held, buf_view(&line));
    buf_deinit(&line);
    prog_write(S("\n"));
}

bool prog_has_output(void) { return (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) != O_RDONLY; }

/* ---- stderr ---- */

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

unsigned prog_columns(int fd) {
    struct winsize size;
    return isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void prog_progress_end(void) {
    if (progress_shown)
        (void)!write(STDERR_FILENO, "\r\033[K", 4);
    progress_shown = false;
    buf_deinit(&last_progress);
}

void prog_error(const char *fmt, ...) {
    prog_progress_end();
    struct buf text = {0}, line = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    prog_add_shown(&line, buf_view(&text)); /* names come from anywhere */
    prog_hint("calotype: %s", buf_cstr(&line));
    buf_deinit(&line);
    buf_deinit(&text);
}

static void hint(enum prog_colour colour, const char *fmt, va_list args) {
    prog_progress_end();
    struct buf text = {0}, lines = {0};
    buf_vprintf(&text, fmt, args);
    str rest = buf_view(&text), line;
    bool more;
    buf_c(&lines, colour == COLOUR_PLAIN ? "" : prog_colour(STDERR_FILENO, colour));
    do {
        more = str_cut(rest, '\n', &line, &rest);
        prog_add_shown(&lines, line);
        buf_c(&lines, more ? "\n" : "");
    } while (more);
    buf_c(&lines, colour == COLOUR_PLAIN ? "" : prog_colour(STDERR_FILENO, COLOUR_PLAIN));
    buf_char(&lines, '\n');
    (void)io_write_full(STDERR_FILENO, lines.p, lines.len);
    buf_deinit(&lines);
    buf_deinit(&text);
}

void prog_hint(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    hint(COLOUR_PLAIN, fmt, args);
    va_end(args);
}

void prog_hint_in(enum prog_colour colour, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    hint(colour, fmt, args);
    va_end(args);
}

void prog_progress(const char *fmt, ...) {
    if (!prog_on_terminal())
        return;
    struct buf line = {0}, text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    unsigned columns = prog_columns(STDERR_FILENO);
    buf_c(&line, "\r\033[K");
    /* A line that reaches the edge may go on in the next one. */
    prog_add_cut(&line, buf_view(&text), columns > 1 ? columns - 1 : SIZE_MAX);
    buf_deinit(&text);
    if (!str_eq(buf_view(&line), buf_view(&last_progress)))
        (void)!write(STDERR_FILENO, line.p, line.len);
    buf_deinit(&last_progress);
    last_progress = line;
    progress_shown = true;
}

/* ---- The standard descriptors ---- */

void prog_begin(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) /* then it is the lowest free number, which open takes */
            (void)!open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
}

int prog_end(int code) {
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout))
        write_fault = errno ? -errno : -EIO;
    bool written = prog_flush();
    buf_deinit(&held);
    if (written)
        return code;
    prog_error("cannot write the output: %s", strerror(-write_fault));
    return PROG_FAILED;
}
