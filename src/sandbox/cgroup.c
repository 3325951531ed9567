/*
 * Finding cgroup hierarchies of either generation that we may write to, and one folder a sandbox in
 * them.
 */
#include "sandbox/cgroup_priv.h"

#include "base/buf.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUR_PREFIX "calotype."
#define ASIDE      "calotype-daemon" /* where daemon, nursery and spawner are in version 2 */
enum { MOST_TEXT = 256 * 1024 };

/* ---- Small files ---- */
static int join_path(char out[PATH_MAX], const char *folder, const char *name) {
    int n = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int join3(char out[PATH_MAX], const char *folder, const char *group, const char *file) {
    int n = snprintf(out, PATH_MAX, "%s/%s/%s", folder, group, file);
    return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int write_text(const char *path, const char *text) {
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int write_in(const char *folder, const char *group, const char *file, const char *text) {
    char path[PATH_MAX];
    int fault = join3(path, folder, group, file);
    return fault ? fault : write_text(path, text);
}

static int read_in(struct buf *out, const char *folder, const char *group, const char *file) {
    char path[PATH_MAX];
    int fault = join3(path, folder, group, file);
    return fault ? fault : io_read_file(out, path, MOST_TEXT, NULL);
}

static uint64_t read_number(const char *folder, const char *group, const char *file) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    uint64_t value = 0;
    if (read_in(&text, folder, group, file) == 0 && text.len)
        str_to_u64(str_slice(buf_view(&text), 0, text.len - 1), &value);
    return value;
}

static bool has_word(str text, const char *word) {
    str head, rest = text;
    for (bool more = true; more;) {
        str line = rest;
        more = str_cut(line, ' ', &head, &rest);
        if (str_is(head, word) ||
            (str_ends(head, S("\n")) && str_is(str_slice(head, 0, head.len - 1), word)))
            return true;
    }
    return false;
}

uint64_t sandbox_stat_field(str text, const char *name) {
    str line, rest = text, want = str_c(name);
    for (bool more = true; more;) {
        str now = rest;
        more = str_cut(now, '\n', &line, &rest);
        if (!str_starts(line, want))
            continue;
        str value = str_skip(line, want.len);
        if (value.len && value.p[0] == ':')
            value = str_skip(value, 1);
        else if (!value.len || value.p[0] != ' ')
            continue;
        while (value.len && (value.p[0] == ' ' || value.p[0] == '\t'))
            value = str_skip(value, 1);
        uint64_t number = 0;
        str digits;
        str_cut(value, ' ', &digits, &value);
        str_to_u64(digits, &number);
        return number;
    }
    return 0;
}

/* ---- Whose folder ---- */
/* Field 22 of /proc/PID/stat; 0: no such process. The name in field 2 may hold anything but the
 * last ')'. */
static uint64_t start_time(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (io_read_file(&text, path, 4096, NULL))
        return 0;
    str rest = buf_view(&text), word;
    rest = str_skip(rest, (size_t)(str_rchr(rest, ')') + 2));
    for (int field = 3; field <= 22; field++) {
        str line = rest;
        str_cut(line, ' ', &word, &rest);
    }
    uint64_t value = 0;
    str_to_u64(word, &value);
    return value;
}

static uint64_t pid_namespace(void) {
    struct stat st;
    return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

static bool is_left_behind(const char *name) {
    unsigned long long ns, start;
    int pid;
    return sscanf(name, OUR_PREFIX "%llu.%d.%llu", &ns, &pid, &start) == 3 &&
           ns == pid_namespace() && start_time(pid) != start;
}

/* ---- Removing ---- */
static void kill_members(const char *folder) {
    char path[PATH_MAX];
    if (join_path(path, folder, "cgroup.procs"))
        return;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (io_read_file(&text, path, MOST_TEXT, NULL))
        return;
    str line, rest = buf_view(&text);
    for (bool more = true; more;) {
        str now = rest;
        more = str_cut(now, '\n', &line, &rest);
        uint64_t pid;
        if (str_to_u64(line, &pid) && pid > 1)
            kill((pid_t)pid, SIGKILL);
    }
}

static bool remove_soon(const char *folder) {
    for (int i = 0; i < 50; i++) {
        if (rmdir(folder) == 0 || errno == ENOENT)
            return true;
        if (errno != EBUSY)
            return false;
        kill_members(folder);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return false;
}

static void remove_tree(const char *folder) {
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        char path[PATH_MAX];
        if (e->d_type != DT_DIR || e->d_name[0] == '.' || join_path(path, folder, e->d_name))
            continue;
        char freeze[PATH_MAX];
        if (join_path(freeze, path, "cgroup.freeze") == 0)
            (void)write_text(freeze, "0");
        remove_soon(path);
    }
    closedir(dir);
    remove_soon(folder);
}

static void sweep(const char *place) {
    DIR *dir = opendir(place);
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        char path[PATH_MAX];
        if (is_left_behind(e->d_name) && join_path(path, place, e->d_name) == 0)
            remove_tree(path);
    }
    closedir(dir);
}

/* ---- Finding a place ---- */
/* Can a process of ours be moved there? Root's can; others try with one that ends at once. */
static bool accepts_members(const char *folder) {
    char path[PATH_MAX];
    if (geteuid() == 0)
        return true;
    if (join_path(path, folder, "trial") || mkdir(path, 0755))
        return false;
    pid_t pid = fork();
    if (pid == 0)
        _exit(write_in(folder, "trial", "cgroup.procs", "0") ? 1 : 0);
    int status = 1;
    if (pid > 0)
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    remove_soon(path);
    return status == 0;
}

/* The table lists mounts that others cover, too: what is there may be an ordinary folder. */
static bool is_cgroup(const char *place) {
    struct statfs fs;
    return statfs(place, &fs) == 0 &&
           (fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC);
}

/* Makes our folder below place. */
static bool claim(const char *place, char ret[PATH_MAX]) {
    if (!is_cgroup(place)) {
        ret[0] = '\0';
        return false;
    }
    sweep(place);
    char name[96];
    snprintf(name, sizeof name, OUR_PREFIX "%llu.%d.%llu", (unsigned long long)pid_namespace(),
             (int)getpid(), (unsigned long long)start_time(getpid()));
    if (join_path(ret, place, name) || (mkdir(ret, 0755) && errno != EEXIST)) {
        ret[0] = '\0';
        return false;
    }
    return true;
}

static void give_up(char folder[PATH_MAX]) {
    remove_tree(folder);
    folder[0] = '\0';
}

/* Own place first, then each folder above it up to the mount. */
static bool for_each_place(const char *mount, str own,
                           bool (*use)(struct sandbox_cgroups *, const char *),
                           struct sandbox_cgroups *groups) {
    char place[PATH_MAX];
    if (own.len == 0 || own.len + strlen(mount) + 1 > PATH_MAX)
        return false;
    snprintf(place, sizeof place, "%s" STR_FMT, mount, STR_ARG(own));
    for (;;) {
        size_t n = strlen(place);
        while (n > 1 && place[n - 1] == '/')
            place[--n] = '\0';
        if (n < strlen(mount))
            return false;
        if (use(groups, place))
            return true;
        char *slash = strrchr(place, '/');
        if (n == strlen(mount) || !slash)
            return false;
        *slash = '\0';
    }
}

static bool use_v1_memory(struct sandbox_cgroups *groups, const char *place) {
    if (!claim(place, groups->memory))
        return false;
    if (accepts_members(groups->memory))
        return true;
    give_up(groups->memory);
    return false;
}

/*
 * v2: a folder with processes cannot hand controllers to folders below it, so ours has none itself.
 * Its parent must offer memory; when that is the folder of our own (a systemd unit with Delegate=),
 * whose only processes are the daemon, the nursery and us, all move into a folder beside and it can.
 */
static bool offers_memory(const char *folder) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    return read_in(&text, folder, ".", "cgroup.controllers") == 0 &&
           has_word(buf_view(&text), "memory") &&
           write_in(folder, ".", "cgroup.subtree_control", "+memory") == 0;
}

static bool is_ours(pid_t daemon, uint64_t pid) {
    return (pid_t)pid == getpid() || (pid_t)pid == getppid() || (pid_t)pid == daemon;
}

static bool is_ours_alone(const char *place, pid_t daemon) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (read_in(&text, place, ".", "cgroup.procs") || text.len == 0)
        return false;
    str line, rest = buf_view(&text);
    for (bool more = true; more;) {
        str now = rest;
        more = str_cut(now, '\n', &line, &rest);
        uint64_t pid;
        if (str_to_u64(line, &pid) && !is_ours(daemon, pid))
            return false;
    }
    return true;
}

static void step_aside(const char *place, pid_t daemon) {
    const pid_t ours[] = {daemon, getppid(), getpid()};
    char folder[PATH_MAX], number[16];
    if (!is_ours_alone(place, daemon) || join_path(folder, place, ASIDE) ||
        (mkdir(folder, 0755) && errno != EEXIST))
        return;
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        snprintf(number, sizeof number, "%d", (int)ours[i]);
        (void)write_in(place, ASIDE, "cgroup.procs", number);
    }
    (void)write_in(place, ".", "cgroup.subtree_control", "+memory");
}

static bool use_v2_memory(struct sandbox_cgroups *groups, const char *place) {
    CLEANUP_DEINIT(buf) struct buf offered = {0};
    if (read_in(&offered, place, ".", "cgroup.controllers") ||
        !has_word(buf_view(&offered), "memory"))
        return false;
    if (!claim(place, groups->freezer))
        return false;
    if (!offers_memory(groups->freezer)) {
        step_aside(place, groups->daemon);
        if (!offers_memory(groups->freezer)) {
            give_up(groups->freezer);
            return false;
        }
    }
    if (!accepts_members(groups->freezer)) {
        give_up(groups->freezer);
        return false;
    }
    memcpy(groups->memory, groups->freezer, sizeof groups->memory);
    groups->memory_v2 = true;
    return true;
}

static bool use_v2_freezer(struct sandbox_cgroups *groups, const char *place) {
    if (!claim(place, groups->freezer))
        return false;
    if (accepts_members(groups->freezer))
        return true;
    give_up(groups->freezer);
    return false;
}

/* The path in /proc/self/cgroup whose controllers hold the word; "" names the v2 hierarchy. */
static str own_path(str table, const char *controller) {
    str line, rest = table;
    for (bool more = true; more;) {
        str now = rest, number, names, path;
        more = str_cut(now, '\n', &line, &rest);
        if (!str_cut(line, ':', &number, &path) || !str_cut(path, ':', &names, &now))
            continue;
        if (str_is(names, controller))
            return now;
    }
    return STR_NONE;
}

static bool next_mount(str *rest, str *ret_type, char ret_path[PATH_MAX], str *ret_options) {
    str line, word[4], tail;
    if (rest->len == 0)
        return false;
    str now = *rest;
    str_cut(now, '\n', &line, rest);
    for (size_t i = 0; i < ARRAY_LEN(word); i++) {
        tail = line;
        str_cut(tail, ' ', &word[i], &line);
    }
    *ret_type = word[2];
    *ret_options = word[3];
    snprintf(ret_path, PATH_MAX, STR_FMT, STR_ARG(word[1]));
    return true;
}

/* A later spawner finds itself where the first one has moved us. */
static str without_aside(str path) {
    str aside = S("/" ASIDE);
    if (!str_ends(path, aside))
        return path;
    return path.len == aside.len ? S("/") : str_slice(path, 0, path.len - aside.len);
}

void sandbox_cgroups_open(struct sandbox_cgroups *ret, pid_t daemon) {
    *ret = (struct sandbox_cgroups){.daemon = daemon};
    CLEANUP_DEINIT(buf) struct buf own = {0};
    CLEANUP_DEINIT(buf) struct buf mounts = {0};
    if (io_read_file(&own, "/proc/self/cgroup", MOST_TEXT, NULL) ||
        io_read_file(&mounts, "/proc/self/mounts", (size_t)16 * MOST_TEXT, NULL))
        return;

    str rest = buf_view(&mounts), type, options;
    char path[PATH_MAX];
    while (next_mount(&rest, &type, path, &options)) {
        str v2 = without_aside(own_path(buf_view(&own), ""));
        if (str_is(type, "cgroup2") && !ret->freezer[0]) {
            if (!for_each_place(path, v2, use_v2_memory, ret))
                for_each_place(path, v2, use_v2_freezer, ret);
        } else if (str_is(type, "cgroup") && str_find(options, S("memory")) >= 0 &&
                   !ret->memory[0]) {
            for_each_place(path, own_path(buf_view(&own), "memory"), use_v1_memory, ret);
        }
    }
}

void sandbox_cgroups_close(struct sandbox_cgroups *groups) {
    if (groups->memory[0])
        remove_tree(groups->memory);
    if (groups->freezer[0])
        remove_tree(groups->freezer);
    groups->memory[0] = groups->freezer[0] = '\0';
}

/* ---- One sandbox ---- */
static bool one_folder(const struct sandbox_cgroups *groups) { return groups->memory_v2; }

static int make_in(const char *folder, const char *name) {
    char path[PATH_MAX];
    int fault = join_path(path, folder, name);
    return fault ? fault : mkdir(path, 0755) ? -errno : 0;
}

int sandbox_cgroup_make(const struct sandbox_cgroups *groups, const char *name, uint64_t limit) {
    if (groups->freezer[0] && !one_folder(groups)) {
        int fault = make_in(groups->freezer, name);
        if (fault)
            return fault;
    }
    if (!groups->memory[0])
        return 0;
    int fault = make_in(groups->memory, name);
    if (fault)
        return fault;
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)limit);
    if (!groups->memory_v2)
        return write_in(groups->memory, name, "memory.limit_in_bytes", number);
    /* Without swap accounting these files are missing; then there is nothing to limit. */
    (void)write_in(groups->memory, name, "memory.swap.max", "0");
    return write_in(groups->memory, name, "memory.max", number);
}

int sandbox_cgroup_join(const struct sandbox_cgroups *groups, const char *name) {
    int fault = 0;
    if (groups->memory[0])
        fault = write_in(groups->memory, name, "cgroup.procs", "0");
    if (!fault && groups->freezer[0] && !one_folder(groups))
        fault = write_in(groups->freezer, name, "cgroup.procs", "0");
    return fault;
}

static bool remove_in(const char *folder, const char *name) {
    char path[PATH_MAX];
    return !folder[0] || join_path(path, folder, name) || rmdir(path) == 0 || errno != EBUSY;
}

bool sandbox_cgroup_remove(const struct sandbox_cgroups *groups, const char *name) {
    bool memory = remove_in(groups->memory, name);
    bool freezer = one_folder(groups) || remove_in(groups->freezer, name);
    return memory && freezer;
}

int sandbox_cgroup_freeze(const struct sandbox_cgroups *groups, const char *name, bool freeze) {
    return write_in(groups->freezer, name, "cgroup.freeze", freeze ? "1" : "0");
}

bool sandbox_cgroup_is_frozen(const struct sandbox_cgroups *groups, const char *name) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    return read_in(&text, groups->freezer, name, "cgroup.events") == 0 &&
           sandbox_stat_field(buf_view(&text), "frozen") == 1;
}

uint64_t sandbox_cgroup_oom_kills(const struct sandbox_cgroups *groups, const char *name) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    const char *file = groups->memory_v2 ? "memory.events" : "memory.oom_control";
    if (!groups->memory[0] || read_in(&text, groups->memory, name, file))
        return 0;
    return sandbox_stat_field(buf_view(&text), "oom_kill");
}

uint64_t sandbox_cgroup_peak(const struct sandbox_cgroups *groups, const char *name) {
    if (!groups->memory[0])
        return 0;
    return read_number(groups->memory, name,
                       groups->memory_v2 ? "memory.peak" : "memory.max_usage_in_bytes");
}

uint64_t sandbox_cgroup_anonymous(const struct sandbox_cgroups *groups, const char *name,
                                  uint64_t *ret_shared) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    *ret_shared = 0;
    if (!groups->memory[0] || read_in(&text, groups->memory, name, "memory.stat"))
        return 0;
    *ret_shared = sandbox_stat_field(buf_view(&text), "shmem");
    return sandbox_stat_field(buf_view(&text), groups->memory_v2 ? "anon" : "rss");
}

uint64_t sandbox_cgroup_usage(const struct sandbox_cgroups *groups, const char *name) {
    if (!groups->memory[0])
        return 0;
    return read_number(groups->memory, name,
                       groups->memory_v2 ? "memory.current" : "memory.usage_in_bytes");
}

/*
 * Version 2 keeps running sandboxes out of the swap, because memory.max does not count it; one that
 * is frozen cannot grow into it. What is not to be had (EAGAIN) stays.
 */
void sandbox_cgroup_reclaim(const struct sandbox_cgroups *groups, const char *name) {
    if (!groups->memory[0])
        return;
    if (!groups->memory_v2) {
        (void)write_in(groups->memory, name, "memory.force_empty", "0");
        return;
    }
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)sandbox_cgroup_usage(groups, name));
    (void)write_in(groups->memory, name, "memory.swap.max", "max");
    (void)write_in(groups->memory, name, "memory.reclaim", number);
    (void)write_in(groups->memory, name, "memory.swap.max", "0");
}
