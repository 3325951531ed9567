/* What watches functions: log groups. */
#include "audit/rules/order_priv.h"
#include "audit/rules/tags_priv.h"
#include "audit/rules/watch_priv.h"

#define BEFORE S("/aws/lambda/")

void audit_watch_tags(struct audit_template *t, struct buf *body, const char *type) {
    str tags = audit_tags_for_new(t, type), line;
    if (tags.len)
        buf_c(body, "  Tags:\n");
    while (tags.len) {
        str_cut(tags, '\n', &line, &tags);
        if (line.len)
            buf_printf(body, "    " STR_FMT "\n", STR_ARG(line));
    }
}

/* ---- Whose it is ---- */

/* "${…}" may be anything: the text as a pattern with stars. */
static str as_pattern(const struct audit_template *t, str text) {
    CLEANUP_DEINIT(buf) struct buf out = {0};
    for (ptrdiff_t at; (at = str_find(text, S("${"))) >= 0;) {
        str inside;
        buf_str(&out, str_slice(text, 0, (size_t)at));
        buf_char(&out, '*');
        str_cut(str_skip(text, (size_t)at), '}', &inside, &text);
    }
    buf_str(&out, text);
    return arena_str(t->arena, buf_view(&out));
}

static bool fit_at_ends(str a, str b) {
    ptrdiff_t at_a = str_chr(a, '*'), at_b = str_chr(b, '*');
    str head_a = str_slice(a, 0, (size_t)at_a), head_b = str_slice(b, 0, (size_t)at_b);
    str tail_a = str_skip(a, (size_t)str_rchr(a, '*') + 1),
        tail_b = str_skip(b, (size_t)str_rchr(b, '*') + 1);
    return (str_starts(head_a, head_b) || str_starts(head_b, head_a)) &&
           (str_ends(tail_a, tail_b) || str_ends(tail_b, tail_a));
}

/* Can the two texts be equal, whatever their parameters are? */
static bool may_equal(const struct audit_template *t, str a, str b) {
    if (str_eq(a, b))
        return true;
    bool is_open_a = str_find(a, S("${")) >= 0, is_open_b = str_find(b, S("${")) >= 0;
    str pattern_a = as_pattern(t, a), pattern_b = as_pattern(t, b);
    if (is_open_a && is_open_b)
        return fit_at_ends(pattern_a, pattern_b);
    return is_open_a ? str_glob(pattern_a, b, false) : is_open_b && str_glob(pattern_b, a, false);
}

/* May g's name be that of f's logs? A name that CloudFormation makes for f is nobody's to write. */
static bool may_be(const struct audit_template *t, const struct audit_log_group *g,
                   const struct audit_function *f) {
    if (!g->name.p)
        return audit_has(t, g->r, "LogGroupName");
    if (str_find(g->name, S("${?}")) >= 0)
        return true;
    if (!f->name.p)
        return audit_has(t, f->r, "FunctionName");
    return may_equal(t, g->name, arena_printf(t->arena, "/aws/lambda/" STR_FMT, STR_ARG(f->name)));
}

static bool says_another(const struct audit_template *t, const struct audit_function *f) {
    return audit_has(t, f->r, "LoggingConfig.LogGroup");
}

bool audit_watch_has_group(const struct audit_template *t, const struct audit_function *f) {
    if (says_another(t, f))
        return true;
    for (const struct audit_log_group *g = t->system->log_groups; g; g = g->next)
        if (g->function == f || (!g->function && may_be(t, g, f)))
            return true;
    return false;
}

/* ---- Whose it is meant to be ---- */

static str without_ends(str name, const char *const *ends, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (name.len > strlen(ends[i]) && str_ends(name, str_c(ends[i])))
            return str_slice(name, 0, name.len - strlen(ends[i]));
    return name;
}

/* "ThumbnailFunction" and "ThumbnailLogGroup", "ThumbnailFunctionLogs". */
static bool is_alike(str group, str function) {
    static const char *const of_groups[] = {"LogGroup", "LogsGroup", "Logs", "Log"},
                             *const of_functions[] = {"LambdaFunction", "Function", "Lambda", "Fn"};
    str stem = without_ends(group, of_groups, ARRAY_LEN(of_groups));
    return stem.len < group.len &&
           (str_eq(stem, function) ||
            str_eq(without_ends(stem, of_functions, ARRAY_LEN(of_functions)),
                   without_ends(function, of_functions, ARRAY_LEN(of_functions))));
}

struct uses {
    const struct audit_template *t;
    bool *is_used;
};

static int note(void *ctx, const struct tmpl_reference *ref) {
    struct uses *u = ctx;
    const struct audit_resource *r =
        ref->kind == TMPL_CONDITION ? NULL : audit_find(u->t, ref->name);
    if (r && str_is(r->type, "AWS::Logs::LogGroup"))
        u->is_used[r->index] = true;
    return 0;
}

/* The log groups that something else than policies and filters of logs refers to, by index. */
static const bool *used_groups(const struct audit_template *t) {
    struct uses u = {t, arena_zalloc(t->arena, t->n_resources * sizeof(bool))};
    for (size_t i = 0; i < t->n_resources; i++) {
        const struct audit_resource *r = &t->resources[i];
        if (r->properties && !str_starts(r->type, S("AWS::IAM::")) &&
            !str_starts(r->type, S("AWS::Logs::")) && !audit_is(r, "AWS::CloudWatch::Dashboard"))
            tmpl_each_reference(r->properties, note, &u);
    }
    return u.is_used;
}

/* Which of the functions without a group it is meant for. */
static const struct audit_function *meant_for(const struct audit_log_group *g,
                                              const struct audit_function *const *lacking,
                                              size_t n) {
    for (size_t i = 0; i < n; i++)
        if (is_alike(g->r->name, lacking[i]->r->name))
            return lacking[i];
    return n == 1 && str_starts(g->name, BEFORE) ? lacking[0] : NULL;
}

const struct audit_function *const *audit_watch_misnamed(const struct audit_template *t) {
    const struct audit_function **of = arena_zalloc(t->arena, t->n_resources * sizeof *of),
                                **lacking = arena_zalloc(t->arena, t->n_resources * sizeof *of);
    size_t n = 0;
    if (!t->system->log_groups)
        return of;
    for (const struct audit_function *f = t->system->functions; f; f = f->next)
        if (f->is_image_work && !audit_watch_has_group(t, f))
            lacking[n++] = f;
    const bool *is_used = n ? used_groups(t) : NULL;
    for (const struct audit_log_group *g = t->system->log_groups; g && n; g = g->next)
        if (!g->function && !is_used[g->r->index])
            of[g->r->index] = meant_for(g, lacking, n);
    return of;
}

str audit_watch_group_name(struct audit_template *t, const struct audit_function *f) {
    if (str_find(f->name, S("${")) >= 0 && str_find(f->name, S("${?}")) < 0)
        return arena_printf(t->arena, "!Sub '/aws/lambda/" STR_FMT "'", STR_ARG(f->name));
    return arena_printf(t->arena, "!Sub '/aws/lambda/${" STR_FMT "}'", STR_ARG(f->r->name));
}
