/* Reading a verb's command line, running it, and turning its result into an exit code. */
#include "prog/verb.h"

#include "base/buf.h"
#include "prog/say.h"

#include <errno.h>
#include <stdio.h>

static const char *space_before(const char *arguments) { return *arguments ? " " : ""; }

static void print_help(const struct prog_verb *verb) {
    prog_print("usage: calotype %s%s%s\n\n%s\n", verb->name, space_before(verb->arguments),
               verb->arguments, verb->about);
    if (verb->n_flags)
        prog_print("\n");
    for (size_t i = 0; i < verb->n_flags; i++) {
        const struct prog_flag *f = &verb->flags[i];
        CLEANUP_DEINIT(buf) struct buf left = {0};
        buf_printf(&left, "--%s%s%s", f->name, f->value ? " " : "", f->value ? f->value : "");
        prog_print("  %-24s %s\n", buf_cstr(&left), f->help);
    }
}

static int misuse(const struct prog_verb *verb, const char *what) {
    prog_error("%s", what);
    prog_hint("usage: calotype %s%s%s (--help says more)", verb->name,
              space_before(verb->arguments), verb->arguments);
    return PROG_USAGE;
}

struct reading {
    const struct prog_verb *verb;
    void *ctx;
    int argc;
    char **argv;
    char **rest; /* the arguments that are no flags; n of them */
    int n;
    bool wants_help;
};

/* One flag at argv[*i]; moves *i on when the value is an argument of its own. */
static int read_flag(const struct reading *r, int *i, struct err *err) {
    str name, value;
    if (r->argv[*i][1] != '-')
        return err_set(err, -EINVAL,
                       "there is no flag %s (an argument that begins so stands behind --)",
                       r->argv[*i]);
    bool has_value = str_cut(str_skip(str_c(r->argv[*i]), 2), '=', &name, &value);
    const struct prog_flag *f = prog_flag_find(r->verb->flags, r->verb->n_flags, name);
    if (!f)
        return err_set(err, -EINVAL, "there is no flag --%.*s", STR_ARG(name));
    if (f->kind == FLAG_SWITCH)
        return prog_flag_set(f, r->ctx, has_value ? value.p : "true", err);
    if (!has_value && *i + 1 >= r->argc)
        return err_set(err, -EINVAL, "--%s wants a value (%s)", f->name, f->value);
    return prog_flag_set(f, r->ctx, has_value ? value.p : r->argv[++*i], err);
}

static bool is_flag(const char *arg) { return arg[0] == '-' && arg[1] != '\0'; }
static bool is_help(const char *arg) {
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

/* All of argv: flags into ctx, the others into rest. Ends early where --help stands. */
static int read_line(struct reading *r, struct err *err) {
    bool only_rest = false;
    r->n = 0;
    for (int i = 0; i < r->argc; i++) {
        if (!only_rest && strcmp(r->argv[i], "--") == 0) {
            only_rest = true;
        } else if (!only_rest && is_help(r->argv[i])) {
            r->wants_help = true;
            return 0;
        } else if (!only_rest && is_flag(r->argv[i])) {
            int fault = read_flag(r, &i, err);
            if (fault)
                return fault;
        } else {
            r->rest[r->n++] = r->argv[i];
            only_rest |= r->verb->stop_at_first;
        }
    }
    r->rest[r->n] = NULL;
    if (r->n < r->verb->least)
        return err_set(err, -EINVAL, "something is missing");
    if (r->verb->most >= 0 && r->n > r->verb->most)
        return err_set(err, -EINVAL, "there is an argument too many");
    return 0;
}

static int fail(const struct err *err) {
    prog_error("%s", err->text);
    return PROG_FAILED;
}

static int read_and_run(struct reading *r) {
    struct err err = {0};
    if (read_line(r, &err) < 0)
        return misuse(r->verb, err.text);
    if (r->wants_help) {
        print_help(r->verb);
        return PROG_OK;
    }
    if (r->verb->read_file) {
        if (r->verb->read_file(r->ctx, &err) < 0)
            return fail(&err);
        if (read_line(r, &err) < 0)
            return misuse(r->verb, err.text);
    }
    int code = r->verb->run(r->ctx, r->rest, r->n, &err);
    return code < 0 ? fail(&err) : code;
}

int prog_verb_flags(const struct prog_flag *flags, size_t n, const struct prog_line *line,
                    void *into, struct err *err) {
    CLEANUP_MEM char **rest = mem_zalloc(((size_t)line->argc + 1) * sizeof(char *));
    const struct prog_verb verb = {.flags = flags, .n_flags = n, .most = -1};
    struct reading r = {.verb = &verb,
                        .ctx = into,
                        .argc = line->argc,
                        .argv = line->argv,
                        .rest = rest};
    return read_line(&r, err);
}

int prog_verb_run(const struct prog_verb *verb, int argc, char **argv) {
    if (verb->take_over)
        return verb->take_over(verb, argc, argv);
    CLEANUP_MEM char **rest = mem_zalloc(((size_t)argc + 1) * sizeof(char *));
    CLEANUP_MEM void *ctx = mem_zalloc(verb->size + 1);
    struct reading r = {.verb = verb, .ctx = ctx, .argc = argc, .argv = argv, .rest = rest};
    if (verb->defaults)
        memcpy(ctx, verb->defaults, verb->size);
    if (verb->line_at)
        *(struct prog_line *)((char *)ctx + verb->line_at) = (struct prog_line){argc, argv};
    int code = read_and_run(&r);
    if (verb->deinit)
        verb->deinit(ctx);
    return code;
}
