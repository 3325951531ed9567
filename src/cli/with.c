/*
 * calotype with: runs one client with the environment of `calotype env`, and with what old clients
 * need beyond it. The table of those needs is below; each row says what it works around.
 */
#include "cli/variables.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
    const char *client;
    bool endpoint_flag;   /* --endpoint-url URL right behind the command */
    const char *unset[4]; /* variables it must not see */
} needs[] = {
    /* Before 2.13 and 1.29 it does not read AWS_ENDPOINT_URL; 1.x forgets it for SQS. */
    {"aws", true, {NULL}},
    /* 1.60 gives up over AWS_CA_BUNDLE; it has RCLONE_CA_CERT. */
    {"rclone", false, {"AWS_CA_BUNDLE", NULL}},
};

static void set_variable(void *, const char *name, const char *value) {
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static bool has_argument(char **argv, const char *name) {
    for (; *argv; argv++)
        if (str_starts(str_c(*argv), str_c(name)))
            return true;
    return false;
}

/* argv, perhaps with two more behind the first; the caller frees. */
static char **arrange(char **argv, int n, const struct cli_session *s) {
    const char *slash = strrchr(argv[0], '/');
    const char *client = slash ? slash + 1 : argv[0];
    size_t word = sizeof(char *);
    char **out = mem_zalloc(((size_t)n + 3) * word);
    int at = 0;
    out[at++] = argv[0];
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        if (strcmp(client, needs[i].client) != 0)
            continue;
        for (size_t k = 0; needs[i].unset[k]; k++)
            unsetenv(needs[i].unset[k]);
        if (needs[i].endpoint_flag && !has_argument(argv, "--endpoint-url")) {
            out[at++] = "--endpoint-url";
            out[at++] = s->endpoint;
        }
    }
    memcpy(out + at, argv + 1, ((size_t)n - 1) * word);
    return out;
}

struct with {
    const char *data;
};

/* Returns only if it cannot be run. */
static int run(void *ctx, char **rest, int n, struct err *err) {
    const struct with *with = ctx;
    struct cli_session s;
    int r = cli_session_open(&s, with->data, err);
    const struct cli_variables variables = {.node = true, .python = true, .proxy = true};
    r = r ? r : cli_variables_each(&s, &variables, set_variable, NULL, err);
    if (r == 0) {
        CLEANUP_MEM char **command = arrange(rest, n, &s);
        execvp(command[0], command);
        r = err_sys(err, -errno, "cannot run %s", command[0]);
    }
    cli_session_deinit(&s);
    return r;
}

static const struct prog_flag flags[] = {PROG_DATA(struct with, data)};

const struct prog_verb cli_verb_with = {
    .name = "with",
    .summary = "run an AWS client against the daemon",
    .arguments = "[--data DIR] COMMAND [ARGUMENTS]",
    .about =
        "Runs a client, or a script that runs some, against the running daemon: the environment\n"
        "of `calotype env`, and what old clients need beyond it (--endpoint-url for aws, no\n"
        "AWS_CA_BUNDLE for rclone, a module that botocore and Node load first).\n\n"
        "  calotype with aws s3 ls\n"
        "  calotype with python3 mine.py",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .stop_at_first = true,
    .least = 1,
    .most = -1,
    .operand = "COMMAND",
    .size = sizeof(struct with),
    .run = run,
};
