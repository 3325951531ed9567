#pragma once
/*
 * img/jail: shuts the worker in before it sees the first byte: no descriptor but 0, 1 and 2, limits
 * on memory and processor time, no new privileges, and a seccomp filter that leaves it reading,
 * writing and memory without execution. A breach of the filter kills the process (SIGSYS).
 */
#include "base/err.h"
#include "base/str.h"

struct img_jail {
    uint64_t memory_bytes; /* RLIMIT_AS; 0: none (a build under ASan) */
    uint64_t cpu_seconds;  /* RLIMIT_CPU; 0: none */
    bool seccomp;
};
/*
 * Once, before anything is read from the descriptors: there is no way out. 0, or -errno with the
 * step that failed in err, upon which the worker must end.
 */
int img_jail_enter(const struct img_jail *jail, struct err *err);
