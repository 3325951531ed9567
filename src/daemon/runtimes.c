/*
 * calotype-daemon runtimes: what functions in Python and Node would run on if a daemon were started on
 * this data folder by this user. `calotype runtime` asks it where none runs.
 */
#include "daemon/settings.h"
#include "daemon/verb.h"
#include "prog/data.h"
#include "prog/say.h"
#include "svc/lambda/lambda.h"

#include <errno.h>
#include <unistd.h>

/* Another's settings are not for us to read, nor would be that daemon's start. */
static int read_file(void *ctx, struct err *err) {
    struct daemon_settings *s = ctx;
    int r = daemon_settings_load(s, prog_data_dir(s->data), err);
    return r == -EACCES ? 0 : r;
}

static int run(void *ctx, char **, int, struct err *err) {
    const struct daemon_settings *s = ctx;
    const struct lambda_places places = {.python = s->python, .node = s->node};
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = lambda_machine_look(&places, &doc, err);
    if (r)
        return r;
    json_set_int(doc, "UserId", geteuid());
    json_write(&text, doc);
    prog_print("%s\n", buf_cstr(&text));
    return PROG_OK;
}

static void deinit(void *ctx) { daemon_settings_deinit(ctx); }

const struct prog_verb daemon_verb_runtimes = {
    .name = "runtimes",
    .arguments = "[--data DIR] [--python PATH] [--node PATH]",
    .about =
        "Prints, as JSON, what functions in Python and Node would run on: calotype runtime ls.",
    .flags = daemon_flags,
    .n_flags = DAEMON_FLAGS,
    .size = sizeof(struct daemon_settings),
    .defaults = &daemon_settings_defaults,
    .read_file = read_file,
    .run = run,
    .deinit = deinit,
};
