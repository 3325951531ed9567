#pragma once
/*
 * img/jail: shuts the worker in before it sees the first byte: no descriptor but 0, 1 and 2, limits
 * on memory and processor time, no new privileges, and a seccomp filter that leaves it reading,
 * writing and memory without execution. Running into a wall ends it with the wall's code
 * (imgjob/ends.h): a denied call is not made. Needs no right, no namespace and no /proc: it works as
 * anybody, in an empty root, and below a filter that denies unshare, mount, ptrace and clone.
 */
#include "base/err.h"
#include "base/str.h"

struct img_jail {
    uint64_t memory_bytes; /* RLIMIT_AS; 0: none (a build under ASan) */
    uint64_t cpu_seconds;  /* RLIMIT_CPU, a second more for the hard limit; 0: none */
    bool seccomp;
};
/*
 * Once, before anything is read from the descriptors: there is no way out. 0, or -errno with the
 * step that failed in err, upon which the worker must end.
 */
int img_jail_enter(const struct img_jail *jail, struct err *err);
