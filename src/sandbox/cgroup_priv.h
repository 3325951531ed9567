#pragma once
/*
 * sandbox/cgroup: memory limits and freezing by cgroup, where the machine lets us.
 *
 * Both generations are understood, together too: memory on a v1 hierarchy and freezing on the v2
 * one is common. In each hierarchy the spawner makes one folder, calotype.PIDNS.PID.START, at its
 * own place or, where that is not possible, further up; each sandbox is a folder in it. PIDNS, PID
 * and START tell whether the spawner that made it still lives, for the sweep.
 */
#include "base/err.h"
#include "base/str.h"

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes of a sandbox's folder name, its NUL among them. */
enum { SANDBOX_CGROUP_NAME = 48 };

/* The spawner's folders. Paths are absolute. */
struct sandbox_cgroups {
    char memory[PATH_MAX];  /* our folder for memory limits; empty: none */
    char freezer[PATH_MAX]; /* our folder with cgroup.freeze; may be the same; empty: none */
    bool memory_v2;
    pid_t daemon; /* whose they are, for the spawner */
};

/*
 * Finds the places, removes what spawners that have ended left, makes our folders. Nothing usable
 * is no fault.
 */
void sandbox_cgroups_open(struct sandbox_cgroups *ret, pid_t daemon);
/* Removes our folders; the sandboxes' own are gone. */
void sandbox_cgroups_close(struct sandbox_cgroups *groups);

/*
 * One sandbox's folders, by name. limit in bytes. 0 or -errno. Where a kind of folder is not to be
 * had, it is left out and that is no fault.
 */
int sandbox_cgroup_make(const struct sandbox_cgroups *groups, const char *name, uint64_t limit);
/* The calling process joins. What it starts from then on is a member too. 0 or -errno. */
int sandbox_cgroup_join(const struct sandbox_cgroups *groups, const char *name);
/* False: still in use, try again. */
bool sandbox_cgroup_remove(const struct sandbox_cgroups *groups, const char *name);

/*
 * Asks the kernel to stop or to continue every process of the sandbox, without waiting until that
 * is so. 0 or -errno.
 */
int sandbox_cgroup_freeze(const struct sandbox_cgroups *groups, const char *name, bool freeze);
/* True once every process of the sandbox stands still. */
bool sandbox_cgroup_is_frozen(const struct sandbox_cgroups *groups, const char *name);
/*
 * How often the kernel has killed for the limit, and the highest use in bytes; 0 where nothing
 * counts them.
 */
uint64_t sandbox_cgroup_oom_kills(const struct sandbox_cgroups *groups, const char *name);
uint64_t sandbox_cgroup_peak(const struct sandbox_cgroups *groups, const char *name);
/*
 * Present memory of its processes in bytes, without files. *ret_shared: what is shared (System V,
 * memfd) and what is in files of a tmpfs, together.
 */
uint64_t sandbox_cgroup_anonymous(const struct sandbox_cgroups *groups, const char *name,
                                  uint64_t *ret_shared);
/* All that is charged to it now, in bytes: files in the cache too. */
uint64_t sandbox_cgroup_usage(const struct sandbox_cgroups *groups, const char *name);
/*
 * Takes away what the kernel can: files in the cache, and with swap memory. For one that is frozen;
 * milliseconds.
 */
void sandbox_cgroup_reclaim(const struct sandbox_cgroups *groups, const char *name);

/* "NAME VALUE" or "NAME: VALUE" lines, as in memory.stat and /proc/…/status: the value, or 0. */
uint64_t sandbox_stat_field(str text, const char *name);
