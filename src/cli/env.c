/* calotype env: the environment in which other clients speak to the daemon, for `eval`. */
#include "cli/common.h"
#include "cli/verb.h"

#include <stdio.h>

/* export NAME='value': nothing is special within single quotes but the quote itself. */
static void print_export(void *, const char *name, const char *value) {
    printf("export %s='", name);
    for (const char *c = value; *c; c++)
        if (*c == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*c);
    puts("'");
}

static void add_member(void *ctx, const char *name, const char *value) {
    json_set_str(ctx, name, str_c(value));
}

struct env {
    const char *data;
    bool json;
};

static int run(void *ctx, char **, int, struct err *err) {
    const struct env *env = ctx;
    struct cli_session s;
    CLEANUP_JSON json_t *doc = json_object();
    int r = cli_session_open(&s, env->data, err);
    r = r ? r : cli_session_each_variable(&s, env->json ? add_member : print_export, doc, err);
    if (r == 0 && env->json)
        cli_print_json(doc);
    cli_session_deinit(&s);
    return r;
}

static const struct prog_flag flags[] = {
    PROG_DATA(struct env, data),
    PROG_SWITCH(struct env, json, "json", "one JSON object instead"),
};

const struct prog_verb cli_verb_env = {
    .name = "env",
    .summary = "print the environment for AWS clients",
    .arguments = "[--data DIR]",
    .about =
        "Prints what makes AWS clients speak to the running daemon:\n\n"
        "  eval \"$(calotype env)\"\n\n"
        "aws before 2.13 and boto3 before 1.28 do not read AWS_ENDPOINT_URL, and rclone before\n"
        "1.61 stops when AWS_CA_BUNDLE is set: for those there is `calotype with`.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .size = sizeof(struct env),
    .run = run,
};
