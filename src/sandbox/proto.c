/* Messages between daemon, spawner and inits: datagrams with descriptors, and a spec flattened. */
#include "sandbox/proto_priv.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int sandbox_send(int sock, const void *p, size_t n, const int *fds, size_t n_fds) {
    union {
        char space[CMSG_SPACE(sizeof(int) * SANDBOX_MAX_FDS)];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {(void *)(uintptr_t)p, n};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (n_fds) {
        msg.msg_control = control.space;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
        struct cmsghdr *c = &control.align; /* CMSG_FIRSTHDR, which may answer NULL */
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
    }
    ssize_t sent;
    do
        sent = sendmsg(sock, &msg, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

ssize_t sandbox_recv(int sock, void *p, size_t cap, int fds[SANDBOX_MAX_FDS], size_t *ret_n_fds) {
    union {
        char space[CMSG_SPACE(sizeof(int) * SANDBOX_MAX_FDS)];
        struct cmsghdr align;
    } control;
    struct iovec iov = {p, cap};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.space,
                         .msg_controllen = sizeof control.space};
    ssize_t got;
    do
        got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    *ret_n_fds = 0;
    if (got < 0)
        return -errno;
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
        *ret_n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(c), *ret_n_fds * sizeof(int));
    }
    if (!(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return got;
    for (size_t i = 0; i < *ret_n_fds; i++)
        close(fds[i]);
    *ret_n_fds = 0;
    return -EMSGSIZE;
}

int sandbox_send_msg(int sock, const struct sandbox_msg *msg, const int *fds, size_t n_fds) {
    return sandbox_send(sock, msg, sizeof *msg, fds, n_fds);
}

/* ---- The spec ---- */
/* Texts keep their NUL on the wire, so that the decoded views serve as C strings. */
static void add_text(struct buf *out, const char *text) {
    buf_lstr(out, (str){text, strlen(text) + 1});
}

static const char *take_text(struct cur *c) {
    str s = cur_lstr(c);
    if (s.len == 0 || s.p[s.len - 1] != '\0') {
        c->bad = true;
        return "";
    }
    return s.p;
}

static void add_list(struct buf *out, const char *const *list) {
    size_t n = 0;
    while (list[n])
        n++;
    buf_varint(out, n);
    for (size_t i = 0; i < n; i++)
        add_text(out, list[i]);
}

static void take_list(struct cur *c, const char **list, size_t room) {
    uint64_t n = cur_varint(c);
    if (n >= room) {
        c->bad = true;
        n = 0;
    }
    for (size_t i = 0; i < n; i++)
        list[i] = take_text(c);
    list[n] = NULL;
}

int sandbox_wire_encode(struct buf *out, const struct sandbox_spec *spec) {
    add_text(out, spec->code);
    add_list(out, spec->argv);
    add_list(out, spec->env);
    buf_u64(out, spec->memory_bytes);
    buf_u64(out, spec->tmp_bytes);
    buf_u32(out, spec->max_processes);
    buf_u32(out, spec->max_files);
    for (size_t i = 0; i < SANDBOX_MAX_PORTS; i++)
        buf_u16(out, spec->ports[i]);
    buf_u8(out, spec->limit_address_space);
    buf_u8(out, spec->records);
    buf_u8(out, spec->stays);
    for (size_t i = 0; i < SANDBOX_MAX_BINDS; i++) {
        buf_u8(out, spec->binds[i].host != NULL);
        if (!spec->binds[i].host)
            break;
        add_text(out, spec->binds[i].host);
        add_text(out, spec->binds[i].inside);
    }
    for (size_t i = 0; i < SANDBOX_MAX_FILES; i++) {
        buf_u8(out, spec->files[i].inside != NULL);
        if (!spec->files[i].inside)
            break;
        add_text(out, spec->files[i].inside);
        buf_lstr(out, spec->files[i].content);
    }
    for (size_t i = 0; i < SANDBOX_MAX_LINKS; i++) {
        buf_u8(out, spec->links[i].inside != NULL);
        if (!spec->links[i].inside)
            break;
        add_text(out, spec->links[i].inside);
        add_text(out, spec->links[i].target);
    }
    return out->len > SANDBOX_MAX_SPEC ? -E2BIG : 0;
}

int sandbox_wire_decode(struct sandbox_wire *out, str message) {
    struct cur c = cur_of(message);
    struct sandbox_spec *spec = &out->spec;
    memset(spec, 0, sizeof *spec);
    spec->code = take_text(&c);
    take_list(&c, out->argv, sizeof out->argv / sizeof *out->argv);
    take_list(&c, out->env, sizeof out->env / sizeof *out->env);
    spec->argv = out->argv;
    spec->env = out->env;
    spec->memory_bytes = cur_u64(&c);
    spec->tmp_bytes = cur_u64(&c);
    spec->max_processes = cur_u32(&c);
    spec->max_files = cur_u32(&c);
    for (size_t i = 0; i < SANDBOX_MAX_PORTS; i++)
        spec->ports[i] = cur_u16(&c);
    spec->limit_address_space = cur_u8(&c);
    spec->records = cur_u8(&c);
    spec->stays = cur_u8(&c);
    for (size_t i = 0; i < SANDBOX_MAX_BINDS && cur_u8(&c); i++) {
        spec->binds[i].host = take_text(&c); /* C gives initialisers no order: two statements */
        spec->binds[i].inside = take_text(&c);
    }
    for (size_t i = 0; i < SANDBOX_MAX_FILES && cur_u8(&c); i++) {
        spec->files[i].inside = take_text(&c);
        spec->files[i].content = cur_lstr(&c);
    }
    for (size_t i = 0; i < SANDBOX_MAX_LINKS && cur_u8(&c); i++) {
        spec->links[i].inside = take_text(&c);
        spec->links[i].target = take_text(&c);
    }
    return c.bad || !out->argv[0] ? -EPROTO : 0;
}
