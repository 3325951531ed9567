#pragma once
/*
 * sandbox/jail: what the cloned child does to itself before it is a sandbox's pid 1, and what it
 * does as such (init). It runs with one thread in the spawner's address space copy.
 */
#include "sandbox/cgroup_priv.h"
#include "sandbox/proto_priv.h"
#include "sandbox/seccomp_priv.h"

/*
 * All that a jail is made from, and what the steps hand to each other. The spawner fills in the
 * first part; the child owns every descriptor, and the kernel closes them with it.
 */
struct sandbox_jail {
    const struct sandbox_wire *wire;      /* the request, decoded; in the child's copy of memory */
    const struct sandbox_cgroups *groups; /* the spawner's folders */
    const char *group;                    /* name of its own folder in them */
    const struct sock_fprog *filter;      /* made once by the spawner */
    enum sandbox_level level;             /* full or userns */
    uid_t outer_uid;                      /* userns: the user who runs the daemon */
    gid_t outer_gid;
    uid_t uid;                             /* full: of its own; userns: as seen inside */
    int channel, outputs[SANDBOX_OUTPUTS]; /* the descriptors it owns; records -1: it has none */

    /* made on the way */
    int listeners[SANDBOX_MAX_PORTS]; /* listening TCP sockets, in the order of the spec */
    size_t n_listeners;
    int dns;                      /* the bound UDP socket of port 53 */
    int tmp;                      /* its /tmp, for who asks how full it is */
    int root;                     /* the new root, detached, then mounted */
    int code;                     /* these: detached mounts of the host's folders and files */
    int binds[SANDBOX_MAX_BINDS]; /* as many as the spec has */
    int devices[4];               /* null, random, urandom; zero where memory is counted */
};

/* A cgroup counts the sandbox's memory. */
static inline bool sandbox_jail_is_counted(const struct sandbox_jail *jail) {
    return jail->groups->memory[0] != '\0';
}

/* Never returns: builds the jail, starts the program, serves as its init, ends with it. */
void sandbox_jail_main(struct sandbox_jail *jail) __attribute__((noreturn));

/*
 * jail_root.c: steps that build the file system. 0 or -errno. In this order: sources while the host
 * is visible, the new root with what is mounted in it, then the step into it, after which no path
 * of the host leads anywhere.
 */
int sandbox_jail_open_sources(struct sandbox_jail *jail);
int sandbox_jail_mount_root(struct sandbox_jail *jail);
int sandbox_jail_fill_root(struct sandbox_jail *jail);
int sandbox_jail_enter_root(struct sandbox_jail *jail);
/* Then: out of what /proc tells of mounts. */
int sandbox_jail_leave_mount_table(struct sandbox_jail *jail);

/* init.c: forks the program and stays. */
void sandbox_init_main(struct sandbox_jail *jail) __attribute__((noreturn));
