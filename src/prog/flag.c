#include "prog/flag.h"

#include "base/buf.h"
#include "prog/say.h"
#include "prog/verb.h"

#include <errno.h>
#include <stdio.h>

const struct prog_flag *prog_flag_find(const struct prog_flags *flags, str name) {
    for (size_t i = 0; i < flags->n_rows; i++)
        if (str_is(name, flags->rows[i].name))
            return &flags->rows[i];
    return NULL;
}

static int set_switch(const struct prog_flag *flag, const char *text, struct err *err) {
    bool on = strcmp(text, "true") == 0;
    if (!on && strcmp(text, "false") != 0)
        return err_set(err, -EINVAL, "%s is true or false, not \"%s\"", flag->name, text);
    *(bool *)flag->into = on;
    return 0;
}

static int set_number(const struct prog_flag *flag, const char *text, struct err *err) {
    uint64_t n;
    if (!str_to_u64(str_c(text), &n) || n < flag->least || n > flag->most)
        return err_set(err, -EINVAL, "%s is a number from %u to %u, not \"%s\"", flag->name,
                       flag->least, flag->most, text);
    *(unsigned *)flag->into = (unsigned)n;
    return 0;
}

static int set_choice(const struct prog_flag *flag, const char *text, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf known = {0};
    for (unsigned i = 0; flag->choices[i]; i++) {
        if (strcmp(flag->choices[i], text) == 0) {
            *(unsigned *)flag->into = i;
            return 0;
        }
        buf_printf(&known, "%s%s", i ? ", " : "", flag->choices[i]);
    }
    return err_set(err, -EINVAL, "%s is one of %s, not \"%s\"", flag->name, buf_cstr(&known), text);
}

int prog_flag_set(const struct prog_flag *flag, const char *text, struct err *err) {
    switch (flag->kind) {
    case FLAG_SWITCH: return set_switch(flag, text, err);
    case FLAG_NUMBER: return set_number(flag, text, err);
    case FLAG_CHOICE: return set_choice(flag, text, err);
    case FLAG_TEXT: *(const char **)flag->into = text; return 0;
    case FLAG_LIST: {
        struct prog_texts *list = flag->into;
        list->p = mem_realloc(list->p, (list->n + 1) * sizeof(char *));
        list->p[list->n++] = text;
        return 0;
    }
    }
    return -EINVAL;
}

static void print_help(const struct prog_flags *flags) {
    printf("usage: calotype %s%s%s\n\n%s\n", flags->verb, *flags->arguments ? " " : "",
           flags->arguments, flags->about);
    if (flags->n_rows)
        printf("\n");
    for (size_t i = 0; i < flags->n_rows; i++) {
        const struct prog_flag *f = &flags->rows[i];
        CLEANUP_DEINIT(buf) struct buf left = {0};
        buf_printf(&left, "--%s%s%s", f->name, f->value ? " " : "", f->value ? f->value : "");
        printf("  %-24s %s\n", buf_cstr(&left), f->help);
    }
}

static int misuse(const struct prog_flags *flags, const char *what) {
    prog_error("%s", what);
    prog_hint("usage: calotype %s%s%s (--help says more)", flags->verb,
              *flags->arguments ? " " : "", flags->arguments);
    return PROG_USAGE;
}

/* One flag at argv[*i]; moves *i on when the value is an argument of its own. */
static int read_one(const struct prog_flags *flags, int argc, char **argv, int *i,
                    struct err *err) {
    str name, value;
    bool has_value = str_cut(str_skip(str_c(argv[*i]), 2), '=', &name, &value);
    const struct prog_flag *f = prog_flag_find(flags, name);
    if (!f)
        return err_set(err, -EINVAL, "there is no flag --%.*s", STR_ARG(name));
    if (f->kind == FLAG_SWITCH)
        return prog_flag_set(f, has_value ? value.p : "true", err);
    if (!has_value && *i + 1 >= argc)
        return err_set(err, -EINVAL, "--%s wants a value (%s)", f->name, f->value);
    return prog_flag_set(f, has_value ? value.p : argv[++*i], err);
}

static bool is_flag(const char *arg) { return arg[0] == '-' && arg[1] == '-' && arg[2] != '\0'; }

bool prog_flags_read(const struct prog_flags *flags, int argc, char **argv, char ***ret_rest,
                     int *ret_n, int *ret_code) {
    CLEANUP_MEM char **rest = mem_zalloc((size_t)(argc + 1) * sizeof(char *));
    struct err err = {0};
    bool only_rest = false;
    int n = 0;
    for (int i = 0; i < argc; i++) {
        if (!only_rest && strcmp(argv[i], "--") == 0) {
            only_rest = true;
        } else if (!only_rest && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            print_help(flags);
            *ret_code = PROG_OK;
            return false;
        } else if (!only_rest && is_flag(argv[i])) {
            if (read_one(flags, argc, argv, &i, &err) < 0) {
                *ret_code = misuse(flags, err.text);
                return false;
            }
        } else {
            rest[n++] = argv[i];
            only_rest |= flags->stop_at_first;
        }
    }
    if (n < flags->least || (flags->most >= 0 && n > flags->most)) {
        *ret_code = misuse(flags, n < flags->least ? "something is missing"
                                                   : "there is an argument too many");
        return false;
    }
    *ret_rest = STEAL(rest);
    *ret_n = n;
    return true;
}

int prog_flags_run(const struct prog_flags *flags, int argc, char **argv, prog_run_fn *run,
                   void *ctx) {
    CLEANUP_MEM char **rest = NULL;
    struct err err = {0};
    int n, code;
    if (!prog_flags_read(flags, argc, argv, &rest, &n, &code))
        return code;
    code = run(ctx, rest, n, &err);
    if (code >= 0)
        return code;
    prog_error("%s", err.text);
    return PROG_FAILED;
}
