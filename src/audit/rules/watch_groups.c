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

/* A group that is nobody's yet and may be several functions'. */
struct open_group {
    str name; /* absent: not known */
};
enum {
    MOST_OPEN = 64
}; /* more names that cannot be told: any function's group may be among them */

/* The groups without a function whose names only deployment knows. */
static size_t open_groups(const struct audit_template *t, struct open_group open[MOST_OPEN]) {
    size_t n = 0;
    for (const struct audit_log_group *g = t->system->log_groups; g && n < MOST_OPEN; g = g->next) {
        bool is_known = g->name.p || !audit_has(t, g->r, "LogGroupName");
        if (!g->function && (!is_known || str_find(g->name, S("${")) >= 0))
            open[n++].name = str_find(g->name, S("${?}")) >= 0 ? STR_NONE : g->name;
    }
    return n;
}

/* Is there a group that is nobody's and may be called name? Absent: any may. */
static bool may_have(const struct audit_template *t, str name) {
    size_t n = 0;
    for (const struct audit_log_group *g = t->system->log_groups; g; g = g->next)
        if (!g->function && (!name.p || (g->name.p && str_find(g->name, S("${")) < 0 &&
                                         (++n > MOST_OPEN || may_equal(t, g->name, name)))))
            return true;
    return false;
}

static bool has_group(const struct audit_template *t, const struct audit_function *f,
                      const struct open_group *open, size_t n) {
    if (n == MOST_OPEN || audit_has(t, f->r, "LoggingConfig.LogGroup"))
        return true;
    for (size_t i = 0; i < n; i++)
        if (!open[i].name.p)
            return true;
    /* A name that CloudFormation makes is nobody's to write. */
    if (!f->name.p)
        return audit_has(t, f->r, "FunctionName") && may_have(t, STR_NONE);
    str name = arena_printf(t->arena, "/aws/lambda/" STR_FMT, STR_ARG(f->name));
    for (size_t i = 0; i < n; i++)
        if (may_equal(t, open[i].name, name))
            return true;
    return str_find(name, S("${")) >= 0 && may_have(t, name);
}

/* ---- Whose it is meant to be ---- */

static str without_ends(str name, const char *const *ends, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (name.len > strlen(ends[i]) && str_ends(name, str_c(ends[i])))
            return str_slice(name, 0, name.len - strlen(ends[i]));
    return name;
}

/* "Thumbnail" of "ThumbnailFunction". */
static str stem_of(str function) {
    static const char *const ends[] = {"LambdaFunction", "Function", "Lambda", "Fn"};
    return without_ends(function, ends, ARRAY_LEN(ends));
}

/* "ThumbnailFunction" and "ThumbnailLogGroup", "ThumbnailFunctionLogs". */
static const struct audit_function *alike(const struct map *lacking, str group) {
    static const char *const ends[] = {"LogGroup", "LogsGroup", "Logs", "Log"};
    str stem = without_ends(group, ends, ARRAY_LEN(ends));
    return stem.len < group.len ? map_get(lacking, stem_of(stem)) : NULL;
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

static void find_meant(const struct audit_template *t, const struct map *lacking,
                       const struct audit_function *alone, const struct audit_function **meant_for,
                       bool *has_misnamed) {
    const bool *is_used = used_groups(t);
    for (const struct audit_log_group *g = t->system->log_groups; g; g = g->next) {
        if (g->function || is_used[g->r->index])
            continue;
        const struct audit_function *f = alike(lacking, g->r->name);
        f = f ? f : str_starts(g->name, BEFORE) ? alone : NULL;
        meant_for[g->r->index] = f;
        if (f)
            has_misnamed[f->r->index] = true;
    }
}

struct watch_groups audit_watch_groups(const struct audit_template *t) {
    bool *is_lacking = arena_zalloc(t->arena, t->n_resources * sizeof *is_lacking),
         *has_misnamed = arena_zalloc(t->arena, t->n_resources * sizeof *is_lacking);
    const struct audit_function **meant_for =
        arena_zalloc(t->arena, t->n_resources * sizeof *meant_for);
    const struct audit_function *last = NULL;
    struct open_group open[MOST_OPEN];
    size_t n = open_groups(t, open), n_lacking = 0;
    struct map lacking = {0}; /* by stem */
    for (const struct audit_log_group *g = t->system->log_groups; g; g = g->next)
        if (g->function)
            is_lacking[g->function->r->index] = true; /* has one; turned round below */
    for (const struct audit_function *f = t->system->functions; f; f = f->next) {
        bool *is = &is_lacking[f->r->index];
        *is = f->is_image_work && !*is && !has_group(t, f, open, n);
        if (!*is)
            continue;
        map_put(&lacking, stem_of(f->r->name), (void *)f);
        last = f;
        n_lacking++;
    }
    if (n_lacking && t->system->log_groups)
        find_meant(t, &lacking, n_lacking == 1 ? last : NULL, meant_for, has_misnamed);
    map_deinit(&lacking);
    return (struct watch_groups){is_lacking, meant_for, has_misnamed};
}

str audit_watch_group_name(struct audit_template *t, const struct audit_function *f) {
    if (str_find(f->name, S("${")) >= 0 && str_find(f->name, S("${?}")) < 0)
        return arena_printf(t->arena, "!Sub '/aws/lambda/" STR_FMT "'", STR_ARG(f->name));
    return arena_printf(t->arena, "!Sub '/aws/lambda/${" STR_FMT "}'", STR_ARG(f->r->name));
}
