#pragma once
/*
 * prog/data: the data folder as the command line sees it, and the way to the daemon that holds it.
 *
 * DATA is --data, else $CALOTYPE_DATA, else ./var. A running daemon is found through its socket
 * DATA/admin.sock: there is no pid file that could lie. The kernel tells who listens there.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

#include <sys/types.h>

/* flag may be NULL. Never NULL. */
const char *prog_data_dir(const char *flag);
/* DATA/name; the caller frees. */
char *prog_data_path(const char *data, const char *name);

/* ---- The admin socket ---- */
/*
 * A listening socket at DATA/admin.sock (0600), in place of a dead one. The caller holds the lock
 * on DATA. 0 with a descriptor that is the caller's, or -errno with words.
 */
int prog_admin_listen(const char *data, int *ret_fd, struct err *err);
/* Removes it. Nothing where there is none. */
void prog_admin_remove(const char *data);
/*
 * Connects; *ret_pid (may be NULL) is the daemon's process, 0 when it is in another pid namespace.
 * -ENOENT or -ECONNREFUSED: no daemon runs on DATA; err then says so and how to start one.
 */
int prog_admin_connect(const char *data, int *ret_fd, pid_t *ret_pid, struct err *err);
/* One HTTP exchange on it. body absent: none. 0 with status and document, or -errno. */
int prog_admin_ask(const char *data, const char *method, const char *path, str body,
                   int *ret_status, json_t **ret_doc, struct err *err);

/* ---- Credentials ---- */
struct prog_credentials {
    char access_key[32], secret_key[64], region[32];
};
/* Of the root user, from DATA/credentials. -ENOENT: there are none yet. */
int prog_credentials_read(const char *data, struct prog_credentials *ret, struct err *err);
/* Appends the form that AWS's tools and prog_credentials_read read. */
void prog_credentials_add(struct buf *out, const struct prog_credentials *key);
/* Durably, 0600. */
int prog_credentials_write(const char *data, const struct prog_credentials *key, struct err *err);
