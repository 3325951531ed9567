#pragma once
/*
 * sandbox/usage: memory of a sandbox's processes as /proc tells it from outside, where no cgroup
 * counts it. pid is the init's, in the daemon's own pid namespace.
 */
#include <stdint.h>
#include <sys/types.h>

struct sandbox_usage {
    uint64_t anonymous; /* bytes now: resident, without files on disk */
    uint64_t peak;      /* sum of each living process's highest resident size */
};
/*
 * Of everything below pid, without pid itself. Zeroes where nothing of it can be read: the
 * processes may end meanwhile.
 */
void sandbox_usage_of(pid_t pid, struct sandbox_usage *ret);
