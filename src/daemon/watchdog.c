/*
 * daemon/watchdog: one thread, a beat at a time. What it looks at is in watchdog.h; a beat is an
 * eighth of the manager's patience, so that one probe may fail (a pool thread that has much to do)
 * and the next ones find the daemon at work.
 */
#include "daemon/watchdog.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/log.h"
#include "daemon/notify.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum {
    BEAT_MS = 15000,
    BEATS = 8,        /* of one patience */
    EXTEND_S = 60,    /* asked for after each beat that saw work */
    BUSY_PERCENT = 2, /* of a processor: less is what waiting threads take */
    BUSY_BYTES = 64 << 10,
};

enum phase { NONE, STARTING, RUNNING, ENDING, OVER };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* phase or probing */
    pthread_t thread;
    bool has_thread; /* the first thread's */
    /* The rest under the lock. */
    enum phase phase;
    bool probing;
    daemon_probe_fn *probe;
    void *ctx;
} dog = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- Work that can be seen from outside ---- */

struct work {
    int64_t cpu_ns;
    uint64_t bytes; /* through read and write, from the cache or not */
};

static uint64_t read_field(str text, const char *name) {
    uint64_t n = 0;
    str value, rest = str_skip(text, (size_t)str_find(text, str_c(name)) + strlen(name));
    if (str_find(text, str_c(name)) < 0)
        return 0;
    str_cut(rest, '\n', &value, &rest);
    return str_to_u64(str_trim(value), &n) ? n : 0;
}

static struct work see_work(void) {
    struct work now = {0};
    struct timespec cpu;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
        now.cpu_ns = (int64_t)cpu.tv_sec * 1000000000 + cpu.tv_nsec;
    if (io_read_file(&text, "/proc/self/io", 4096, NULL) == 0)
        now.bytes = read_field(buf_view(&text), "rchar:") + read_field(buf_view(&text), "wchar:");
    return now;
}

/* Since the last look, which took so long. */
static bool works(struct work *last, int64_t beat_ms) {
    struct work was = *last;
    *last = see_work();
    return last->cpu_ns - was.cpu_ns > beat_ms * 10000 * BUSY_PERCENT ||
           last->bytes - was.bytes > BUSY_BYTES;
}

/* ---- A beat ---- */

static int64_t beat_ms(void) {
    int64_t patience = daemon_notify_watchdog_ms();
    return patience && patience / BEATS < BEAT_MS ? patience / BEATS : BEAT_MS;
}

static void ask_for_time(void) {
    daemon_notify("EXTEND_TIMEOUT_USEC=%llu\n", EXTEND_S * 1000000ULL);
}

/* Only what is new. */
static void tell_words(struct buf *told, const struct buf *words) {
    if (str_eq(buf_view(told), buf_view(words)))
        return;
    buf_clear(told);
    buf_str(told, buf_view(words));
    daemon_notify_status(buf_cstr(told), "");
}

static void feed(void) {
    if (daemon_notify_watchdog_ms())
        daemon_notify("WATCHDOG=1\n");
}

/* Without the lock. */
static void ask_probe(daemon_probe_fn *probe, void *ctx, struct buf *told) {
    CLEANUP_DEINIT(buf) struct buf words = {0};
    struct err err = {0};
    int64_t began = clock_mono_ms();
    int r = probe(ctx, &words, &err);
    if (r == 0) {
        feed();
        tell_words(told, &words);
        return;
    }
    log_warn("daemon", "the daemon does not answer itself, after %lld ms: %s",
             (long long)(clock_mono_ms() - began), err.text);
    buf_c(&words, err.text);
    tell_words(told, &words);
}

/* Until there is another phase than the one that was seen, at most a beat. False: it is over. */
static bool wait_a_beat(enum phase seen) {
    LOCK_SCOPE(&dog.lock);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + beat_ms() * 1000000;
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    while (dog.phase == seen && seen != OVER &&
           pthread_cond_timedwait(&dog.changed, &dog.lock, &until) == 0)
        ;
    return dog.phase != OVER;
}

static void *watch(void *) {
    CLEANUP_DEINIT(buf) struct buf told = {0};
    struct work last = {0}; /* what came before was work */
    enum phase phase;
    pthread_setname_np(pthread_self(), "watchdog");
    do {
        daemon_probe_fn *probe = NULL;
        void *ctx = NULL;
        lock_take(&dog.lock);
        phase = dog.phase;
        if (phase == RUNNING) {
            probe = dog.probe;
            ctx = dog.ctx;
        }
        dog.probing = probe != NULL;
        lock_drop(&dog.lock);
        if (probe)
            ask_probe(probe, ctx, &told);
        else if (phase == STARTING && works(&last, beat_ms()))
            ask_for_time();
        else if (phase == ENDING)
            feed(); /* the time that was asked for bounds the end */
        lock_take(&dog.lock);
        dog.probing = false;
        pthread_cond_broadcast(&dog.changed);
        lock_drop(&dog.lock);
    } while (wait_a_beat(phase));
    return NULL;
}

/* ---- Phases ---- */

/* words: told under the lock, so that those of a reload do not come behind them; NULL: nothing. */
static void set_phase(enum phase phase, const char *words) {
    LOCK_SCOPE(&dog.lock);
    if (words)
        daemon_notify("%s", words);
    dog.phase = phase;
    pthread_cond_broadcast(&dog.changed);
    while (phase != RUNNING && dog.probing)
        pthread_cond_wait(&dog.changed, &dog.lock);
}

int daemon_watchdog_begin(struct err *err) {
    if (!daemon_notify_is_on())
        return 0;
    lock_cond_init(&dog.changed);
    dog.phase = STARTING;
    int r = -pthread_create(&dog.thread, NULL, watch, NULL);
    if (r < 0)
        return err_sys(err, r, "cannot start the thread of the watchdog");
    dog.has_thread = true;
    return 0;
}

void daemon_watchdog_ready(daemon_probe_fn *probe, void *ctx) {
    if (!dog.has_thread)
        return;
    lock_take(&dog.lock);
    dog.probe = probe;
    dog.ctx = ctx;
    lock_drop(&dog.lock);
    set_phase(RUNNING, "READY=1\n");
}

void daemon_watchdog_reloading(bool begins) {
    LOCK_SCOPE(&dog.lock);
    if (dog.phase != RUNNING)
        return;
    if (begins)
        daemon_notify("RELOADING=1\nMONOTONIC_USEC=%lld\n", (long long)(clock_mono_ns() / 1000));
    else
        daemon_notify("READY=1\n");
}

void daemon_watchdog_ending(unsigned patience_s) {
    if (!dog.has_thread)
        return;
    char words[80];
    snprintf(words, sizeof words, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu\n",
             (patience_s + EXTEND_S) * 1000000ULL);
    set_phase(ENDING, words);
}

void daemon_watchdog_end(void) {
    if (!dog.has_thread)
        return;
    set_phase(OVER, NULL);
    pthread_join(dog.thread, NULL);
    pthread_cond_destroy(&dog.changed);
    dog.has_thread = false;
    dog.phase = NONE;
}
