/*
 * The image worker's conversation and its ways to end: scripts in its place, and the real one, made
 * to end by each of its walls.
 */
#include "cm.h"

#include "base/clock.h"
#include "base/io.h"
#include "fn/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the worker sent: of each derivative its wish and its bytes, one behind the other. */
static void note(void *ctx, const struct imgjob_derivative *d, struct buf *bytes) {
    struct buf *seen = ctx;
    buf_printf(seen, "%u:" STR_FMT " ", d->wish, STR_ARG(buf_view(bytes)));
}

struct run {
    struct fn_worker_limits limits;
    struct imgjob_request request;
    str image;
    size_t piece;    /* bytes a feed; 0: all at once */
    int late_signal; /* sent to the worker when all was fed */
    struct imgjob_result result;
    struct buf text, seen;
    struct fn_worker_usage usage;
    struct err err;
};

static pid_t child_of_ours(void) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    CHECK_INT(io_read_file(&text, path, 4096, NULL), 0);
    return (pid_t)atoi(buf_cstr(&text));
}

/* The worker is there, and waits for more: what it is sent then, its handlers get. */
static void signal_it(int number) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    char path[64];
    pid_t pid = child_of_ours();
    CHECK(pid > 0);
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    do { /* behind its filter */
        buf_clear(&text);
        CHECK_INT(io_read_file(&text, path, 65536, NULL), 0);
    } while (!strstr(buf_cstr(&text), "Seccomp:\t2"));
    kill(pid, number);
}

static int run(struct run *r) {
    struct fn_worker *w = NULL;
    const struct fn_taker taker = {note, &r->seen};
    r->result = imgjob_result_none();
    r->request.size = r->image.len;
    r->request.max_pixels = r->request.max_pixels ? r->request.max_pixels : 100000000;
    int got = fn_worker_start(&w, &r->limits, &r->request, &taker, &r->err);
    if (got)
        return got;
    if (r->late_signal)
        signal_it(r->late_signal);
    for (str left = r->image; left.len;) {
        size_t n = r->piece && r->piece < left.len ? r->piece : left.len;
        if (fn_worker_feed(w, left.p, n))
            break;
        left = str_skip(left, n);
    }
    got = fn_worker_end(w, &r->result, &r->text, &r->usage, &r->err);
    fn_worker_free(w);
    return got;
}

static void run_deinit(struct run *r) {
    buf_deinit(&r->text);
    buf_deinit(&r->seen);
}

/* ---- Scripts ---- */

static char script_path[] = "/tmp/calotype-worker-XXXXXX",
            answer_path[] = "/tmp/calotype-answer-XXXXXX";

static int make_files(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    int fd = mkstemp(script_path);
    fchmod(fd, 0700);
    close(fd);
    close(mkstemp(answer_path));
    return 0;
}

static int drop_files(void **state) {
    (void)state;
    unlink(script_path);
    unlink(answer_path);
    return 0;
}

static void set_file(const char *path, str text) {
    int fd = open(path, O_WRONLY | O_TRUNC);
    CHECK(write(fd, text.p, text.len) == (ssize_t)text.len);
    close(fd);
}

static void set_script(const char *script) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "#!/bin/sh\nPATH=/usr/bin:/bin\nANSWER=%s\n%s\n", answer_path, script);
    set_file(script_path, buf_view(&text));
}

static void the_worker_may_end_in_any_way(void **state) {
    (void)state;
    static const struct {
        const char *script;
        int r;
        const char *why;
        unsigned patience_ms;
    } cases[] = {
        {"cat > /dev/null; exit 4", FN_WORKER_E_MEMORY,
         "The picture needs more than the 64 MB that it may have of the function's memory", 60000},
        {"exit 4", FN_WORKER_E_MEMORY,
         "The picture needs more than the 64 MB that it may have of the function's memory", 60000},
        {"kill -KILL $$", FN_WORKER_E_MEMORY,
         "The picture needs more than the 64 MB that it may have of the function's memory", 60000},
        {"exit 5", FN_WORKER_E_DIED, "The picture takes more than 5 s of processor time", 60000},
        {"kill -XCPU $$", FN_WORKER_E_DIED, "The picture takes more than 5 s of processor time",
         60000},
        {"exit 6", FN_WORKER_E_DIED,
         "The image worker was stopped at a system call that it may not make", 60000},
        {"cat > /dev/null; kill -SYS $$", FN_WORKER_E_DIED,
         "The image worker was stopped at a system call that it may not make", 60000},
        {"cat > /dev/null; kill -SEGV $$", FN_WORKER_E_DIED,
         "The image worker crashed on the picture (signal 11)", 60000},
        {"exit 1", -EIO, "the image worker could not read its request", 60000},
        {"exit 2", -EIO, "the image worker does not know its options", 60000},
        {"exit 3", -EIO, "the image worker could not shut its jail", 60000},
        {"exit 77", FN_WORKER_E_DIED, "The image worker ended with code 77", 60000},
        {"cat > /dev/null; echo hello", FN_WORKER_E_DIED, "The image worker's answer is not sound",
         60000},
        {"cat > /dev/null", FN_WORKER_E_DIED, "The image worker's answer is not sound", 60000},
        {"echo hello; exec sleep 60", FN_WORKER_E_DIED, "The image worker's answer is not sound",
         60000},
        {"exec sleep 60", FN_WORKER_E_DIED, "The picture took too long to decode", 50},
        {"cat > /dev/null; exec sleep 60", FN_WORKER_E_DIED, "The picture took too long to decode",
         200},
    };
    CLEANUP_MEM char *image = mem_zalloc(4 << 20); /* more than a pipe holds */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set_script(cases[i].script);
        struct run r = {.limits = {.path = script_path,
                                   .memory_bytes = 64 << 20,
                                   .cpu_seconds = 5,
                                   .patience_ms = cases[i].patience_ms},
                        .image = str_n(image, 4 << 20)};
        CHECK_CASE(run(&r) == cases[i].r, cases[i].script);
        CHECK_TEXT(r.err.text, cases[i].why);
        run_deinit(&r);
    }
}

/* The invocation's end is nobody's fault, and comes before the worker's own limit. */
static void the_time_is_over(void **state) {
    (void)state;
    CLEANUP_MEM char *image = mem_zalloc(4 << 20);
    static const char *const scripts[] = {"exec sleep 60", "cat > /dev/null; exec sleep 60"};
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        set_script(scripts[i]);
        struct run r = {.limits = {.path = script_path,
                                   .cpu_seconds = 5,
                                   .patience_ms = 60000,
                                   .until_ms = clock_mono_ms() + 100},
                        .image = str_n(image, 4 << 20)};
        CHECK_INT(run(&r), FN_WORKER_E_LATE);
        CHECK_TEXT(r.err.text, "the time was over before the picture was decoded");
        run_deinit(&r);
    }
}

/* ---- Answers ---- */

static void put_one(struct buf *out, uint32_t wish, const char *bytes) {
    const struct imgjob_derivative d = {wish, 4, 3, S("image/jpeg"), strlen(bytes)};
    imgjob_put_derivative(out, &d);
    buf_c(out, bytes);
}

static void put_end(struct buf *out, enum imgjob_status status) {
    struct imgjob_result result = imgjob_result_none();
    result.status = status;
    result.make = S("Canon");
    imgjob_put_result(out, &result);
}

/* Two are wished. D0, D1: a derivative; R: the result; X: rejected; J: a byte that nobody knows. */
static void answers_sound_and_not(void **state) {
    (void)state;
    static const struct {
        const char *parts;
        bool sound;
        const char *seen;
    } cases[] = {
        {"01R", true, "0:abc 1:d "},
        {"10R", true, "1:d 0:abc "},
        {"0R", false, "0:abc "},
        {"R", false, ""},
        {"X", true, ""},
        {"0X", true, "0:abc "},
        {"00R", false, "0:abc "},
        {"02R", false, "0:abc "},
        {"01", false, "0:abc 1:d "},
        {"R01", false, ""},
        {"01RR", false, "0:abc 1:d "},
        {"01RJ", false, "0:abc 1:d "},
        {"J", false, ""},
        {"0J", false, "0:abc "},
        {"", false, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf answer = {0};
        for (const char *c = cases[i].parts; *c; c++) {
            if (*c == 'R' || *c == 'X')
                put_end(&answer, *c == 'R' ? IMGJOB_DONE : IMGJOB_REJECTED);
            else if (*c == 'J')
                buf_char(&answer, 'J');
            else
                put_one(&answer, (uint32_t)(*c - '0'), *c == '0' ? "abc" : "d");
        }
        set_file(answer_path, buf_view(&answer));
        static const char *const scripts[] = {"cat > /dev/null; cat $ANSWER",
                                              /* byte by byte, before it reads anything */
                                              "dd if=$ANSWER bs=1 2>/dev/null; cat > /dev/null"};
        for (size_t k = 0; k < ARRAY_LEN(scripts); k++) {
            set_script(scripts[k]);
            struct run r = {.limits = {.path = script_path, .cpu_seconds = 5, .patience_ms = 60000},
                            .request = {.n = 2},
                            .image = S("image"),
                            .piece = 1};
            int got = run(&r);
            CHECK_CASE((got == 0) == cases[i].sound, cases[i].parts);
            if (cases[i].sound)
                CHECK_STR(r.result.make, S("Canon"));
            else
                CHECK_TEXT(r.err.text, "The image worker's answer is not sound");
            CHECK_CASE(str_is(buf_view(&r.seen), cases[i].seen), cases[i].parts);
            run_deinit(&r);
        }
    }
}

/* However much of its answer came before it was killed: that is no answer. */
static void killed_at_any_byte(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf answer = {0};
    put_one(&answer, 0, "abc");
    size_t sent = answer.len;
    put_end(&answer, IMGJOB_DONE);
    set_script("cat > /dev/null; cat $ANSWER; kill -KILL $$");
    for (size_t n = 0; n <= answer.len; n++) {
        set_file(answer_path, str_slice(buf_view(&answer), 0, n));
        struct run r = {.limits = {.path = script_path, .cpu_seconds = 5, .patience_ms = 60000},
                        .request = {.n = 1},
                        .image = S("image")};
        CHECK_INT(run(&r), FN_WORKER_E_MEMORY);
        CHECK_BUF(r.seen, n < sent ? "" : "0:abc ");
        run_deinit(&r);
    }
}

/* Much goes both ways at once, and neither waits for the other's end. */
static void both_ways_at_once(void **state) {
    (void)state;
    enum { BIG = 6 << 20 };
    CLEANUP_MEM char *bytes = mem_alloc(BIG + 1);
    CLEANUP_DEINIT(buf) struct buf answer = {0};
    memset(bytes, 'b', BIG);
    bytes[BIG] = '\0';
    put_one(&answer, 0, bytes);
    put_end(&answer, IMGJOB_DONE);
    set_file(answer_path, buf_view(&answer));
    set_script("cat $ANSWER; cat > /dev/null"); /* writes all before it reads */
    struct run r = {.limits = {.path = script_path, .cpu_seconds = 5, .patience_ms = 60000},
                    .request = {.n = 1},
                    .image = str_n(bytes, BIG)};
    CHECK_INT(run(&r), 0);
    CHECK_INT(r.seen.len, BIG + 3);
    CHECK(r.usage.cpu_ms > 0 && r.usage.peak_bytes > 0);
    run_deinit(&r);
}

/* Without descriptors nothing is started, and nothing of ours is closed on the way out. */
static void the_worker_cannot_be_started(void **state) {
    (void)state;
    struct rlimit before, few;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    int lowest = dup(0);
    close(lowest);
    for (rlim_t left = 0; left < 4; left++) {
        struct run r = {.limits = {.path = "/bin/true", .cpu_seconds = 5, .patience_ms = 60000},
                        .image = S("i")};
        few = (struct rlimit){(rlim_t)lowest + left, before.rlim_max};
        CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
        int got = run(&r);
        CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
        CHECK_INT(got, -EMFILE);
        CHECK_HAS(r.err.text, "make a pipe");
        for (int fd = 0; fd < 3; fd++)
            CHECK(fcntl(fd, F_GETFD) != -1);
        CHECK_INT(fcntl(lowest, F_GETFD), -1); /* none is left open */
        run_deinit(&r);
    }
    struct run r = {.limits = {.path = "/nowhere/worker", .cpu_seconds = 5, .patience_ms = 60000},
                    .image = S("i")};
    CHECK_INT(run(&r), -ENOENT);
    CHECK_HAS(r.err.text, "start /nowhere/worker");
    run_deinit(&r);
}

/* ---- The real worker: static and without sanitizers, which its walls would stop ---- */

static bool real_worker(char path[512]) {
    const char *programs = getenv("CALOTYPE_PROGRAMS"), *built = getenv("CALOTYPE_IMAGE");
    if (programs)
        snprintf(path, 512, "%s/../img/calotype-image", programs);
    else
        snprintf(path, 512, "%s", built ? built : "");
    return access(path, X_OK) == 0;
}

/* A PNG of nothing but an announcement and bytes of zero: w x h, grey. */
static void put_png(struct buf *out, uint32_t w, uint32_t h) {
    static const unsigned char head[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                         0,    0,   0,   13,  'I',  'H',  'D',  'R'};
    buf_add(out, head, sizeof head);
    buf_u32(out, w);
    buf_u32(out, h);
    static const unsigned char depth[] = {8, 0, 0, 0, 0};
    buf_add(out, depth, sizeof depth);
}

static void the_real_worker_ends(void **state) {
    (void)state;
    char path[512];
    if (!real_worker(path))
        skip();
    static const struct {
        const char *name;
        int late_signal;
        bool short_of_memory; /* there is less of it than the worker knows of */
        int r;
        const char *why;
    } cases[] = {
        {"there is no memory for the file itself", 0, true, FN_WORKER_E_MEMORY,
         "The picture needs more than the 480 MB that it may have of the function's memory"},
        {"its processor time is over", SIGXCPU, false, FN_WORKER_E_DIED,
         "The picture takes more than 5 s of processor time"},
        {"a call was filtered", SIGSYS, false, FN_WORKER_E_DIED,
         "The image worker was stopped at a system call that it may not make"},
        {"a crash", SIGSEGV, false, FN_WORKER_E_DIED,
         "The image worker crashed on the picture (signal 11)"},
        {"the machine is short of memory", SIGKILL, false, FN_WORKER_E_MEMORY,
         "The picture needs more than the 480 MB that it may have of the function's memory"},
    };
    char wrapper[600];
    snprintf(wrapper, sizeof wrapper, "ulimit -v 20000\nexec %s --cpu 5", path);
    set_script(wrapper);
    CLEANUP_DEINIT(buf) struct buf image = {0};
    put_png(&image, 100, 100);
    size_t head = image.len;
    memset(buf_reserve(&image, 32 << 20), 0, 32 << 20);
    image.len = head + (32 << 20);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run r = {.limits = {.path = cases[i].short_of_memory ? script_path : path,
                                   .memory_bytes = 480 << 20,
                                   .cpu_seconds = 5,
                                   .patience_ms = 60000},
                        .request = {.n = 1, .wishes = {{200, 200, IMGJOB_INSIDE, 80}}},
                        .image = buf_view(&image),
                        .late_signal = cases[i].late_signal};
        int got = run(&r);
        if (got != cases[i].r)
            print_message("%s: %d %s\n", cases[i].name, got, r.err.text);
        CHECK_CASE(got == cases[i].r, cases[i].name);
        CHECK_TEXT(r.err.text, cases[i].why);
        run_deinit(&r);
    }
}

/* What is no picture is rejected by it in words, and that is a sound answer. */
static void the_real_worker_answers(void **state) {
    (void)state;
    char path[512];
    if (!real_worker(path))
        skip();
    struct run r = {
        .limits = {.path = path, .memory_bytes = 480 << 20, .cpu_seconds = 5, .patience_ms = 60000},
        .request = {.n = 1, .wishes = {{200, 200, IMGJOB_INSIDE, 80}}},
        .image = S("This is no picture, but a text of some length, and nothing else.")};
    CHECK_INT(run(&r), 0);
    CHECK_INT(r.result.status, IMGJOB_REJECTED);
    CHECK(r.result.reason.len > 0);
    CHECK_INT(r.seen.len, 0);
    run_deinit(&r);
}

/* Before it has read a file that it cannot hold: what is still to be written is not missed. */
static void the_real_worker_answers_early(void **state) {
    (void)state;
    char path[512];
    if (!real_worker(path))
        skip();
    CLEANUP_DEINIT(buf) struct buf image = {0};
    memset(buf_reserve(&image, 32 << 20), 0, 32 << 20);
    image.len = 32 << 20;
    struct run r = {
        .limits = {.path = path, .memory_bytes = 16 << 20, .cpu_seconds = 5, .patience_ms = 60000},
        .request = {.n = 1, .wishes = {{200, 200, IMGJOB_INSIDE, 80}}},
        .image = buf_view(&image)};
    CHECK_INT(run(&r), 0);
    CHECK_INT(r.result.status, IMGJOB_NO_ROOM);
    CHECK_STR(
        r.result.reason,
        S("The picture needs about 44 MB of memory to decode; of the function's memory it may have 16 MB"));
    run_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worker_may_end_in_any_way),
        cmocka_unit_test(the_time_is_over),
        cmocka_unit_test(answers_sound_and_not),
        cmocka_unit_test(killed_at_any_byte),
        cmocka_unit_test(both_ways_at_once),
        cmocka_unit_test(the_worker_cannot_be_started),
        cmocka_unit_test(the_real_worker_ends),
        cmocka_unit_test(the_real_worker_answers),
        cmocka_unit_test(the_real_worker_answers_early),
    };
    return cmocka_run_group_tests(tests, make_files, drop_files);
}
