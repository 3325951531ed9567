#pragma once
/*
 * System calls denied as a container engine's profile denies them: a filter of this process and of
 * all that it starts. "clone" stands for clone with any namespace, for no profile denies a fork.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

enum { CONTAINED_MOST = 16 };

struct contained_denial {
    const char *call; /* NULL ends a list */
    int error;        /* what it answers */
};

enum {
    CONTAINED_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                           CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET,
};

static inline int contained_add(scmp_filter_ctx ctx, const struct contained_denial *one) {
    int nr = seccomp_syscall_resolve_name(one->call), r = 0;
    uint32_t answer = SCMP_ACT_ERRNO((unsigned)one->error);
    if (nr < 0) /* libseccomp does not know it, nor would a profile */
        return 0;
    if (strcmp(one->call, "clone") != 0)
        return seccomp_rule_add(ctx, answer, nr, 0);
    for (unsigned bit = 1; r == 0 && bit; bit <<= 1)
        if (CONTAINED_NAMESPACES & bit)
            r = seccomp_rule_add(ctx, answer, nr, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit));
    return r;
}

/* 0 or -errno. */
static inline int contained_deny(const struct contained_denial *list) {
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int r = ctx ? 0 : -ENOMEM;
    for (; r == 0 && list->call; list++)
        r = contained_add(ctx, list);
    if (r == 0)
        r = seccomp_load(ctx);
    seccomp_release(ctx);
    return r;
}
