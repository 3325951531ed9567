/*
 * calotype-daemon repair: says what is wrong with a data folder and what it would do, asks, and does
 * it. The store looks at its own files; the root key's is the daemon's.
 */
#include "store/repair.h"

#include "daemon/next.h"
#include "daemon/offline.h"
#include "daemon/services.h"
#include "daemon/verb.h"
#include "prog/ask.h"
#include "prog/data.h"
#include "prog/say.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* The file credentials is there, and holds no key. */
static bool has_bad_credentials(const char *data) {
    struct prog_credentials key;
    int r = prog_credentials_read(data, &key, NULL);
    explicit_bzero(&key, sizeof key);
    return r == -EINVAL || r == -EISDIR;
}

static int set_credentials_aside(struct store_repair *repair, struct buf *said, struct err *err) {
    CLEANUP_MEM char *to = NULL;
    int r = store_repair_set_aside(repair, "credentials", &to, err);
    if (r == 0)
        buf_printf(said, "set aside credentials, as %s\n", to);
    return r;
}

static int mend(struct daemon_offline *o, struct store_repair *repair, const char *plan,
                bool bad_credentials, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf said = {0};
    if (!prog_ask(o->yes, plan))
        return PROG_USAGE;
    int r = store_repair_run(repair, &said, err);
    if (r == 0 && bad_credentials && has_bad_credentials(o->data))
        r = set_credentials_aside(repair, &said, err);
    prog_print("%s", buf_cstr(&said));
    if (r == 0)
        prog_print("done; next: calotype up --data %s\n", o->data);
    return r ? r : store_repair_has_findings(repair) ? PROG_FINDINGS : PROG_OK;
}

static int look_and_mend(struct daemon_offline *o, struct err *err) {
    CLEANUP(store_repair) struct store_repair *repair = NULL;
    CLEANUP_DEINIT(buf) struct buf plan = {0};
    struct store_options options = {
        .data = o->data,
        .master_key = getenv("CALOTYPE_MASTER_KEY"),
        .master_key_path = getenv("CALOTYPE_MASTER_KEY_FILE"),
        .made_later = daemon_made_later,
        .migrations = daemon_migrations,
    };
    int r = store_repair_look(&repair, &options, err);
    if (r)
        return r;
    bool bad_credentials = has_bad_credentials(o->data);
    buf_c(&plan, store_repair_plan(repair));
    if (bad_credentials)
        buf_c(&plan, "credentials holds no key pair.\n"
                     "  It is set aside, and the next start makes a new root key.\n");
    CLEANUP_MEM char *format = prog_data_path(o->data, "format");
    if (plan.len == 0 && access(format, F_OK) < 0)
        return err_set(err, -ENOENT, "%s is no data folder (--data says which is meant)", o->data);
    if (plan.len == 0) {
        prog_print("nothing is wrong with %s\n", o->data);
        return PROG_OK;
    }
    if (!store_repair_has_work(repair) && !bad_credentials) {
        prog_print("%s", buf_cstr(&plan));
        return PROG_FINDINGS;
    }
    plan.len--; /* the last line break */
    return mend(o, repair, buf_cstr(&plan), bad_credentials, err);
}

static int run(void *ctx, char **, int, struct err *err) {
    struct daemon_offline *o = ctx;
    int r = daemon_offline_begin(o, err);
    r = r ? r : look_and_mend(o, err);
    if (r == PROG_USAGE || r == PROG_FINDINGS || r == 0)
        return r;
    daemon_add_next(r, o->data, err);
    return r > 0 ? -EIO : r; /* an outcome of some room is no exit code */
}

static void deinit(void *ctx) { daemon_offline_deinit(ctx); }

const struct prog_verb daemon_verb_repair = {
    .name = "repair",
    .arguments = "[--data DIR] [--yes]",
    .about =
        "Looks at a data folder whose daemon is down, says what is wrong with it and what can\n"
        "be done, and asks. Nothing is removed: what is broken goes to DIR/lost.",
    .flags = daemon_offline_flags,
    .n_flags = OFFLINE_FLAGS,
    .size = sizeof(struct daemon_offline),
    .defaults = &daemon_offline_defaults,
    .run = run,
    .deinit = deinit,
};
