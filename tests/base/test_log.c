/*
 * The log: its lines, what cannot forge one, how many of a kind there are, and where they go when
 * the disk is full, the file is moved away or nobody reads the pipe.
 */
#include "cm.h"

#include "base/io.h"
#include "base/log.h"
#include "base/log_limit.h"
#include "base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/calotype-log-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[4][128];
    static unsigned turn;
    char *at = path[turn++ % 4];
    snprintf(at, sizeof path[0], "%s/%s", folder, name);
    return at;
}

static void check_file(const char *name, const char *want) {
    CLEANUP_DEINIT(buf) struct buf got = {0};
    CHECK_INT(io_read_file(&got, in_folder(name), 65536, NULL), 0);
    CHECK_BUF(got, want);
}

/* ---- Lines ---- */

/* What `log` writes to the standard error, kept in a file. */
static void read_log(struct buf *out, void (*log)(void)) {
    int before = dup(STDERR_FILENO), fd = open(in_folder("log"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDERR_FILENO);
    log();
    dup2(before, STDERR_FILENO);
    close(before);
    close(fd);
    CHECK_INT(io_read_file(out, in_folder("log"), 1 << 20, NULL), 0);
}

static void say_three(void) {
    log_line(LOG_DEBUG, "base", "not %s", "this");
    log_line(LOG_INFO, "base", "a \"%s\"", "quote");
    log_line(LOG_ERROR, "store", "bad");
}

static void logs_lines(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf json = {0}, text = {0};
    log_setup(LOG_JSON, LOG_INFO);
    read_log(&json, say_three);
    CHECK(!strstr(json.p, "not this"));
    CHECK_HAS(json.p, "{\"time\":\"2");
    CHECK_HAS(json.p, "Z\",\"level\":\"info\",\"room\":\"base\",\"msg\":\"a \\\"quote\\\"\"}\n");
    CHECK_HAS(json.p, "\"level\":\"error\",\"room\":\"store\",\"msg\":\"bad\"}\n");
    log_setup(LOG_TEXT, LOG_DEBUG);
    read_log(&text, say_three);
    CHECK_HAS(text.p, "Z debug base     not this\n");
    CHECK_HAS(text.p, "Z info  base     a \"quote\"\n");
    CHECK_HAS(text.p, "Z error store    bad\n");
    log_setup(LOG_JSON, LOG_INFO);
}

static const struct {
    const char *name, *said, *json, *text;
} names[] = {
    {"plain", "caf\xC3\xA9 \\ \"x\"", "café \\\\ \\\"x\\\"\"", "café \\ \"x\"\n"},
    {"line feed", "a\n{\"b\"", "a\\u000a{\\\"b\\\"\"", "a\\u000a{\"b\"\n"},
    {"carriage return, escape", "a\r\x1b[2Kb", "a\\u000d\\u001b[2Kb\"", "a\\u000d\\u001b[2Kb\n"},
    {"delete", "a\x7f", "a\\u007f\"", "a\\u007f\n"},
    {"C1 (a terminal's CSI)",
     "a\xC2\x9B"
     "2K",
     "a\\u009b2K\"", "a\\u009b2K\n"},
    {"line separator", "a\xE2\x80\xA8z", "a\\u2028z\"", "a\\u2028z\n"},
    {"turned direction", "a\xE2\x80\xAEz", "a\\u202ez\"", "a\\u202ez\n"},
    {"a byte that is no UTF-8", "a\xFFz\xC3", "a\\ufffdz\\ufffd\"", "a\\xffz\\xc3\n"},
    {"a surrogate", "\xED\xA0\x80", "\\ufffd\\ufffd\\ufffd\"", "\\xed\\xa0\\x80\n"},
    {"beyond the first plane", "\xF0\x9F\x93\xB7", "📷\"", "📷\n"},
};

static size_t row;
static void say_name(void) { log_info("base", "%s", names[row].said); }

static void no_name_forges_a_line(void **state) {
    (void)state;
    for (row = 0; row < ARRAY_LEN(names); row++) {
        CLEANUP_DEINIT(buf) struct buf json = {0}, text = {0};
        read_log(&json, say_name);
        CHECK_CASE(strstr(buf_cstr(&json), names[row].json), names[row].name);
        CHECK_CASE(str_chr(buf_view(&json), '\n') == (ptrdiff_t)json.len - 1, names[row].name);
        log_setup(LOG_TEXT, LOG_INFO);
        read_log(&text, say_name);
        CHECK_CASE(strstr(buf_cstr(&text), names[row].text), names[row].name);
        CHECK_CASE(str_chr(buf_view(&text), '\n') == (ptrdiff_t)text.len - 1, names[row].name);
        log_setup(LOG_JSON, LOG_INFO);
    }
}

static void say_much(void) {
    static char much[20000];
    memset(much, '\n', sizeof much - 1);
    log_info("base", "%s (long)", much);
}

static void long_lines_are_cut(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    read_log(&out, say_much);
    CHECK_RANGE(out.len, 3900, 4096);
    CHECK_HAS(out.p, "\\u000a…\"}\n");
}

/* ---- Kinds ---- */

static void say_often(void) {
    for (int i = 0; i < 442; i++)
        log_warn("base", "the %d. of many", i);
    log_warn("base", "of another kind");
    log_tell_held(false);
    log_tell_held(true);
    log_tell_held(true);
}

static size_t count(const struct buf *text, const char *part) {
    size_t n = 0;
    for (const char *at = text->p; (at = strstr(at, part)); at++)
        n++;
    return n;
}

static void a_kind_does_not_fill_the_log(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    read_log(&out, say_often);
    CHECK_INT(count(&out, "\n"), LOG_MOST + 2);
    CHECK_HAS(out.p, "the 29. of many");
    CHECK_HAS(out.p,
              "\"level\":\"warn\",\"room\":\"base\",\"msg\":\"… and 412 more like it in the last "
              "minute: the 30. of many\"}\n");
    CHECK_HAS(out.p, "of another kind");
}

static void a_minute_ends(void **state) {
    (void)state;
    struct log_limit limit = {0};
    static const char fmts[LOG_KINDS + 10][2];
    const char *one = fmts[0];
    for (int i = 0; i < LOG_MOST; i++)
        CHECK(log_limit_may(log_limit_kind(&limit, LOG_INFO, "a", one, 1000)));
    CHECK(!log_limit_may(log_limit_kind(&limit, LOG_INFO, "a", one, 60999)));
    CHECK(log_limit_next(&limit, 60999, false) == NULL);
    struct log_kind *kind = log_limit_next(&limit, 61000, false);
    CHECK(kind && kind->fmt == one);
    CHECK(log_limit_kind(&limit, LOG_INFO, "a", one, 61000) == kind);
    CHECK_INT(kind->held, 1);                                         /* until it is told */
    CHECK(log_limit_kind(&limit, LOG_INFO, "b", one, 61000) != kind); /* of another room */
    CHECK_INT(kind->held, 1);
    kind->held = 0;
    CHECK(log_limit_next(&limit, 61000, true) == NULL);
    CHECK(log_limit_may(log_limit_kind(&limit, LOG_INFO, "a", one, 61000)));
    /* More places than the table has: they share one, and are counted. */
    const struct log_kind *last[2] = {NULL, NULL};
    for (size_t i = 1; i < ARRAY_LEN(fmts); i++)
        last[i % 2] = log_limit_kind(&limit, LOG_INFO, "a", fmts[i], 61000);
    CHECK(last[0] && last[0] == last[1]);
    log_limit_deinit(&limit);
}

/* ---- The file ---- */

enum { OURS = 63 }; /* the descriptor in stderr's place */

static struct log_sink file_sink(int64_t most, unsigned kept) {
    struct log_sink sink = {.fd = OURS};
    dup2(STDERR_FILENO, OURS);
    CHECK_INT(log_sink_to_file(&sink, in_folder("f"), most, kept, NULL), 0);
    return sink;
}

static void done(struct log_sink *sink) {
    static const char *const left[] = {"f", "f.1", "f.2", "f.3", "f.moved"};
    log_sink_deinit(sink);
    close(OURS);
    for (size_t i = 0; i < ARRAY_LEN(left); i++)
        remove(in_folder(left[i]));
}

static void put(struct log_sink *sink, const char *line) {
    CHECK_INT(log_sink_write(sink, str_c(line), 0), 0);
}

static void a_file_keeps_its_size(void **state) {
    (void)state;
    struct log_sink sink = file_sink(10, 2);
    struct stat st;
    static const char *const lines[] = {"aaaa\n", "bbbb\n", "cccc\n", "dddd\n",
                                        "eeee\n", "ffff\n", "gggg\n"};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        put(&sink, lines[i]);
    check_file("f", "gggg\n");
    check_file("f.1", "eeee\nffff\n");
    check_file("f.2", "cccc\ndddd\n");
    CHECK_INT(access(in_folder("f.3"), F_OK), -1);
    CHECK_INT(stat(in_folder("f"), &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(write(OURS, "ASan\n", 5), 5); /* whatever else is printed there goes along */
    check_file("f", "gggg\nASan\n");
    done(&sink);
}

/* logrotate's two ways. */
static void a_file_that_is_moved_or_cut(void **state) {
    (void)state;
    struct log_sink sink = file_sink(10, 2);
    put(&sink, "aaaa\n");
    CHECK_INT(rename(in_folder("f"), in_folder("f.moved")), 0);
    put(&sink, "bbbb\n"); /* until it is told */
    check_file("f.moved", "aaaa\nbbbb\n");
    CHECK_INT(log_sink_reopen(&sink, NULL), 0);
    put(&sink, "cccc\n");
    check_file("f", "cccc\n");
    CHECK_INT(truncate(in_folder("f"), 0), 0); /* copytruncate */
    put(&sink, "dddd\n");
    check_file("f", "dddd\n");
    /* Moved, never told, and full: what stands in its place is not put aside. */
    CHECK_INT(rename(in_folder("f"), in_folder("f.moved")), 0);
    put(&sink, "eeee\n");
    put(&sink, "ffff\n");
    check_file("f.moved", "dddd\neeee\n");
    check_file("f", "ffff\n");
    CHECK_INT(access(in_folder("f.1"), F_OK), -1);
    done(&sink);
}

static void a_file_that_cannot_be_put_aside(void **state) {
    (void)state;
    struct log_sink sink = file_sink(10, 2);
    struct err err;
    CHECK_INT(mkdir(in_folder("g"), 0700), 0);
    free(sink.path);
    sink.path = mem_strdup(in_folder("g/gone/f")); /* the folder went away */
    for (int i = 0; i < 4; i++)
        put(&sink, "aaaa\n");
    CHECK_INT(log_sink_write(&sink, S("aaaa\n"), 0), -ENOENT); /* twice its size is the end */
    CHECK_INT(log_sink_reopen(&sink, &err), -ENOENT);
    CHECK_HAS(err.text, "g/gone/f: No such file");
    remove(in_folder("g"));
    check_file("f", "aaaa\naaaa\naaaa\naaaa\n");
    done(&sink);
}

/* ---- What does not take a line ---- */

static void a_full_disk(void **state) {
    (void)state;
    struct log_sink sink = {.fd = open("/dev/full", O_WRONLY)};
    CHECK_INT(log_sink_write(&sink, S("aaaa\n"), 0), -ENOSPC);
    close(sink.fd);
    CHECK_INT(log_sink_write(&sink, S("aaaa\n"), 0), -EBADF);
    log_sink_deinit(&sink);
}

/* A stream whose reader stops reading, reads again, and goes. */
static void check_stream(int reader, int writer, bool by_socket) {
    static char line[1000], got[1 << 20];
    struct log_sink sink = {.fd = writer};
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    str whole = str_n(line, sizeof line);
    int r, n = 0;
    while ((r = log_sink_write(&sink, whole, 1)) == 0 && n < 10000)
        n++;
    CHECK_INT(r, -EAGAIN);
    CHECK(sink.stuck);
    CHECK_RANGE(n, 10, 9999);
    CHECK_INT(log_sink_write(&sink, whole, 1000000), -EAGAIN); /* does not wait twice */
    size_t all = 0;
    for (ssize_t part; (part = recv(reader, got + all, sizeof got - all, MSG_DONTWAIT)) > 0 ||
                       (errno == ENOTSOCK && all < (size_t)n * sizeof line &&
                        (part = read(reader, got + all, sizeof got - all)) > 0);)
        all += (size_t)part;
    CHECK_INT(log_sink_write(&sink, whole, 0), 0);
    CHECK(!sink.stuck);
    CHECK(!sink.broken);
    /* What was taken in part was ended before the next line began. */
    ssize_t part = read(reader, got, sizeof got);
    CHECK(part > 0 && got[part - 1] == '\n');
    CHECK_INT(part - (got[0] == '\n'), sizeof line);
    CHECK_INT(all % sizeof line == 0, got[0] != '\n');
    CHECK_INT(fcntl(writer, F_GETFL) & O_NONBLOCK, 0); /* the others' descriptor is as it was */
    close(reader);
    CHECK_INT(log_sink_write(&sink, whole, 0), -EPIPE);
    CHECK(by_socket == sink.is_socket);
    log_sink_deinit(&sink);
    close(writer);
}

static void a_reader_that_does_not_read(void **state) {
    (void)state;
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    CHECK_INT(pipe(ends), 0);
    check_stream(ends[0], ends[1], false);
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    check_stream(ends[0], ends[1], true);
}

static int lost_pipe[2];
static void say_into_a_full_pipe(void) {
    char bytes[4096] = {0};
    int before = dup(STDERR_FILENO);
    dup2(lost_pipe[1], STDERR_FILENO);
    memset(bytes, 'y', sizeof bytes - 1);
    for (int i = 0; i < 20; i++)
        log_info("base", "%s", bytes);
    while (read(lost_pipe[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        ;
    dup2(before, STDERR_FILENO);
    close(before);
    log_info("base", "read again");
}

static void lines_that_are_lost_are_counted(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    CHECK_INT(pipe2(lost_pipe, O_CLOEXEC), 0);
    CHECK(fcntl(lost_pipe[1], F_SETPIPE_SZ, 8192) > 0);
    fcntl(lost_pipe[0], F_SETFL, O_NONBLOCK);
    read_log(&out, say_into_a_full_pipe);
    CHECK_INT(count(&out, "\n"), 2);
    CHECK_HAS(out.p, " lines of this log were lost before this one: nobody read them\"}\n");
    CHECK_HAS(out.p, "read again");
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}
static int drop_folder(void **state) {
    (void)state;
    remove(in_folder("log"));
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_lines),
        cmocka_unit_test(no_name_forges_a_line),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(a_kind_does_not_fill_the_log),
        cmocka_unit_test(a_minute_ends),
        cmocka_unit_test(a_file_keeps_its_size),
        cmocka_unit_test(a_file_that_is_moved_or_cut),
        cmocka_unit_test(a_file_that_cannot_be_put_aside),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(a_reader_that_does_not_read),
        cmocka_unit_test(lines_that_are_lost_are_counted),
    };
    return cmocka_run_group_tests_name("base/log", tests, make_folder, drop_folder);
}
