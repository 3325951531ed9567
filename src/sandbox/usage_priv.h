#pragma once
/*
 * sandbox/usage: what a sandbox holds, by its cgroup, or where none counts by what /proc tells of
 * its processes from outside.
 */
#include "sandbox/cgroup_priv.h"

struct sandbox_usage {
    uint64_t own;  /* bytes now that count against its memory limit: its processes', without /tmp */
    uint64_t held; /* bytes now altogether, /tmp and what the kernel keeps for it too */
    uint64_t peak; /* bytes, the most of its processes so far; 0 where a cgroup counts */
};

/* Where to look. Borrowed for the call. */
struct sandbox_meter {
    const struct sandbox_cgroups *groups;
    const char *group; /* name of its folder in them */
    pid_t init;        /* in the daemon's own pid namespace */
    int tmp;           /* descriptor of its /tmp; -1: unknown */
};
/*
 * Zeroes where nothing of it can be read: the processes may end meanwhile. The caller makes sure
 * that init's pid is still its own.
 */
void sandbox_usage_look(const struct sandbox_meter *meter, struct sandbox_usage *ret);

/*
 * The most that it has held so far, in bytes: what the cgroup says, and no less than the largest of
 * its first 64 processes had in memory, pages of files that others brought in too. processes: look at
 * them, which takes 10 to 20 us each and as much again for each of their threads, of which 64 are asked
 * for children; a cgroup alone is asked in 5 us.
 * 0 as above.
 */
uint64_t sandbox_usage_peak(const struct sandbox_meter *meter, bool processes);
