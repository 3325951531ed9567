/*
 * What the jailed program does while the test watches from outside: it spends what is bounded, or it
 * blocks.
 */
#include "jailed.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- Bombs ---- */
static int spend_forks(void) {
    int n = 0;
    for (; n < 100000; n++) {
        pid_t pid = fork();
        if (pid == 0) {
            pause();
            _exit(0);
        }
        if (pid < 0)
            break;
    }
    printf("forks %d\n", n);
    return 0;
}

static int spend_memory(void) {
    for (size_t mib = 1; mib < 4096; mib++) {
        char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) {
            printf("refused at %zu MiB\n", mib);
            return 3;
        }
        memset(p, 1, 1 << 20);
        poll(NULL, 0, 1);
    }
    printf("nobody stopped it\n");
    return 0;
}

static char mib[1 << 20];

static int spend_tmp(void) {
    int fd = open("/tmp/big", O_CREAT | O_WRONLY, 0600);
    size_t all = 0;
    for (ssize_t n; all < (1UL << 30) && (n = write(fd, mib, sizeof mib)) > 0;)
        all += (size_t)n;
    printf("tmp %zu\n", all);
    return 0;
}

/*
 * Memory that no process maps. Each takes another MiB, or about, that stays taken: false when it is
 * refused.
 */
static bool hoard_memfd(void) {
    int fd = (int)syscall(SYS_memfd_create, "x", 0);
    return fd >= 0 && write(fd, mib, sizeof mib) == (ssize_t)sizeof mib;
}
static bool hoard_sysv(void) {
    int id = shmget(IPC_PRIVATE, sizeof mib, IPC_CREAT | 0600);
    char *at = id < 0 ? (char *)-1 : shmat(id, NULL, 0);
    if (at == (char *)-1)
        return false;
    memset(at, 1, sizeof mib);
    return shmdt(at) == 0;
}
/* Touched and let go: the pages stay in the mapping's file, and in no process's page tables. */
static bool touch_and_let_go(char *p) {
    if (p == MAP_FAILED)
        return false;
    memset(p, 1, sizeof mib);
    return madvise(p, sizeof mib, MADV_DONTNEED) == 0;
}
static bool hoard_shared(void) {
    return touch_and_let_go(
        mmap(NULL, sizeof mib, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}
static bool hoard_zero(void) {
    int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
    char *p = mmap(NULL, sizeof mib, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return touch_and_let_go(p);
}
static bool hoard_sems(void) {
    return semget(IPC_PRIVATE, 8192, IPC_CREAT | 0600) >= 0; /* 128 bytes each */
}
static bool hoard_messages(void) {
    for (int i = 0; i < 64; i++) {
        struct {
            long type;
            char text[8192];
        } m = {1, ""};
        int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
        if (id < 0 || msgsnd(id, &m, sizeof m.text, IPC_NOWAIT) ||
            msgsnd(id, &m, sizeof m.text, IPC_NOWAIT))
            return false;
    }
    return true;
}
/* Descriptors are 1024 a process: when they are spent a child goes on, and this one keeps its. */
static bool or_go_on_in_a_child(bool done) {
    if (done)
        return true;
    if (errno != EMFILE)
        return false;
    pid_t child = fork();
    if (child > 0) {
        waitpid(child, NULL, 0);
        _exit(5);
    }
    if (child == 0)
        close_range(3, ~0U, 0);
    return child == 0;
}
static bool fill_pair(void) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends))
        return false;
    for (int i = 0; i < 2; i++)
        while (write(ends[i], mib, 65536) > 0)
            ;
    return true;
}
static bool hoard_sockets(void) {
    bool done = true;
    for (int i = 0; done && i < 3; i++)
        done = or_go_on_in_a_child(fill_pair());
    return done;
}
static bool fill_pipe(void) {
    int ends[2];
    if (pipe2(ends, O_NONBLOCK))
        return false;
    (void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    while (write(ends[1], mib, 65536) > 0)
        ;
    return true;
}
static bool hoard_pipes(void) {
    bool done = true;
    for (int i = 0; done && i < 8; i++)
        done = or_go_on_in_a_child(fill_pipe());
    return done;
}

static int hoard(const char *what) {
    static const struct {
        const char *name;
        bool (*more)(void);
    } kinds[] = {
        {"memfd", hoard_memfd},     {"sysv", hoard_sysv},   {"shared", hoard_shared},
        {"zero", hoard_zero},       {"sems", hoard_sems},   {"messages", hoard_messages},
        {"sockets", hoard_sockets}, {"pipes", hoard_pipes},
    };
    memset(mib, 1, sizeof mib);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, what) != 0)
            continue;
        int n = 0;
        while (n < 512 && kinds[i].more()) {
            n++;
            poll(NULL, 0, 1);
        }
        printf("%d %s\n", n, n < 512 ? strerror(errno) : "as wanted");
        fflush(stdout);
        return 5;
    }
    return 2;
}

static int tick(void) {
    for (;;) {
        if (write(1, ".", 1) < 0)
            return 1;
        poll(NULL, 0, 1);
    }
}

/* ---- Calls that block, each in a child, until the pipe `go` has something ---- */
static int go[2], silent_pair[2], timed_pair[2];

static int block_read(void) {
    char c;
    return read(go[0], &c, 1) == 1 ? 0 : errno;
}
static int block_recv(void) {
    char c;
    return recv(silent_pair[0], &c, 1, 0) == 1 ? 0 : errno;
}
static int block_recv_timed(void) {
    char c;
    struct timeval patience = {.tv_sec = 60};
    setsockopt(timed_pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return recv(timed_pair[0], &c, 1, 0) == 1 ? 0 : errno;
}
static int block_accept(void) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/tmp/accepts"};
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1))
        return errno;
    return accept(fd, NULL, NULL) >= 0 ? 0 : errno;
}
static int block_poll(void) {
    struct pollfd on = {.fd = go[0], .events = POLLIN};
    return poll(&on, 1, 60000) == 1 ? 0 : errno;
}
static int block_select(void) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(go[0], &set);
    return select(go[0] + 1, &set, NULL, NULL, NULL) == 1 ? 0 : errno;
}
static int block_epoll(void) {
    struct epoll_event e = {.events = EPOLLIN};
    int fd = epoll_create1(0);
    epoll_ctl(fd, EPOLL_CTL_ADD, go[0], &e);
    return epoll_wait(fd, &e, 1, 60000) == 1 ? 0 : errno;
}
static int *word; /* in a file of /tmp that all of them map */
static int block_futex(void) {
    long r = syscall(SYS_futex, word, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0);
    return r == 0 || *word == 1 ? 0 : errno;
}
static int sleep_as_long(int flags) {
    struct timespec t = {.tv_nsec = 400 * 1000 * 1000};
    if (flags) {
        clock_gettime(CLOCK_MONOTONIC, &t);
        t.tv_sec += 1;
    }
    return clock_nanosleep(CLOCK_MONOTONIC, flags, &t, NULL);
}
static int block_sleep(void) { return sleep_as_long(0); }
static int block_sleep_until(void) { return sleep_as_long(TIMER_ABSTIME); }
static int block_wait(void) {
    char c;
    pid_t child = fork();
    if (child == 0)
        _exit(read(go[0], &c, 1) == 1 ? 0 : 1);
    return waitpid(child, NULL, 0) == child ? 0 : errno;
}

static const struct {
    const char *name;
    int (*run)(void); /* 0 or errno */
} blocking[] = {
    {"read", block_read},
    {"recv", block_recv},
    {"recv_timed", block_recv_timed},
    {"accept", block_accept},
    {"poll", block_poll},
    {"select", block_select},
    {"epoll_wait", block_epoll},
    {"futex", block_futex},
    {"sleep", block_sleep},
    {"sleep_until", block_sleep_until},
    {"wait", block_wait},
};
enum { N_BLOCKING = sizeof blocking / sizeof *blocking };

static void run_blocked(size_t i) {
    char text[64];
    int why = blocking[i].run();
    int n = snprintf(text, sizeof text, "%s %s\n", blocking[i].name,
                     why == 0 ? "went on" : strerror(why));
    (void)!write(1, text, (size_t)n);
    _exit(0);
}

/* A child waits in its call when the kernel says that it sleeps. */
static bool sleeps(pid_t pid) {
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY);
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    const char *end = strrchr(text, ')');
    return end && end[1] && end[2] == 'S';
}

static void let_all_go(void) {
    for (int i = 0; i < 2 * N_BLOCKING; i++)
        (void)!write(go[1], "!", 1);
    (void)!send(silent_pair[1], "!", 1, MSG_NOSIGNAL);
    (void)!send(timed_pair[1], "!", 1, MSG_NOSIGNAL);
    *word = 1;
    syscall(SYS_futex, word, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/tmp/accepts"};
    connect(fd, (struct sockaddr *)&to, sizeof to);
}

static int blocked(void) {
    pid_t child[N_BLOCKING];
    int fd = open("/tmp/word", O_CREAT | O_RDWR, 0600);
    word = ftruncate(fd, 4096) ? MAP_FAILED
                               : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (word == MAP_FAILED || pipe(go) || socketpair(AF_UNIX, SOCK_DGRAM, 0, silent_pair))
        return 2;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, timed_pair))
        return 2;
    for (size_t i = 0; i < N_BLOCKING; i++)
        if ((child[i] = fork()) == 0)
            run_blocked(i);
    for (size_t i = 0; i < N_BLOCKING; i++)
        while (!sleeps(child[i]))
            poll(NULL, 0, 1);
    int runtime = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9001)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    char c;
    if (connect(runtime, (struct sockaddr *)&to, sizeof to) || write(runtime, "u", 1) != 1 ||
        read(runtime, &c, 1) != 1)
        return 3;
    let_all_go();
    while (wait(NULL) > 0)
        ;
    return 0;
}

static int neighbour(void) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path + 1, "neighbour", 9);
    int ret = bind(fd, (struct sockaddr *)&at, sizeof(sa_family_t) + 10) || listen(fd, 1);
    (void)!write(1, ret ? "no" : "up", 2);
    pause();
    return 0;
}

/* ---- A program that is started anew ---- */
/* How often it ran, by its files in /tmp: 1 at the first time. */
static int count_lives(void) {
    char path[32];
    int n = 0;
    do
        snprintf(path, sizeof path, "/tmp/life-%d", ++n);
    while (access(path, F_OK) == 0);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    return n;
}

/* Leaves behind what a process can: a child in a session of its own, which writes, and shared memory. */
static void leave_much_behind(void) {
    void *at = shmat(shmget(IPC_PRIVATE, sizeof mib, IPC_CREAT), NULL, 0);
    if (at != (void *)-1)
        memset(at, 1, sizeof mib);
    semget(IPC_PRIVATE, 8, IPC_CREAT);
    if (fork() == 0) {
        setsid();
        if (fork() == 0)
            for (;; poll(NULL, 0, 1))
                (void)!write(2, "!", 1);
        _exit(0);
    }
}

static int left_shared(void) {
    struct shm_info all;
    struct seminfo sem;
    if (shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&all) < 0)
        return 0; /* there is no such call here */
    semctl(0, 0, SEM_INFO, &sem);
    return all.used_ids + sem.semusz;
}

static int live(void) {
    int runtime = socket(AF_INET, SOCK_STREAM, 0), left = left_shared();
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9001)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    leave_much_behind();
    char text[16];
    int n = snprintf(text, sizeof text, "%d", count_lives());
    if (connect(runtime, (struct sockaddr *)&to, sizeof to) || write(runtime, text, (size_t)n) != n)
        return 3;
    printf("life %s, %d left, %s\n", text, left, getenv("GREETING"));
    pause();
    return 0;
}

/* Exits at once with the number of this life, and leaves a child that writes. */
static int quit(void) {
    leave_much_behind();
    return count_lives();
}

/* Every process forks as fast as it can. */
static __attribute__((noreturn)) int multiply(void) {
    (void)!write(1, "up", 2);
    for (;;)
        if (fork() < 0)
            poll(NULL, 0, 1);
}

/* ---- What it was given ---- */
static int write_records(void) { return write(3, "one record", 10) == 10 ? 0 : 1; }

static bool is_empty_folder(const char *path) {
    char inside[64];
    struct dirent *e;
    int n = 0;
    snprintf(inside, sizeof inside, "%s/x", path);
    DIR *dir = opendir(path);
    while (dir && (e = readdir(dir)))
        n++;
    if (dir)
        closedir(dir);
    return dir && n == 2 && mkdir(inside, 0700) < 0 && open(inside, O_CREAT | O_WRONLY, 0600) < 0 &&
           rmdir(path) < 0;
}

static int look_at_binds(void) {
    return (access("/opt/all/jailed", X_OK) ? 1 : 0) | (is_empty_folder("/opt/all/inner") ? 0 : 2) |
           (is_empty_folder("/opt/none") ? 0 : 4);
}

bool jailed_acts(const char *mode, const char *what, int *ret_code) {
    static const struct {
        const char *mode;
        int (*run)(void);
    } acts[] = {
        {"forks", spend_forks},
        {"memory", spend_memory},
        {"tmp", spend_tmp},
        {"tick", tick},
        {"neighbour", neighbour},
        {"blocked", blocked},
        {"live", live},
        {"quit", quit},
        {"multiply", multiply},
        {"binds", look_at_binds},
        {"records", write_records},
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (strcmp(mode, acts[i].mode) != 0)
            continue;
        *ret_code = acts[i].run();
        return true;
    }
    if (strcmp(mode, "hoard") != 0)
        return false;
    *ret_code = hoard(what);
    return true;
}
