/* The memory of a process tree by /proc: where no cgroup counts it. */
#include "sandbox/usage_priv.h"

#include "base/io.h"
#include "sandbox/cgroup_priv.h"

#include <dirent.h>
#include <stdio.h>

enum { MOST_PROCESSES = 2048, MOST_TEXT = 64 * 1024 };

/* Appends the children of every thread of pid to list. */
static void add_children(pid_t pid, pid_t list[MOST_PROCESSES], size_t *n) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        char file[64 + 256 + 16];
        snprintf(file, sizeof file, "%s/%s/children", path, e->d_name);
        CLEANUP_DEINIT(buf) struct buf text = {0};
        if (e->d_name[0] == '.' || io_read_file(&text, file, MOST_TEXT, NULL))
            continue;
        str word, rest = buf_view(&text);
        for (bool more = true; more;) {
            str now = rest;
            more = str_cut(now, ' ', &word, &rest);
            uint64_t child;
            if (*n < MOST_PROCESSES && str_to_u64(word, &child))
                list[(*n)++] = (pid_t)child;
        }
    }
    closedir(dir);
}

static void add_usage(pid_t pid, struct sandbox_usage *sum) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (io_read_file(&text, path, MOST_TEXT, NULL))
        return;
    sum->anonymous += sandbox_stat_field(buf_view(&text), "RssAnon") * 1024;
    sum->anonymous += sandbox_stat_field(buf_view(&text), "RssShmem") * 1024;
    sum->peak += sandbox_stat_field(buf_view(&text), "VmHWM") * 1024;
}

void sandbox_usage_of(pid_t pid, struct sandbox_usage *ret) {
    pid_t list[MOST_PROCESSES];
    size_t n = 0;
    *ret = (struct sandbox_usage){0};
    add_children(pid, list, &n);
    for (size_t i = 0; i < n; i++) {
        add_usage(list[i], ret);
        add_children(list[i], list, &n);
    }
}
