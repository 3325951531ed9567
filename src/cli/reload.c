/*
 * calotype reload: has the daemon that holds a data folder read its settings again, and says what
 * changed. Units of systemd call it for `systemctl reload`.
 */
#include "cli/common.h"
#include "cli/verb.h"
#include "prog/data.h"
#include "prog/say.h"

#include <errno.h>

struct reload {
    const char *data;
};

/* "changed: log-level, reserve-mib"; nothing where the list is empty. */
static void print_names(const char *what, const json_t *names) {
    CLEANUP_DEINIT(buf) struct buf line = {0};
    cli_add_names(&line, names);
    if (line.len)
        prog_print("%s: %s\n", what, buf_cstr(&line));
}

static int run(void *ctx, char **, int, struct err *err) {
    const struct reload *r = ctx;
    const char *data = prog_data_dir(r->data);
    CLEANUP_JSON json_t *doc = NULL;
    int status = 0;
    int fault = prog_admin_ask(data, "POST", "/reload", STR_NONE, &status, &doc, err);
    if (fault)
        return fault;
    if (status != 200)
        return err_set(err, -EINVAL, "the settings stay as they are: " STR_FMT,
                       STR_ARG(json_str(doc, "error")));
    const json_t *changed = json_object_get(doc, "changed");
    const json_t *waiting = json_object_get(doc, "waiting");
    print_names("changed", changed);
    print_names("waiting for a restart", waiting);
    if (json_array_size(changed) + json_array_size(waiting) == 0)
        prog_print("nothing has changed\n");
    return PROG_OK;
}

static const struct prog_flag flags[] = {PROG_DATA(struct reload, data)};

const struct prog_verb cli_verb_reload = {
    .name = "reload",
    .summary = "have the daemon read its settings again",
    .arguments = "[--data DIR]",
    .about =
        "Has the daemon of a data folder read DIR/calotype.yaml again. What can change while it\n"
        "runs changes at once; what cannot (address, port, threads, isolation, interpreters,\n"
        "idle-seconds) is named, and waits for a restart. A file with a mistake changes nothing.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .size = sizeof(struct reload),
    .run = run,
};
