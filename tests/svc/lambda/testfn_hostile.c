/*
 * What the test function does against the daemon, its neighbours and its own limits. Each act ends
 * with an answer that says how far it came, unless it is stopped.
 */
#include "testfn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>

static char mib[1 << 20];

static void answer(const char *name, long value) {
    char text[160];
    snprintf(text, sizeof text, "{\"%s\":%ld,\"why\":\"%s\"}", name, value, strerror(errno));
    respond_text(text);
}

/* The event's text or number behind "name":. */
static void parameter(const char *name, char *out, size_t room) {
    char key[32];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(event, key);
    at = at ? at + strlen(key) : "";
    at += *at == '"';
    snprintf(out, room, "%.*s", (int)strcspn(at, "\",}"), at);
}

static long number(const char *name) {
    char text[32];
    parameter(name, text, sizeof text);
    return atol(text);
}

/* ---- Memory ---- */
static bool more_memfd(void) {
    int fd = memfd_create("x", 0);
    return fd >= 0 && write(fd, mib, sizeof mib) == (ssize_t)sizeof mib;
}

static bool more_sysv(void) {
    int segment = shmget(IPC_PRIVATE, sizeof mib, IPC_CREAT | 0600);
    char *at = segment < 0 ? (char *)-1 : shmat(segment, NULL, 0);
    if (at == (char *)-1)
        return false;
    memset(at, 1, sizeof mib);
    return shmdt(at) == 0;
}

/* Up to 2 GiB that no process maps. */
static void hoard(bool (*more)(void)) {
    long n = 0;
    while (n < 2048 && more())
        n++;
    answer("mib", n);
}
static void hoard_memfd(void) { hoard(more_memfd); }
static void hoard_sysv(void) { hoard(more_sysv); }

/* Until it is full, or `mib` of the event. */
static void fill_tmp(void) {
    static int files;
    char path[64];
    snprintf(path, sizeof path, "/tmp/fill%d", files++);
    long most = number("mib"), n = 0;
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    while ((most == 0 || n < most) && write(fd, mib, sizeof mib) == (ssize_t)sizeof mib)
        n++;
    close(fd);
    answer("mib", n);
}

/* ---- Processes and descriptors ---- */
static void bomb_forks(void) {
    long n = 0;
    for (; n < 100000; n++) {
        pid_t pid = fork();
        if (pid < 0)
            break;
        if (pid == 0)
            for (;;)
                pause();
    }
    answer("forks", n);
}

static void bomb_files(void) {
    long n = 0;
    int fds[4096];
    while (n < 4096 && (fds[n] = open("/dev/null", O_RDONLY)) >= 0)
        n++;
    int why = errno;
    for (long i = 0; i < n; i++)
        close(fds[i]);
    errno = why;
    answer("files", n);
}

static long ticks_of(pid_t pid) {
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY);
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    unsigned long user = 0, system = 0;
    const char *rest = strrchr(text, ')');
    if (rest)
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (long)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

/* A child that stays when the answer is given, and spins; later, how many ms it has had. */
static pid_t spinner;
static void leave_spinner(void) {
    spinner = fork();
    if (spinner == 0)
        for (volatile unsigned long n = 0;; n++)
            ;
    answer("pid", spinner);
}
static void ask_spinner(void) { answer("ms", ticks_of(spinner)); }

/* A child that writes to the log when the answer was given, in lines and without end. */
static void leave_writer(void) {
    if (fork() == 0)
        for (long n = 0;; n++) {
            char line[64];
            int len = snprintf(line, sizeof line, "late %ld\n", n);
            (void)!write(1, line, (size_t)len);
            poll(NULL, 0, 1);
        }
    answer("left", 1);
}

static void kill_all(void) {
    int init = kill(1, SIGKILL), term = kill(1, SIGTERM), stop = kill(1, SIGSTOP);
    kill(-1, SIGKILL); /* everybody but the init and the caller */
    answer("failures", -(init + term + stop));
}

/* ---- Files that are not its own ---- */
static void write_elsewhere(void) {
    static const char *const places[] = {"/dev/mem",
                                         "/dev/kmsg",
                                         "/dev/sda",
                                         "/dev/new",
                                         "/proc/sysrq-trigger",
                                         "/proc/new",
                                         "/proc/1/mem",
                                         "/proc/1/oom_score_adj",
                                         "/proc/sys/kernel/core_pattern",
                                         "/sys/x",
                                         "/var/task/new",
                                         "/var/task/bootstrap",
                                         "/etc/hosts",
                                         "/new",
                                         "/var/new"};
    long n = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int fd = open(places[i], O_WRONLY | O_CREAT, 0600);
        if (fd >= 0 && write(fd, "1", 1) == 1) {
            n++;
            fprintf(stderr, "wrote to %s\n", places[i]);
        }
        close(fd);
    }
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    n += fd >= 0 && write(fd, "-1000", 5) == 5; /* the kernel's killer would take another */
    close(fd);
    answer("written", n);
}

/* ---- The runtime API ---- */
static char last_id[64];

static int answer_for(const char *whose) {
    char path[256];
    snprintf(path, sizeof path, "/2018-06-01/runtime/invocation/%s/response", whose);
    return call(9001, "POST", path, "", "\"not yours\"", 11);
}

static int fail_for(const char *whose) {
    char path[256];
    snprintf(path, sizeof path, "/2018-06-01/runtime/invocation/%s/error", whose);
    return call(9001, "POST", path, "", "{}", 2);
}

/* The id of the event, of another's invocation: both ways to end it. */
static void answer_foreign(void) {
    char whose[64], text[64];
    parameter("id", whose, sizeof whose);
    int response = answer_for(whose), error = fail_for(whose);
    snprintf(text, sizeof text, "{\"response\":%d,\"error\":%d}", response, error);
    respond_text(text);
}

static void answer_past(void) {
    char past[sizeof last_id];
    memcpy(past, last_id, sizeof past);
    memcpy(last_id, id, sizeof last_id);
    answer("status", past[0] ? answer_for(past) : 0);
}

/* Half of an answer, and the connection is closed; then the whole of it. */
static void cut_answer(void) {
    for (int i = 0; i < 20; i++) {
        char head[256];
        int fd = dial(9001);
        int n = snprintf(head, sizeof head,
                         "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\n"
                         "Host: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n\"half",
                         id);
        (void)!write(fd, head, (size_t)n);
        close(fd);
    }
    /* What comes last counts; the daemon may still be taking up those before it. */
    while (respond("\"whole\"", 7) == 403)
        poll(NULL, 0, 2);
}

static void send_garbage(void) {
    static const int ports[] = {9001, 80, 443};
    static char junk[65536];
    for (int i = 0; i < 60; i++) {
        for (size_t j = 0; j < sizeof junk; j++)
            junk[j] = (char)(rand() % 256);
        if (i % 3 == 0)
            memset(junk, 'A', sizeof junk); /* a head that does not end */
        if (i % 6 == 1)
            memcpy(junk,
                   "POST /2018-06-01/runtime/invocation/next HTTP/1.1\r\nContent-Length: x\r\n",
                   71);
        int fd = dial(ports[i % 3]);
        (void)!send(fd, junk, sizeof junk, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(fd);
    }
    answer("sent", 60);
}

/* Megabytes for an invocation that is not its own, on hundreds of connections that stay open. */
static void send_bodies(void) {
    static int fds[400];
    long n = number("n"), sent = 0;
    for (long i = 0; i < n && i < 400; i++) {
        char head[256];
        fds[i] = dial(9001);
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
        int len = snprintf(head, sizeof head,
                           "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\n"
                           "Host: 127.0.0.1\r\nContent-Length: 6000000\r\n\r\n",
                           i % 2 ? "00000000-0000-4000-8000-000000000000" : id);
        (void)!send(fds[i], head, (size_t)len, MSG_NOSIGNAL);
    }
    for (int round = 0; round < 40; round++) { /* never the whole of one */
        for (long i = 0; i < n && i < 400; i++) {
            ssize_t got = send(fds[i], mib, 100000, MSG_NOSIGNAL);
            sent += got > 0 ? got : 0;
        }
        poll(NULL, 0, 10);
    }
    char text[64];
    int len = snprintf(text, sizeof text, "%ld bytes\n", sent);
    (void)!write(1, text, (size_t)len);
    poll(NULL, 0, -1); /* until its time is over */
}

/* As many connections as three processes can have, half of them with half a request. */
static void open_connections(void) {
    static const int ports[] = {9001, 80, 443};
    for (int p = 0; p < 3; p++) {
        if (fork() != 0)
            continue;
        struct sockaddr_in to = {.sin_family = AF_INET};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (int i = 0; i < 1000; i++) {
            to.sin_port = htons((uint16_t)ports[i % 3]);
            int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            if (fd < 0)
                break;
            connect(fd, (struct sockaddr *)&to, sizeof to);
            if (i % 2)
                (void)!send(fd, "GET / HTTP/1.1\r\nHost: ", 23, MSG_NOSIGNAL);
        }
        (void)!write(1, "open\n", 5);
        for (;;)
            pause();
    }
    poll(NULL, 0, -1); /* until its time is over */
}

bool hostile(void) {
    static const struct {
        const char *name;
        void (*run)(void);
    } acts[] = {
        {"memfd", hoard_memfd},      {"sysv", hoard_sysv},
        {"tmp", fill_tmp},           {"forks", bomb_forks},
        {"files", bomb_files},       {"spin", leave_spinner},
        {"spun", ask_spinner},       {"late", leave_writer},
        {"kill", kill_all},          {"write", write_elsewhere},
        {"foreign", answer_foreign}, {"past", answer_past},
        {"cut", cut_answer},         {"garbage", send_garbage},
        {"bodies", send_bodies},     {"connections", open_connections},
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (!wants(acts[i].name))
            continue;
        memset(mib, 1, sizeof mib);
        acts[i].run();
        return true;
    }
    return false;
}
