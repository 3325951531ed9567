/* calotype env: the environment in which other clients speak to the daemon, for `eval`. */
#include "base/json.h"
#include "prog/flag.h"
#include "prog/say.h"
#include "prog/session.h"
#include "prog/verb.h"

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

static void add_member(void *ctx, const char *name, const char *value) { json_set_str(ctx, name, str_c(value)); }

static int print_variables(const struct prog_session *s, bool json, struct err *err) {
    CLEANUP_JSON json_t *doc = json_object();
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = prog_session_each_variable(s, json ? add_member : print_export, doc, err);
    if (r == 0 && json) {
        json_write_pretty(&text, doc);
        puts(buf_cstr(&text));
    }
    return r;
}

int prog_verb_env(int argc, char **argv) {
    const char *data = NULL;
    bool json = false;
    const struct prog_flag rows[] = {
        {"data", FLAG_TEXT, &data, "DIR", "data folder ($CALOTYPE_DATA, ./var)", 0, 0, NULL},
        {"json", FLAG_SWITCH, &json, NULL, "one JSON object instead", 0, 0, NULL},
    };
    const struct prog_flags flags = {
        .verb = "env",
        .arguments = "[--data DIR]",
        .about = "Prints what makes AWS clients speak to the running daemon:\n\n"
                 "  eval \"$(calotype env)\"\n\n"
                 "aws before 2.13 and boto3 before 1.28 do not read AWS_ENDPOINT_URL, and rclone before\n"
                 "1.61 stops when AWS_CA_BUNDLE is set: for those there is `calotype with`.",
        .rows = rows,
        .n_rows = ARRAY_LEN(rows),
    };
    CLEANUP_MEM char **rest = NULL;
    int n, code;
    if (!prog_flags_read(&flags, argc, argv, &rest, &n, &code))
        return code;
    struct prog_session s;
    struct err err = {0};
    int r = prog_session_open(&s, data, &err);
    r = r ? r : print_variables(&s, json, &err);
    if (r)
        prog_error("%s", err.text);
    prog_session_deinit(&s);
    return r ? PROG_FAILED : PROG_OK;
}
