#pragma once
/*
 * prog/data: the data folder as the command line sees it, and the way to the daemon that holds it.
 *
 * DATA is --data, else $CALOTYPE_DATA, else ./var where it is this user's and a cloud or its settings
 * are in it, else the folder of the installed instance of this user where that is there, else ./var. A running daemon
 * is found through its socket DATA/admin.sock: there is no pid file that could lie. The kernel tells
 * who listens there.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

#include <sys/types.h>

/* flag may be NULL. Never NULL. What was found is static: by the first thread. */
const char *prog_data_dir(const char *flag);
/* Who looks for a cloud, and in which machine: root is put before absolute paths ("": this one). */
struct prog_user {
    bool is_root;
    const char *root;
    char *(*variable)(const char *name); /* getenv */
};
/*
 * Where DATA is when nobody says, in *ret. False: nothing is there, and it is ./var. Variables: HOME,
 * XDG_STATE_HOME and XDG_CONFIG_HOME, as the user's service manager reads them (systemd.unit(5), %S).
 */
bool prog_data_find(const struct prog_user *user, struct buf *ret);
/* DATA/name; the caller frees. */
char *prog_data_path(const char *data, const char *name);

/* ---- The admin socket ---- */
/*
 * A listening socket (0600) at DATA/admin.sock, in place of a dead one; with runtime, a folder of this
 * user alone, it lies there (admin-DEVICE-INODE.sock, of DATA's folder), and DATA/admin.sock is a
 * link to it. The caller holds the lock on DATA. 0 with a descriptor that is the caller's, or -errno
 * with words.
 */
int prog_admin_listen(const char *data, const char *runtime, int *ret_fd, struct err *err);
/* Removes it, and the link. Nothing where there is none. */
void prog_admin_remove(const char *data);
/*
 * Connects; *ret_pid (may be NULL) is the daemon's process, 0 when it is in another pid namespace.
 * -ENOENT or -ECONNREFUSED: no daemon runs on DATA; err then says so and how to start one. A link
 * that was copied along with another DATA leads to no daemon. -ETIMEDOUT, after half a minute: one
 * that stands still.
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
