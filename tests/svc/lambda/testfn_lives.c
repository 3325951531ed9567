/*
 * What the test function does around the end of its program, which is started anew in the same
 * sandbox. A life is one run of the program; /tmp/life-N is there from the N-th on. INIT=HOW-once
 * means that the first life alone starts so.
 */
#include "testfn.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int life;

void begin_life(void) {
    char path[32];
    do
        snprintf(path, sizeof path, "/tmp/life-%d", ++life);
    while (access(path, F_OK) == 0);
    close(open(path, O_CREAT | O_WRONLY, 0600));
}

bool starts(const char *how) {
    const char *wanted = getenv("INIT");
    size_t n = strlen(how);
    if (!wanted || strncmp(wanted, how, n) != 0)
        return false;
    return wanted[n] == '\0' || (strcmp(wanted + n, "-once") == 0 && life == 1);
}

/* Says that it cannot start, on many connections that are there when it is gone, and goes. */
void leave_complaints(void) {
    static const char request[] =
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Lambda-Runtime-Function-Error-Type: Runtime.Stale\r\n"
        "Content-Length: 2\r\n\r\n{}";
    for (int i = 0; i < 100; i++)
        (void)!write(dial(9001), request, sizeof request - 1);
    _exit(9);
}

/* ---- Acts ---- */
static void tell_life(void) {
    char text[96], kept[16] = "";
    int n = 0, fd = open("/tmp/kept", O_RDONLY);
    (void)!read(fd, kept, sizeof kept - 1);
    close(fd);
    DIR *dir = opendir("/proc");
    for (struct dirent *e; dir && (e = readdir(dir));)
        n += e->d_name[0] >= '0' && e->d_name[0] <= '9';
    closedir(dir);
    snprintf(text, sizeof text, "{\"life\":%d,\"kept\":\"%s\",\"processes\":%d}", life, kept, n);
    respond_text(text);
}

static void keep(void) {
    int fd = open("/tmp/kept", O_CREAT | O_WRONLY, 0600);
    (void)!write(fd, "so", 2);
    close(fd);
    respond_text("\"kept\"");
}

/* A child of its own session goes on, and asks for events too. */
static void leave_child(void) {
    if (fork() == 0) {
        setsid();
        for (;;)
            call(9001, "GET", "/2018-06-01/runtime/invocation/next", "", "", 0);
    }
    sleep(1000);
}

static void crash(void) { raise(SIGSEGV); }

static void answer_and_go(void) {
    respond_text("\"answered\"");
    _exit(5);
}

/* Events are given to it that it never reads, for it ends before, … */
static void answer_and_go_later(void) {
    respond_text("\"answered\"");
    usleep(5000);
    _exit(5);
}

/* … or is not done with the last one. */
static void answer_and_stay(void) {
    respond_text("\"answered\"");
    sleep(1000);
}

/* Its last word has no newline. */
static void mutter_and_go(void) {
    (void)!write(1, "a line\nno line", 14);
    _exit(3);
}

static void mutter_and_stay(void) {
    (void)!write(1, "a line\nno line", 14);
    sleep(1000);
}

/* All that write to the pipe share its flags. */
static void make_stdout_impatient(void) {
    int flags = fcntl(1, F_GETFL);
    respond_text(flags & O_NONBLOCK ? "\"impatient\"" : "\"patient\"");
    fcntl(1, F_SETFL, flags | O_NONBLOCK);
    _exit(5);
}

/* 40 MB stay in /tmp. */
static void fill(void) {
    static char mib[1 << 20];
    memset(mib, 1, sizeof mib);
    int fd = open("/tmp/big", O_CREAT | O_WRONLY, 0600);
    for (int i = 0; i < 40; i++)
        (void)!write(fd, mib, sizeof mib);
    _exit(6);
}

bool lives(void) {
    static const struct {
        const char *what;
        void (*act)(void);
    } acts[] = {
        {"life", tell_life},
        {"keep", keep},
        {"leave", leave_child},
        {"crash", crash},
        {"answer", answer_and_go},
        {"linger", answer_and_go_later},
        {"dawdle", answer_and_stay},
        {"mutter", mutter_and_go},
        {"muse", mutter_and_stay},
        {"flags", make_stdout_impatient},
        {"fill", fill},
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (!wants(acts[i].what))
            continue;
        acts[i].act();
        return true;
    }
    return false;
}
