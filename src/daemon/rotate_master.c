/* calotype rotate master-key: another key under which the data keys lie. */
#include "daemon/rotate.h"

#include "base/buf.h"
#include "daemon/services.h"
#include "prog/data.h"
#include "prog/say.h"
#include "store/store.h"

#include <errno.h>
#include <unistd.h>

/* Variables as the daemon has them (daemon.c), and the one that gives the new key. */
static const char *given_key(void) { return getenv("CALOTYPE_MASTER_KEY"); }
static const char *given_file(void) { return getenv("CALOTYPE_MASTER_KEY_FILE"); }
static const char *given_new(void) { return getenv("CALOTYPE_MASTER_KEY_NEW"); }

static int plan(const struct daemon_offline *o, char **ret_plan, struct err *err) {
    struct buf text = {0};
    CLEANUP_MEM char *format = prog_data_path(o->data, "format");
    if (access(format, F_OK) < 0)
        return err_sys(err, -errno, "%s is no data folder: %s", o->data, format);
    if (given_key() && !given_new())
        return err_set(err, -EINVAL,
                       "the master key comes from CALOTYPE_MASTER_KEY, so put the new one into "
                       "CALOTYPE_MASTER_KEY_NEW (64 hex digits: openssl rand -hex 32) and call "
                       "this again");
    buf_printf(
        &text,
        "The data keys of %s will be wrapped under a new master key. No value and no body is "
        "written anew,\nso who had both a copy of DATA and the old key can still read that "
        "copy.\n",
        o->data);
    if (given_new())
        buf_printf(&text, "The new key is the one in CALOTYPE_MASTER_KEY_NEW: the daemon has to be "
                          "given it from then on.");
    else if (given_file())
        buf_printf(&text, "The new key takes the place of %s.", given_file());
    else
        buf_printf(&text, "The new key takes the place of %s/keys/master.", o->data);
    *ret_plan = buf_take(&text);
    return 0;
}

static int run(struct daemon_offline *o, struct err *err) {
    const struct store_options options = {
        .data = o->data,
        .lock_fd = &o->lock_fd,
        .master_key = given_key(),
        .master_key_path = given_file(),
        .made_later = daemon_made_later,
        .migrations = daemon_migrations,
    };
    CLEANUP(store) struct store *store = NULL;
    uint64_t keys = 0;
    int r = store_open(&store, &options, err);
    r = r ? r : store_rotate_master(store, &options, given_new(), &keys, err);
    if (r)
        return r;
    prog_print("wrapped %llu data keys of %s under the new master key\n", (unsigned long long)keys,
               o->data);
    if (given_new())
        prog_print("start the daemon with the new key: the old one opens nothing any more\n");
    else
        prog_print("keep a copy of %s%s: without it the data cannot be read\n",
                   given_file() ? given_file() : o->data, given_file() ? "" : "/keys/master");
    return 0;
}

const struct daemon_rotation daemon_rotation_master = {
    .about = "the key under which all data keys lie",
    .plan = plan,
    .run = run,
};
