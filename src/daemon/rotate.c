/* calotype-daemon rotate: makes a key of a data folder anew, while its daemon is down. */
#include "daemon/rotate.h"

#include "base/buf.h"
#include "daemon/verb.h"
#include "prog/ask.h"
#include "prog/say.h"

#include <errno.h>
#include <stdio.h>

/* The names, and what each of them is. */
static const char *const whats[] = {"ca", "master-key", NULL};
static const struct daemon_rotation *const rotations[] = {&daemon_rotation_ca,
                                                          &daemon_rotation_master};

static const struct daemon_rotation *find(const char *what) {
    for (size_t i = 0; whats[i]; i++)
        if (strcmp(whats[i], what) == 0)
            return rotations[i];
    return NULL;
}

static int misuse(const char *what) {
    prog_error("\"%s\" is nothing that can be made anew", what);
    for (size_t i = 0; whats[i]; i++)
        prog_hint("  calotype rotate %-12s %s", whats[i], rotations[i]->about);
    return PROG_USAGE;
}

static int run(void *ctx, char **rest, int, struct err *err) {
    struct daemon_offline *o = ctx;
    CLEANUP_MEM char *plan = NULL;
    const struct daemon_rotation *rotation = find(rest[0]);
    if (!rotation)
        return misuse(rest[0]);
    int r = daemon_offline_begin(o, err);
    r = r ? r : rotation->plan(o, &plan, err);
    if (r == 0 && !prog_ask(o->yes, plan))
        return PROG_USAGE;
    r = r ? r : rotation->run(o, err);
    return r > 0 ? -EIO : r; /* an outcome of some room is no exit code */
}

static void deinit(void *ctx) { daemon_offline_deinit(ctx); }

const struct prog_verb daemon_verb_rotate = {
    .name = "rotate",
    .arguments = "[--data DIR] [--yes] WHAT",
    .about = "Makes a key of a data folder anew, while its daemon is down. It says what it will\n"
             "do, and asks; where nobody can be asked, only --yes does it.",
    .flags = daemon_offline_flags,
    .n_flags = OFFLINE_FLAGS,
    .least = 1,
    .most = 1,
    .operand = "WHAT",
    .choices = whats,
    .size = sizeof(struct daemon_offline),
    .defaults = &daemon_offline_defaults,
    .run = run,
    .deinit = deinit,
};
