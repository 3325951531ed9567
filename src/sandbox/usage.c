/*
 * What a sandbox holds. A cgroup counts pages, whoever maps them, and what the kernel keeps for its
 * processes. Where there is none it is put together from /proc; what that does not tell in bytes
 * (stacks, descriptors, sockets) is charged by the most that each can hold.
 *
 * A page of a file is charged to the cgroup that read it first. An interpreter and its libraries were
 * read long before, so to the cgroup a Node of 40 MiB is one of 8. The peak is what people size their
 * functions by, and AWS's has those pages: hence sandbox_usage_peak.
 */
#include "sandbox/usage_priv.h"

#include "base/io.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/vfs.h>

enum {
    KIB = 1024,
    MOST_PROCESSES = 2048,
    /* Of processes, and of their threads, for the peak: each costs 20 us or so, under the caller's locks. */
    MOST_SIZED = 64,
    MOST_TEXT = 64 * KIB,
    ROOT_BYTES = 2048 * KIB, /* the root's own tmpfs, at most */
    INODE_BYTES = 1 * KIB,   /* of a tmpfs: not in its blocks */

    /* What /proc does not tell in bytes, each by what it holds at most or about. */
    PROCESS_BYTES = 512 * KIB, /* tables, areas, signals */
    THREAD_BYTES = 24 * KIB,   /* a kernel stack and a task */
    FREE_FDS = 64,             /* the first table of a process */
    FD_BYTES = 8 * KIB,        /* two pages of a pipe, when the user has spent the larger ones */
    FREE_SOCKETS = 256,        /* connections of an honest program */
    SOCKET_BYTES = 416 * KIB,  /* wmem_max as the kernel counts it */
};

/* Processes below one, breadth first. */
struct kin {
    pid_t list[MOST_PROCESSES];
    size_t n;
    size_t looks; /* so many more threads are asked for their children */
};

/* Appends the children of every thread of pid. */
static void add_children(pid_t pid, struct kin *kin) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *e; kin->looks && (e = readdir(dir));) {
        char file[64 + 256 + 16];
        snprintf(file, sizeof file, "%s/%s/children", path, e->d_name);
        CLEANUP_DEINIT(buf) struct buf text = {0};
        if (e->d_name[0] == '.')
            continue;
        kin->looks--;
        if (io_read_file(&text, file, MOST_TEXT, NULL))
            continue;
        str word, rest = buf_view(&text);
        for (bool more = true; more;) {
            str now = rest;
            more = str_cut(now, ' ', &word, &rest);
            uint64_t child;
            if (kin->n < MOST_PROCESSES && str_to_u64(word, &child))
                kin->list[kin->n++] = (pid_t)child;
        }
    }
    closedir(dir);
}

/* 0 where it cannot be asked. */
static uint64_t tmp_bytes(int tmp) {
    struct statfs st;
    if (tmp < 0 || fstatfs(tmp, &st) || st.f_bsize <= 0)
        return 0;
    return (uint64_t)(st.f_blocks - st.f_bfree) * (uint64_t)st.f_bsize +
           (uint64_t)(st.f_files - st.f_ffree) * INODE_BYTES;
}

/* ---- By /proc ---- */
static void add_process(pid_t pid, uint64_t tmp, struct sandbox_usage *sum) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (io_read_file(&text, path, MOST_TEXT, NULL))
        return;
    str status = buf_view(&text);
    uint64_t shared = sandbox_stat_field(status, "RssShmem") * KIB;
    uint64_t fds = sandbox_stat_field(status, "FDSize");
    sum->own += sandbox_stat_field(status, "RssAnon") * KIB;
    sum->own += sandbox_stat_field(status, "VmSwap") * KIB;
    sum->own += sandbox_stat_field(status, "VmPTE") * KIB;
    sum->own += sandbox_stat_field(status, "Threads") * THREAD_BYTES;
    sum->own += fds > FREE_FDS ? (fds - FREE_FDS) * FD_BYTES : 0;
    /* What it maps of /tmp is /tmp's. There should be nothing else of that kind. */
    sum->own += shared > tmp ? shared - tmp : 0;
    sum->peak += sandbox_stat_field(status, "VmHWM") * KIB;
}

/* Of its network namespace; the init's path leads there, whoever may look into the init. */
static uint64_t socket_bytes(pid_t init) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/net/sockstat", (int)init);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (io_read_file(&text, path, MOST_TEXT, NULL))
        return 0;
    uint64_t n = sandbox_stat_field(buf_view(&text), "sockets: used");
    return n > FREE_SOCKETS ? (n - FREE_SOCKETS) * SOCKET_BYTES : 0;
}

/* All that is below the init, as far as so many looks tell. */
static void find_kin(pid_t init, size_t looks, struct kin *ret) {
    ret->n = 0;
    ret->looks = looks;
    add_children(init, ret);
    for (size_t i = 0; i < ret->n && ret->looks; i++)
        add_children(ret->list[i], ret);
}

static void sample(const struct sandbox_meter *meter, uint64_t tmp, struct sandbox_usage *ret) {
    struct kin kin;
    find_kin(meter->init, SIZE_MAX, &kin);
    for (size_t i = 0; i < kin.n; i++)
        add_process(kin.list[i], tmp, ret);
    ret->own += kin.n > 1 ? (kin.n - 1) * PROCESS_BYTES : 0;
    ret->own += socket_bytes(meter->init);
    ret->held = ret->own + tmp;
}

void sandbox_usage_look(const struct sandbox_meter *meter, struct sandbox_usage *ret) {
    uint64_t tmp = tmp_bytes(meter->tmp);
    *ret = (struct sandbox_usage){0};
    if (!meter->groups->memory[0]) {
        sample(meter, tmp, ret);
        return;
    }
    uint64_t shared = 0;
    ret->own = sandbox_cgroup_anonymous(meter->groups, meter->group, &shared);
    ret->own += shared > tmp + ROOT_BYTES ? shared - tmp - ROOT_BYTES : 0;
    ret->held = sandbox_cgroup_usage(meter->groups, meter->group);
}

/* ---- The peak ---- */
/*
 * The most that any of the first processes has had in memory. Their sum would count what they share
 * again; those further down are the cgroup's to count.
 */
static uint64_t largest(pid_t init) {
    struct kin kin;
    uint64_t most = 0;
    find_kin(init, MOST_SIZED, &kin);
    for (size_t i = 0; i < kin.n && i < MOST_SIZED; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/status", (int)kin.list[i]);
        CLEANUP_DEINIT(buf) struct buf text = {0};
        if (io_read_file(&text, path, MOST_TEXT, NULL))
            continue;
        uint64_t bytes = sandbox_stat_field(buf_view(&text), "VmHWM") * KIB;
        most = bytes > most ? bytes : most;
    }
    return most;
}

uint64_t sandbox_usage_peak(const struct sandbox_meter *meter, bool processes) {
    if (!meter->groups->memory[0]) {
        struct sandbox_usage usage;
        sandbox_usage_look(meter, &usage);
        return usage.peak;
    }
    uint64_t most = processes ? largest(meter->init) : 0;
    uint64_t counted = sandbox_cgroup_peak(meter->groups, meter->group);
    return counted > most ? counted : most;
}
