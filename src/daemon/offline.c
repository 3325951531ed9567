/* daemon/offline: takes DATA for a verb that works on its files. */
#include "daemon/offline.h"

#include "prog/data.h"
#include "store/store.h"

#include <errno.h>
#include <sys/stat.h>

const struct prog_flag daemon_offline_flags[OFFLINE_FLAGS] = {
    PROG_DATA(struct daemon_offline, data),
    PROG_SWITCH(struct daemon_offline, yes, "yes", "do it, ask nothing"),
};
const struct daemon_offline daemon_offline_defaults = {.lock_fd = -1};

int daemon_offline_begin(struct daemon_offline *o, struct err *err) {
    struct stat st;
    umask(0077); /* of the files that are made, as the daemon's are */
    o->data = prog_data_dir(o->data);
    if (stat(o->data, &st) != 0)
        return err_sys(err, -errno, "%s cannot be looked at (--data says which folder is meant)",
                       o->data);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, -ENOTDIR, "%s is not a folder (--data says which is meant)", o->data);
    return store_lock(o->data, &o->lock_fd, err);
}

void daemon_offline_deinit(struct daemon_offline *o) { fd_closep(&o->lock_fd); }
