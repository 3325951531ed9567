#pragma once
/*
 * sandbox/proto: what daemon, spawner and init say to each other over SOCK_SEQPACKET pairs.
 *
 * The control socket (daemon to spawner) carries one start request a message: the spec as below and
 * three descriptors: the sandbox's channel, its stdout, its stderr. Everything else travels on that
 * channel, one struct sandbox_msg a message, so that requests of many threads never mix. The
 * channel's far end is held by the init and by the spawner; the daemon's end closing ends the init.
 * Between daemon and nursery is a socket of its own: it says which spawner there is.
 * All are one program on one machine: structs go as they are.
 */
#include "base/buf.h"
#include "sandbox/sandbox.h"

enum sandbox_msg_kind {
    /* spawner and init → daemon */
    /* control socket, once: a level, b memory, v freezer; text: what is lacking */
    SANDBOX_MSG_HELLO = 1,
    /* spawner: a init's pid; text: name of its cgroups; descriptor: pidfd */
    SANDBOX_MSG_CREATED,
    SANDBOX_MSG_FAILED,  /* either: a -errno; text: the step */
    SANDBOX_MSG_READY,   /* init: descriptors: its /tmp, then listeners in the order of the ports */
    SANDBOX_MSG_STATUS,  /* init: a wait status, b errno of exec, v the program's life */
    SANDBOX_MSG_STOPPED, /* init: answer to STOP and CONT */
    SANDBOX_MSG_END,     /* spawner: a wait status of the init, b oom kills, v memory peak */
    /* daemon → init */
    SANDBOX_MSG_STOP,
    SANDBOX_MSG_CONT,
    SANDBOX_MSG_HALT,    /* of one that stays: STATUS is the answer, where the program ran */
    SANDBOX_MSG_RESTART, /* the same, and no answer: v the new life's number, from 1 */
    /* nursery → daemon: a spawner's pid, b wait status of the one before; descriptor: control */
    SANDBOX_MSG_BORN,
    SANDBOX_MSG_GONE, /* the last, for they die too often: b its wait status */
    /* daemon → nursery: it hangs. a: its pid */
    SANDBOX_MSG_KILL,
    SANDBOX_MSG_PING, /* daemon → spawner, on the control socket, and back */
};
/*
 * What a, b, v and text mean follows from kind. Of one size, so that a message is whole or is none.
 */
struct sandbox_msg {
    uint32_t kind;
    int32_t a, b;
    uint32_t unused;
    uint64_t v;
    char text[256];
};

enum { SANDBOX_MAX_FDS = 8 };
/*
 * 0 or -errno. Never raises SIGPIPE. The descriptors are duplicated by the kernel: the sender's
 * stay its own.
 */
int sandbox_send(int sock, const void *p, size_t n, const int *fds, size_t n_fds);
/*
 * Bytes (0: the other side closed) or -errno; -EMSGSIZE when cut. Descriptors come close-on-exec.
 */
ssize_t sandbox_recv(int sock, void *p, size_t cap, int fds[SANDBOX_MAX_FDS], size_t *ret_n_fds);
/* The same for one struct sandbox_msg. */
int sandbox_send_msg(int sock, const struct sandbox_msg *msg, const int *fds, size_t n_fds);

/*
 * A spec on the wire. After decoding all texts point into the message. The arrays bound how many
 * arguments and variables a program can be given.
 */
struct sandbox_wire {
    struct sandbox_spec spec;
    const char *argv[64];
    const char *env[512];
};
int sandbox_wire_encode(struct buf *out, const struct sandbox_spec *spec); /* 0 or -E2BIG */
int sandbox_wire_decode(struct sandbox_wire *out, str message);            /* 0 or -EPROTO */
