/*
 * calotype runtime: what functions in Python and Node run on: `ls` shows it as the daemon sees it,
 * `install` brings what is missing.
 */
#include "cli/runtime.h"

#include "cli/common.h"
#include "cli/row.h"
#include "cli/verb.h"
#include "prog/data.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>

struct runtime {
    const char *data;
    bool json;
};

/* ---- Words ---- */
static void add_user(struct buf *out, int64_t uid) {
    const struct passwd *user = getpwuid((uid_t)uid);
    if (user)
        buf_c(out, user->pw_name);
    else
        buf_printf(out, "%lld", (long long)uid);
}

static void add_command(struct buf *out, const json_t *row) {
    buf_printf(out, "calotype runtime install " STR_FMT, STR_ARG(json_str(row, "Language")));
}

/* ---- ls ---- */
static const struct cli_column columns[] = {{.title = "LANGUAGE", .width = 9},
                                            {.title = "WHAT", .width = 24},
                                            {.title = "VERSION", .width = 9},
                                            {.title = "RUNS, OR WHERE IT LIES"}};

static void print_row(str language, str what, str version, const struct buf *rest) {
    const str cells[] = {language, what, version, buf_view(rest)};
    cli_row(columns, ARRAY_LEN(columns), cells, NULL);
}

static void print_interpreters(const json_t *row) {
    size_t i;
    json_t *one;
    const json_t *all = json_arr(row, "Interpreters");
    CLEANUP_DEINIT(buf) struct buf rest = {0};
    json_array_foreach (all, i, one) {
        const json_t *own = json_arr(one, "Runtimes"), *others = json_arr(one, "StandsInFor");
        buf_clear(&rest);
        cli_add_names(&rest, own);
        if (json_array_size(others))
            buf_printf(&rest, "%sfor want of their own ", json_array_size(own) ? "; " : "");
        cli_add_names(&rest, others);
        print_row(i ? S("") : json_str(row, "Language"), json_str(one, "Program"),
                  json_str(one, "Version"), &rest);
    }
    if (json_array_size(all))
        return;
    add_command(&rest, row);
    print_row(json_str(row, "Language"), S("no interpreter"), S("-"), &rest);
}

static void print_packages(const json_t *row) {
    const json_t *packages = json_obj(row, "Packages");
    const struct packages *of = packages_of(json_str(row, "Language"));
    CLEANUP_DEINIT(buf) struct buf rest = {0};
    if (packages)
        buf_str(&rest, json_str(packages, "Folder"));
    else
        add_command(&rest, row);
    str version = json_str(packages, "Version");
    print_row(S(""), str_c(of ? of->probe : ""), packages ? version : S("missing"), &rest);
}

/* Whose view it is: the daemon's user is often another one than who asks. */
static void say_whose(const struct runtime *r, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf user = {0};
    int64_t pid = json_int(doc, "ProcessId", 0);
    add_user(&user, json_int(doc, "UserId", 0));
    if (pid)
        prog_hint("as the daemon on %s sees it (process %lld, of %s)", prog_data_dir(r->data),
                  (long long)pid, buf_cstr(&user));
    else
        prog_hint("no daemon answers on %s: as one of %s would see it", prog_data_dir(r->data),
                  buf_cstr(&user));
}

static int list(const struct runtime *r, struct err *err) {
    CLEANUP_JSON json_t *doc = NULL;
    size_t i;
    json_t *row;
    int fault = cli_runtime_look(prog_data_dir(r->data), &doc, err);
    if (fault)
        return fault;
    if (r->json) {
        cli_print_json(doc);
        return PROG_OK;
    }
    cli_row_head(columns, ARRAY_LEN(columns));
    json_array_foreach (json_arr(doc, "Languages"), i, row) {
        print_interpreters(row);
        print_packages(row);
    }
    prog_flush();
    say_whose(r, doc);
    return PROG_OK;
}

/* ---- install ---- */
static json_t *result_doc(const struct packages *of, const struct cli_runtime_result *result) {
    json_t *doc = json_object();
    json_set_str(doc, "Language", str_c(of->word));
    json_set_bool(doc, "Changed", result->changed);
    json_set_str(doc, "Name", str_c(of->probe));
    json_set_str(doc, "Version", buf_view(&result->version));
    json_set_str(doc, "Folder", buf_view(&result->folder));
    return doc;
}

static void print_results(const struct runtime *r, const json_t *results) {
    size_t i;
    json_t *one;
    if (r->json)
        cli_print_json(results);
    json_array_foreach (results, i, one)
        if (!r->json)
            prog_print_line(STR_FMT ": " STR_FMT " " STR_FMT " in " STR_FMT " %s",
                            STR_ARG(json_str(one, "Language")), STR_ARG(json_str(one, "Name")),
                            STR_ARG(json_str(one, "Version")), STR_ARG(json_str(one, "Folder")),
                            json_bool(one, "Changed", false)
                                ? "is installed"
                                : "is there already, nothing is to be done");
}

/* The daemon that runs may look elsewhere: it is of another user, or was told so. */
static bool does_see(const json_t *doc, const json_t *result) {
    const json_t *row = cli_runtime_row(doc, packages_of(json_str(result, "Language")));
    return json_array_size(json_arr(row, "Interpreters")) &&
           str_eq(json_str(json_obj(row, "Packages"), "Folder"), json_str(result, "Folder"));
}

/* How many of the results the running daemon does not see, each of which is told. */
static size_t tell_unseen(const struct runtime *r, const json_t *results) {
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_DEINIT(buf) struct buf user = {0};
    size_t i, n = 0;
    json_t *one;
    const char *data = prog_data_dir(r->data);
    if (cli_runtime_look(data, &doc, NULL) || !json_has(doc, "ProcessId"))
        return 0;
    add_user(&user, json_int(doc, "UserId", 0));
    json_array_foreach (results, i, one)
        if (!does_see(doc, one) && ++n)
            prog_error("the daemon on %s, of %s, does not see " STR_FMT
                       ": install it as that user or as root, with the daemon's CALOTYPE_RUNTIMES",
                       data, buf_cstr(&user), STR_ARG(json_str(one, "Folder")));
    return n;
}

static int install(const struct runtime *r, const char *word) {
    CLEANUP_JSON json_t *results = json_array();
    const struct packages *of;
    size_t n = 0, failed = 0;
    for (size_t i = 0; (of = packages_at(i)); i++) {
        struct cli_runtime_result result = {0};
        struct err err = {0};
        if (word && strcmp(word, of->word) != 0)
            continue;
        n++;
        if (cli_runtime_install(of, prog_data_dir(r->data), &result, &err)) {
            prog_error("%s: %s", of->word, err.text);
            failed++;
        } else {
            json_array_append_new(results, result_doc(of, &result));
        }
        cli_runtime_result_deinit(&result);
    }
    print_results(r, results);
    prog_flush();
    return prog_code(failed + (failed < n ? tell_unseen(r, results) : 0), n);
}

/* ---- The verb ---- */
static int misuse(char **rest) {
    if (strcmp(rest[0], "ls") == 0)
        prog_error("runtime ls takes no argument");
    else if (strcmp(rest[0], "install") == 0)
        prog_error("\"%s\" is no language that can be installed: python, node", rest[1]);
    else
        prog_error("\"%s\" is nothing that runtime does: ls, install", rest[0]);
    return PROG_USAGE;
}

static int run(void *ctx, char **rest, int n, struct err *err) {
    const struct runtime *r = ctx;
    if (strcmp(rest[0], "ls") == 0 && n == 1)
        return list(r, err);
    if (strcmp(rest[0], "install") != 0)
        return misuse(rest);
    const struct packages *of = n > 1 ? packages_of(str_c(rest[1])) : NULL;
    return n > 1 && !of ? misuse(rest) : install(r, of ? of->word : NULL);
}

static const char *const words[] = {"ls", "install", "python", "node", NULL};
static const struct prog_flag flags[] = {
    PROG_DATA(struct runtime, data),
    PROG_SWITCH(struct runtime, json, "json", "JSON instead of rows"),
};

const struct prog_verb cli_verb_runtime = {
    .name = "runtime",
    .summary = "what functions in Python and Node run on",
    .arguments = "[--data DIR] [--json] ls | install [python|node]",
    .about =
        "ls shows the interpreters that run functions, which runtimes of Lambda each runs, and\n"
        "the packages that AWS's images have beside them (boto3; the clients of @aws-sdk), as\n"
        "the daemon of the data folder sees it.\n"
        "install brings what is missing, of one language or of all: Python and boto3, Node and\n"
        "npm from Debian's packages, as root; @aws-sdk from npm, for this user's daemons, or as\n"
        "root for all. What is there already is left as it is. It works on no daemon.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .least = 1,
    .most = 2,
    .operand = "WHAT",
    .choices = words,
    .size = sizeof(struct runtime),
    .run = run,
};
