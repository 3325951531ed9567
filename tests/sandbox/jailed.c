/*
 * The program that the escape suite runs inside a sandbox: static, and it tries to get out.
 *
 *   jailed walls PORT NAME   every wall once; PORT and NAME are a TCP port and an abstract unix
 *                            socket outside
 *   jailed MODE …            one behaviour that the test watches from outside
 *
 * Each wall that gives way prints "BREACH name: …"; the end is "done N".
 */
#include "jailed.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int breaches, walls;
static const char *outside_port, *outside_name;

static void wall(const char *name, bool holds) {
    walls++;
    if (holds)
        return;
    breaches++;
    printf("BREACH %s: errno %d (%s)\n", name, errno, strerror(errno));
}

/* ---- Files ---- */
static void only_our_root(void) {
    static const char *const ours[] = {".", "..", "dev", "etc", "opt", "proc", "tmp", "var"};
    DIR *dir = opendir("/");
    for (struct dirent *e; dir && (e = readdir(dir));) {
        bool known = false;
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            known |= strcmp(e->d_name, ours[i]) == 0;
        wall(e->d_name, known);
    }
    wall("the root can be read", dir != NULL);
    closedir(dir);
    static const char *const hidden[] = {"/etc/passwd",
                                         "/etc/shadow",
                                         "/usr",
                                         "/root",
                                         "/home",
                                         "/sys",
                                         "/bin",
                                         "/dev/mem",
                                         "/dev/kmsg",
                                         "/dev/tty",
                                         "/dev/ptmx",
                                         "/proc/sys",
                                         "/proc/kcore",
                                         "/proc/meminfo",
                                         "/proc/kallsyms",
                                         "/proc/sysrq-trigger",
                                         "/var/task/../../../etc/passwd"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        wall(hidden[i], access(hidden[i], F_OK) < 0);
}

static void nothing_writable(void) {
    static const char *const places[] = {"/x",     "/var/x", "/var/task/x",
                                         "/etc/x", "/dev/x", "/proc/x"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        wall(places[i], open(places[i], O_CREAT | O_WRONLY, 0600) < 0);
    static const char *const texts[] = {"/etc/resolv.conf", "/etc/hosts", "/var/task/jailed"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        wall(texts[i], open(texts[i], O_WRONLY) < 0 && chmod(texts[i], 0777) < 0);
    int fd = open("/tmp/mine", O_CREAT | O_RDWR, 0600);
    wall("/tmp takes files", fd >= 0 && write(fd, "x", 1) == 1);
    close(fd);
    wall("device nodes", mknod("/tmp/mem", S_IFCHR | 0666, 0x0101) < 0);
    wall("a way up by name",
         symlink("/proc/1/root", "/tmp/up") == 0 && access("/tmp/up/etc/passwd", F_OK) < 0);
}

static void no_inherited_descriptors(void) {
    int highest = 0;
    for (int fd = 3; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            highest = fd;
    wall("only descriptors 0, 1 and 2", highest == 0);
    struct stat st;
    wall("stdin is a device", fstat(0, &st) == 0 && S_ISCHR(st.st_mode));
}

/* Where the mounts come from is the host's affair: its folders, its devices, their options. */
static void mounts_are_hidden(void) {
    static const char *const lists[] = {"/proc/self/mountinfo", "/proc/self/mounts",
                                        "/proc/self/mountstats", "/proc/thread-self/mountinfo"};
    char text[4096];
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        int fd = open(lists[i], O_RDONLY);
        ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
        if (got > 0)
            printf("%.*s", (int)got, text);
        close(fd);
        wall(lists[i], got == 0);
    }
    static const char *const places[] = {"/var/task/jailed", "/tmp", "/dev/null", "/proc/self"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        wall("the mounts are there all the same", access(places[i], R_OK) == 0);
    errno = 0;
    wall("no way up out of the root", chdir("/..") == 0 && access("/etc/passwd", F_OK) < 0 &&
                                          chdir("../../..") == 0 && access("etc/hosts", F_OK) == 0);
    wall("it knows where it is", strcmp(getcwd(text, sizeof text) ? text : "", "/") == 0);
}

/* ---- Processes ---- */
static void init_is_hidden(void) {
    static const char *const files[] = {"/proc/1",      "/proc/1/fd",     "/proc/1/environ",
                                        "/proc/1/root", "/proc/1/maps",   "/proc/1/mem",
                                        "/proc/1/cwd",  "/proc/1/status", "/proc/1/exe"};
    char text[64];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        wall(files[i], access(files[i], F_OK) < 0 && open(files[i], O_RDONLY) < 0 &&
                           readlink(files[i], text, sizeof text) < 0);
    DIR *dir = opendir("/proc");
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (e->d_name[0] >= '0' && e->d_name[0] <= '9')
            wall("no process but ours", atoi(e->d_name) == getpid());
    closedir(dir);
    kill(1, SIGKILL);
    kill(1, SIGSTOP);
    kill(1, SIGTERM);
    wall("the init does not die", kill(1, 0) == 0 || errno == EPERM);
    wall("ptrace of the init", ptrace(PTRACE_ATTACH, 1, NULL, NULL) < 0);
    wall("ptrace of ourselves", ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0);
    char word[8];
    struct iovec local = {word, sizeof word}, remote = {(void *)0x400000, sizeof word};
    wall("process_vm_readv", process_vm_readv(getppid(), &local, 1, &remote, 1, 0) < 0);
    wall("pidfd_getfd", syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, 1, 0), 0, 0) < 0);
}

static unsigned long long status_field(const char *name, int base) {
    FILE *f = fopen("/proc/self/status", "re");
    char line[256];
    unsigned long long value = ~0ULL;
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtoull(line + strlen(name), NULL, base);
    if (f)
        fclose(f);
    return value;
}

static void kernel_says_locked(void) {
    wall("Seccomp is 2", status_field("Seccomp:", 10) == 2);
    wall("NoNewPrivs is 1", status_field("NoNewPrivs:", 10) == 1);
    wall("CapEff is 0", status_field("CapEff:", 16) == 0);
    wall("CapPrm is 0", status_field("CapPrm:", 16) == 0);
    wall("CapBnd is 0", status_field("CapBnd:", 16) == 0);
    wall("CapAmb is 0", status_field("CapAmb:", 16) == 0);
    wall("not root", getuid() != 0 && geteuid() != 0 && getgid() != 0);
    wall("setuid", setuid(0) < 0);
    wall("setgid", setgid(0) < 0);
    wall("setgroups", setgroups(0, NULL) < 0);
    int fd = open("/proc/self/cgroup", O_RDONLY);
    char text[2048] = "";
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    wall("its cgroup is the root it sees", strstr(text, "calotype") == NULL);
}

/* ---- System calls ---- */
static int in_child(void (*fn)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        fn();
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

#ifdef __x86_64__
/* The 32-bit table has other numbers: 20 is getpid there. The filter kills whoever uses it. */
static void use_32_bit_table(void) {
    long ret;
    __asm__ volatile("int $0x80" : "=a"(ret) : "a"(20L) : "memory");
    _exit(ret > 0 ? 0 : 1);
}
static void use_x32_table(void) { _exit(syscall(0x40000000 + SYS_getpid) > 0 ? 0 : 1); }
#endif

static void refused_calls(void) {
    union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY,
                           .key_size = 4,
                           .value_size = 4,
                           .max_entries = 1};
    struct io_uring_params ring = {0};
    wall("mount", mount("none", "/tmp", "tmpfs", 0, NULL) < 0);
    wall("bind mount", mount("/dev", "/tmp", NULL, MS_BIND, NULL) < 0);
    wall("remount", mount(NULL, "/", NULL, MS_REMOUNT, NULL) < 0);
    wall("umount", umount2("/proc", MNT_DETACH) < 0);
    wall("fsopen", syscall(SYS_fsopen, "tmpfs", 0) < 0);
    wall("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1) < 0);
    wall("pivot_root", syscall(SYS_pivot_root, ".", ".") < 0);
    wall("chroot", chroot("/tmp") < 0);
    wall("unshare of a user namespace", unshare(CLONE_NEWUSER) < 0);
    wall("unshare of a mount namespace", unshare(CLONE_NEWNS) < 0);
    wall("clone of a user namespace", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) < 0);
    wall("clone3", syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS);
    int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    wall("setns", setns(ns, 0) < 0);
    wall("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr) < 0);
    wall("keyctl", syscall(SYS_keyctl, 0, -3, 1) < 0);
    wall("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3) < 0);
    wall("userfaultfd", syscall(SYS_userfaultfd, 0) < 0);
    wall("io_uring", syscall(SYS_io_uring_setup, 1, &ring) < 0);
    wall("perf_event_open", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0) < 0);
    wall("syslog", syscall(SYS_syslog, 3, NULL, 0) < 0);
    wall("reboot", syscall(SYS_reboot, 0, 0, 0, NULL) < 0);
    wall("sethostname", sethostname("x", 1) < 0);
    wall("open_by_handle_at", syscall(SYS_open_by_handle_at, -1, NULL, 0) < 0 && errno == EPERM);
    wall("terminal input", ioctl(0, TIOCSTI, "x") < 0 && errno == ENOSYS);
#ifdef __x86_64__
    wall("32-bit calls", WIFSIGNALED(in_child(use_32_bit_table)));
    wall("x32 calls", WIFSIGNALED(in_child(use_x32_table)));
#endif
    static const int families[] = {AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_KEY, AF_BLUETOOTH};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        wall("socket families",
             socket(families[i], SOCK_RAW, 0) < 0 && socket(families[i], SOCK_DGRAM, 0) < 0);
    wall("raw IP", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0);
}

/* ---- Network ---- */
static int try_tcp(const char *ip, int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, ip, &to.sin_addr);
    int ret = connect(fd, (struct sockaddr *)&to, sizeof to);
    int why = errno;
    close(fd);
    errno = why;
    return ret;
}

static int try_abstract(const char *name) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path + 1, sizeof to.sun_path - 1, "%s", name);
    int ret =
        connect(fd, (struct sockaddr *)&to, (socklen_t)(sizeof(sa_family_t) + 1 + strlen(name)));
    close(fd);
    return ret;
}

static bool dns(const char *labels, size_t n, int want_rcode, bool want_address) {
    unsigned char out[300] = {0x12, 0x34, 1, 0, 0, 1}, in[600];
    memcpy(out + 12, labels, n);
    memcpy(out + 12 + n, "\0\0\1\0\1", 5);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    sendto(fd, out, 12 + n + 5, 0, (struct sockaddr *)&to, sizeof to);
    struct pollfd on = {.fd = fd, .events = POLLIN};
    ssize_t got = poll(&on, 1, 5000) == 1 ? recv(fd, in, sizeof in, 0) : -1;
    close(fd);
    bool address = got > 16 && memcmp(in + got - 4, "\x7f\0\0\1", 4) == 0;
    return got > 12 && in[0] == 0x12 && (in[3] & 15) == want_rcode && address == want_address;
}

static void network_walls(void) {
    wall("the host's TCP port",
         try_tcp("127.0.0.1", atoi(outside_port)) < 0 && errno == ECONNREFUSED);
    wall("the internet", try_tcp("192.0.2.1", 80) < 0 && errno == ENETUNREACH);
    wall("the host's abstract socket", try_abstract(outside_name) < 0);
    wall("the other sandbox's abstract socket", try_abstract("neighbour") < 0);
    wall("the other sandbox's TCP port", try_tcp("127.0.0.1", 7777) < 0);
    wall("our own port", try_tcp("127.0.0.1", 9001) == 0);
    wall("DNS of a bucket", dns("\6bucket\2s3\11us-east-1\11amazonaws\3com", 34, 0, true));
    wall("DNS of localhost", dns("\11LOCALHOST", 10, 0, true));
    wall("DNS of others", dns("\7example\3com", 12, 3, false));
}

static void load_filter(void) {
    struct sock_filter allow = {.code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW};
    struct sock_fprog program = {1, &allow};
    _exit(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) ? 1 : 0);
}

static void setuid_is_useless(void) {
    pid_t pid = fork();
    if (pid == 0) {
        execl("/var/task/setuid", "setuid", "whoami", NULL);
        _exit(99);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    wall("a setuid program gains nothing", WIFEXITED(status) && WEXITSTATUS(status) == 0);
    wall("a helper may lock itself further",
         WIFEXITED(in_child(load_filter)) && in_child(load_filter) == 0);
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    int code = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (strcmp(mode, "whoami") == 0)
        return geteuid() == 0 || status_field("CapEff:", 16) != 0;
    if (jailed_acts(mode, argc > 2 ? argv[2] : "", &code))
        return code;
    if (strcmp(mode, "env") == 0) {
        extern char **environ;
        for (char **e = environ; *e; e++)
            printf("%s\n", *e);
        fprintf(stderr, "to stderr\n");
        return 7;
    }
    if (strcmp(mode, "walls") != 0 || argc < 4)
        return 2;
    outside_port = argv[2];
    outside_name = argv[3];
    no_inherited_descriptors();
    only_our_root();
    nothing_writable();
    mounts_are_hidden();
    init_is_hidden();
    kernel_says_locked();
    refused_calls();
    network_walls();
    setuid_is_useless();
    printf("done %d\n", walls);
    return breaches;
}
