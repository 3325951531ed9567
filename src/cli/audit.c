/*
 * calotype audit: finds what goes wrong in templates, prints it and, where it is asked to, mends it.
 * `audit explain` is about the rules themselves.
 */
#include "audit/explain.h"
#include "audit/fix.h"
#include "base/io.h"
#include "cli/audited.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "prog/flag.h"
#include "prog/say.h"

#include <errno.h>
#include <unistd.h>

struct audit_verb {
    unsigned format;
    const char *profile, *severity, *fail_on, *config;
    struct prog_texts ignore;
    bool fix, diff, from_stdin;

    struct audit_config read; /* .calotype.yaml */
    struct audit_options options;
    struct audit_ignore *ignored; /* of the options; owned */
    enum audit_severity fails_at;
    struct buf out;
    size_t fixed;
    bool is_unusable;
};

/* ---- Templates ---- */

static int read_text(const struct audit_verb *v, const char *path, struct buf *out,
                     struct err *err) {
    return v->from_stdin ? io_read_all(out, STDIN_FILENO, "stdin", CLI_MOST_TEMPLATE, err)
                         : io_read_file(out, path, CLI_MOST_TEMPLATE, err);
}

static int write_file(const char *path, str text, struct err *err) {
    CLEANUP_DEINIT(cli_output) struct cli_output out = {0};
    int r = cli_output_begin(&out, path, true, err);
    r = r ? r : cli_output_write(&out, text, err);
    return r ? r : cli_output_end(&out, err);
}

/* --fix and --diff: *text becomes what it should be, where it is written. */
static int fix_one(struct audit_verb *v, const char *path, struct buf *text, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf fixed = {0};
    size_t n_fixed, n_left;
    if (audit_fix_text_whole(&v->options, path, buf_view(text), &fixed, &n_fixed, &n_left))
        return 0; /* it cannot be read: the audit says so */
    if (v->diff)
        audit_diff(&v->out, path, buf_view(text), buf_view(&fixed));
    if (!v->fix)
        return 0;
    bool changed = !str_eq(buf_view(text), buf_view(&fixed));
    v->fixed += n_fixed;
    buf_clear(text);
    buf_str(text, buf_view(&fixed));
    if (v->from_stdin && !v->diff)
        buf_str(&v->out, buf_view(&fixed));
    return changed && !v->from_stdin ? write_file(path, buf_view(&fixed), err) : 0;
}

static int audit_one(struct audit_verb *v, struct audit *a, const char *path, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = read_text(v, path, &text, err);
    r = r || (!v->fix && !v->diff) ? r : fix_one(v, path, &text, err);
    if (r == 0)
        v->is_unusable |= audit_template_read(a, path, buf_view(&text)) != 0;
    return r;
}

/* ---- What the call comes to ---- */

struct counts {
    size_t of[AUDIT_ERROR + 1], fixable;
    bool fails;
};

static struct counts count(const struct audit_verb *v, struct audit *a) {
    struct counts c = {0};
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    for (size_t i = 0; i < n; i++) {
        c.of[findings[i]->rule->severity]++;
        c.fixable += findings[i]->edits != NULL;
        c.fails |= findings[i]->rule->severity >= v->fails_at;
    }
    return c;
}

static void tell_summary(const struct audit_verb *v, const struct counts *c) {
    if (v->fix && v->fixed)
        prog_hint("%zu fixed", v->fixed);
    if (!prog_on_terminal())
        return;
    prog_hint("%zu errors, %zu warnings, %zu infos", c->of[AUDIT_ERROR], c->of[AUDIT_WARNING],
              c->of[AUDIT_INFO]);
    if (c->fixable && !v->fix)
        prog_hint("--fix mends %zu of them, --diff shows how", c->fixable);
}

static int finish(struct audit_verb *v, struct audit *a) {
    const struct audit_format_options look = cli_audit_look(1);
    const struct counts c = count(v, a);
    if (!v->diff && !(v->fix && v->from_stdin))
        audit_formats[v->format].write(&v->out, a, &look);
    prog_write(buf_view(&v->out));
    tell_summary(v, &c);
    return v->is_unusable ? PROG_USAGE : c.fails ? PROG_FINDINGS : PROG_OK;
}

/* ---- explain ---- */

static int explain(char **ids, int n) {
    CLEANUP_DEINIT(buf) struct buf out = {0};
    if (n == 0)
        audit_explain_all(&out);
    for (int i = 0; i < n; i++) {
        const struct audit_rule *rule = audit_rule_find(str_c(ids[i]));
        if (!rule) {
            prog_error("there is no rule \"%s\" (calotype audit explain lists them)", ids[i]);
            return PROG_USAGE;
        }
        buf_c(&out, i ? "\n" : "");
        audit_explain(&out, rule);
    }
    prog_write(buf_view(&out));
    return PROG_OK;
}

/* ---- The command line ---- */

static int check_id(const char *text, struct err *err) {
    if (audit_rule_find(str_c(text)))
        return 0;
    return err_set(err, -EINVAL, "there is no rule \"%s\" (calotype audit explain lists them)",
                   text);
}

static int check_profile(const char *text, struct err *err) {
    enum audit_profile one;
    return audit_profile_of(str_c(text), &one)
               ? 0
               : err_set(err, -EINVAL, "it is baseline, image-pipeline or all, not \"%s\"", text);
}

static int check_severity(const char *text, struct err *err) {
    enum audit_severity one;
    return audit_severity_of(str_c(text), &one)
               ? 0
               : err_set(err, -EINVAL, "it is info, warning or error, not \"%s\"", text);
}

/* The file's settings, and over them the line's. */
static void settle(struct audit_verb *v) {
    v->options.profile = v->read.profile ? *v->read.profile : AUDIT_PIPELINE;
    v->options.least = v->read.least ? *v->read.least : AUDIT_INFO;
    v->fails_at = v->read.fail_on ? *v->read.fail_on : AUDIT_WARNING;
    audit_profile_of(str_c(v->profile), &v->options.profile);
    audit_severity_of(str_c(v->severity), &v->options.least);
    audit_severity_of(str_c(v->fail_on), &v->fails_at);
    v->options.reads_files = true;
    size_t n = v->read.n_ignored;
    v->ignored = mem_zalloc((n + v->ignore.n + 1) * sizeof *v->ignored);
    for (size_t i = 0; i < n; i++)
        v->ignored[i] = v->read.ignored[i];
    for (size_t i = 0; i < v->ignore.n; i++)
        v->ignored[n + i].id = v->ignore.p[i];
    v->options.ignored = v->ignored;
    v->options.n_ignored = n + v->ignore.n;
}

static int usage(const char *what) {
    prog_error("%s (calotype audit --help)", what);
    return PROG_USAGE;
}

static int run(void *ctx, char **rest, int n, struct err *err) {
    struct audit_verb *v = ctx;
    static char stdin_name[] = "stdin";
    if (n > 0 && strcmp(rest[0], "explain") == 0)
        return explain(rest + 1, n - 1);
    if (v->from_stdin && n > 1)
        return usage("--stdin takes one name at most");
    if (!v->from_stdin && n == 0)
        return usage("which template?");
    char *one[] = {n ? rest[0] : stdin_name, NULL};
    char **paths = v->from_stdin ? one : rest;
    if (cli_audit_config(v->config, v->from_stdin && !n ? NULL : paths[0], &v->read, err)) {
        prog_error("%s", err->text);
        return PROG_USAGE;
    }
    settle(v);
    CLEANUP(audit) struct audit *a = audit_new(&v->options);
    for (int i = 0; i < (v->from_stdin ? 1 : n); i++)
        if (audit_one(v, a, paths[i], err)) {
            prog_error("%s", err->text);
            v->is_unusable = true;
        }
    return finish(v, a);
}

static void deinit(void *ctx) {
    struct audit_verb *v = ctx;
    audit_config_deinit(&v->read);
    buf_deinit(&v->out);
    free(v->ignored);
    free(v->ignore.p);
}

static const char *const formats[] = {"text", "json", "sarif", "github", NULL};
static const struct prog_flag flags[] = {
    PROG_CHOICE(struct audit_verb, format, "format", "FORM", formats,
                "text, json, sarif or github (text)"),
    PROG_CHECKED(struct audit_verb, profile, "profile", "NAME", check_profile,
                 "baseline, image-pipeline or all (image-pipeline)"),
    PROG_CHECKED(struct audit_verb, severity, "severity", "LEVEL", check_severity,
                 "show info, warning or error and above (info)"),
    PROG_CHECKED(struct audit_verb, fail_on, "fail-on", "LEVEL", check_severity,
                 "end with 3 where something of this level is found (warning)"),
    PROG_LIST(struct audit_verb, ignore, "ignore", "ID", check_id,
              "a rule that is not asked; may be given again"),
    PROG_PATH(struct audit_verb, config, "config", "FILE", "settings (the nearest .calotype.yaml)"),
    PROG_SWITCH(struct audit_verb, fix, "fix", "rewrite the templates in place"),
    PROG_SWITCH(struct audit_verb, diff, "diff", "show what --fix changes"),
    PROG_SWITCH(struct audit_verb, from_stdin, "stdin",
                "read the template from stdin; TEMPLATE is its name"),
};

const struct prog_verb cli_verb_audit = {
    .name = "audit",
    .summary = "find what goes wrong in a template",
    .arguments = "[--format FORM] [--fix] TEMPLATE... | explain [ID...]",
    .about =
        "Reads CloudFormation and SAM templates and says what goes wrong when an image pipeline\n"
        "is built so: where, why, what it costs, and the fix, which --fix writes.\n"
        "Ends with 3 when something is found, with 2 when a template cannot be read.\n"
        "`calotype audit explain` lists the rules, `calotype audit explain ID` shows one.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .least = 0,
    .most = -1,
    .operand = "TEMPLATE",
    .size = sizeof(struct audit_verb),
    .run = run,
    .deinit = deinit,
};
