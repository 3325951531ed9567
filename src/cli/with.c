/*
 * calotype with: runs one client with the environment of `calotype env`, and with what old clients
 * need beyond it. The table of those needs is below; each row says what it works around.
 */
#include "prog/say.h"
#include "cli/session.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
    const char *client;
    bool endpoint_flag;   /* --endpoint-url URL right behind the command */
    const char *unset[4]; /* variables it must not see */
} needs[] = {
    /* Before 2.13 and 1.29 it does not read AWS_ENDPOINT_URL; 1.45 forgets it for SQS. */
    {"aws", true, {NULL}},
    /* 1.60 gives up over AWS_CA_BUNDLE; it has RCLONE_CA_CERT. */
    {"rclone", false, {"AWS_CA_BUNDLE", NULL}},
};

static void set_variable(void *, const char *name, const char *value) { setenv(name, value, 1); }

/* The daemon is never behind a proxy. */
static void add_no_proxy(const char *name) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    const char *old = getenv(name);
    buf_printf(&value, "%s%s127.0.0.1,localhost", old ? old : "", old && *old ? "," : "");
    setenv(name, buf_cstr(&value), 1);
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
    r = r ? r : cli_session_each_variable(&s, set_variable, NULL, err);
    if (r == 0) {
        add_no_proxy("NO_PROXY");
        add_no_proxy("no_proxy");
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
    .summary = "run an AWS client against it",
    .arguments = "[--data DIR] COMMAND [ARGUMENTS]",
    .about =
        "Runs a client against the running daemon: the environment of `calotype env`, and what\n"
        "old clients need beyond it (--endpoint-url for aws, no AWS_CA_BUNDLE for rclone).\n\n"
        "  calotype with aws s3 ls",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .stop_at_first = true,
    .least = 1,
    .most = -1,
    .size = sizeof(struct with),
    .run = run,
};
