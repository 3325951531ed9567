/*
 * policy/pattern: patterns of actions, ARNs and texts, with wildcards and variables: compiled
 * once, matched without recursion.
 */
#include "policy/pattern_priv.h"

#include "base/ascii.h"
#include "policy/context_priv.h"

enum { ARN_COLONS = ARN_FIELDS - 1 };

/* ---- Compiling ---- */

/* `${name}` and `${name, 'default'}` at the front of s: its length with the braces, or 0. */
static size_t take_variable(str s, struct policy_var *ret_var) {
    ptrdiff_t close = str_chr(s, '}');
    if (!str_starts(s, S("${")) || close < 3)
        return 0;
    str inner = str_slice(s, 2, (size_t)close), name, fallback;
    *ret_var = (struct policy_var){0};
    if (str_cut(inner, ',', &name, &fallback)) {
        fallback = str_trim(fallback);
        if (fallback.len < 2 || fallback.p[0] != '\'' || fallback.p[fallback.len - 1] != '\'')
            return 0;
        ret_var->fallback = str_slice(fallback, 1, fallback.len - 1);
    }
    ret_var->name = str_trim(name);
    return (size_t)close + 1;
}

struct compiler {
    uint16_t *units;
    size_t n;
    struct policy_var *vars;
    size_t n_vars, colons;
    bool marks;
};

/* ${*}, ${?} and ${$} are the characters themselves. */
static bool is_escape(str name) {
    return name.len == 1 && (name.p[0] == '*' || name.p[0] == '?' || name.p[0] == '$');
}

static size_t compile_one(struct compiler *c, str rest, unsigned flags) {
    struct policy_var var;
    size_t len = rest.p[0] == '$' && (flags & PATTERN_VARIABLES) ? take_variable(rest, &var) : 0;
    if (len && is_escape(var.name)) {
        c->units[c->n++] = (unsigned char)var.name.p[0];
        return len;
    }
    if (len) {
        c->marks = true;
        c->units[c->n++] = (uint16_t)(UNIT_VAR | c->n_vars);
        c->vars[c->n_vars++] = var;
        return len;
    }
    uint16_t unit = (unsigned char)rest.p[0];
    if ((flags & PATTERN_WILDCARDS) && (unit == '*' || unit == '?')) {
        unit = unit == '*' ? UNIT_STAR : UNIT_ANY;
        c->marks = true;
    } else if ((flags & PATTERN_ARN) && unit == ':' && c->colons < ARN_COLONS) {
        unit = UNIT_COLON;
        c->colons++;
    }
    c->units[c->n++] = unit;
    return 1;
}

/* A star for each field of an ARN that is missing: pattern_priv.h says when. */
static void complete_arn(struct compiler *c, unsigned flags) {
    bool open_ended = c->n && c->units[c->n - 1] == UNIT_STAR;
    if (!(flags & PATTERN_ARN) || !(open_ended || (flags & PATTERN_COMPLETED)))
        return;
    for (; c->colons < ARN_COLONS; c->colons++) {
        c->units[c->n++] = UNIT_COLON;
        c->units[c->n++] = UNIT_STAR;
        c->marks = true;
    }
}

void policy_pattern_init(struct policy_pattern *pattern, struct arena *arena, str text,
                         unsigned flags) {
    *pattern = (struct policy_pattern){.text = arena_str(arena, text)};
    text = pattern->text;
    size_t dollars = 0;
    for (size_t i = 0; i < text.len; i++)
        dollars += text.p[i] == '$';
    size_t most = text.len + 2 * ARN_COLONS + 1;
    struct compiler c = {.units = arena_alloc(arena, most * sizeof(uint16_t)),
                         .vars = arena_alloc(arena, dollars * sizeof(struct policy_var))};
    for (size_t at = 0; at < text.len;)
        at += compile_one(&c, str_skip(text, at), flags);
    pattern->fields = (uint8_t)(c.colons + 1);
    pattern->all = c.n == 1 && c.units[0] == UNIT_STAR;
    if (!pattern->all)
        complete_arn(&c, flags);
    pattern->units = c.units;
    pattern->n = c.n;
    pattern->vars = c.vars;
    pattern->n_vars = c.n_vars;
    /* An escape such as ${*} changes the text: then it has fewer units than bytes. */
    pattern->literal = !c.marks && c.n == text.len;
}

/* ---- Matching ---- */

struct units {
    const uint16_t *p;
    size_t n;
};

static unsigned fold(unsigned c) { return c < 0x80 ? (unsigned)ascii_lower((char)c) : c; }

static size_t character_len(str s, size_t at) {
    size_t end = at + 1;
    if ((unsigned char)s.p[at] >= 0xC0)
        while (end < s.len && ((unsigned char)s.p[end] & 0xC0) == 0x80)
            end++;
    return end - at;
}

static bool unit_is(unsigned unit, char c, bool nocase) {
    unsigned byte = (unsigned char)c;
    if (unit == UNIT_COLON)
        unit = ':';
    return unit == byte || (nocase && unit < 0x80 && fold(unit) == fold(byte));
}

/* As str_glob: one backtrack point, the last star. */
static bool glob(struct units u, str s, bool nocase) {
    size_t at = 0, i = 0, star = SIZE_MAX, mark = 0;
    while (i < s.len) {
        if (at < u.n && u.p[at] == UNIT_STAR) {
            star = at++;
            mark = i;
        } else if (at < u.n && u.p[at] == UNIT_ANY) {
            at++;
            i += character_len(s, i);
        } else if (at < u.n && unit_is(u.p[at], s.p[i], nocase)) {
            at++;
            i++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            i = ++mark;
        } else {
            return false;
        }
    }
    while (at < u.n && u.p[at] == UNIT_STAR)
        at++;
    return at == u.n;
}

/* The pattern with its variables filled in; false when one has no value. */
static bool expand(const struct policy_pattern *pattern, struct policy_scope *scope,
                   struct units *ret) {
    *ret = (struct units){pattern->units, pattern->n};
    if (pattern->n_vars == 0)
        return true;
    str *values = arena_alloc(&scope->scratch, pattern->n_vars * sizeof *values);
    size_t room = pattern->n;
    for (size_t i = 0; i < pattern->n_vars; i++) {
        values[i] = policy_context_single(policy_scope_context(scope), pattern->vars[i].name);
        if (!values[i].p)
            values[i] = pattern->vars[i].fallback;
        if (!values[i].p) {
            scope->unresolved = true;
            return false;
        }
        room += values[i].len;
    }
    uint16_t *out = arena_alloc(&scope->scratch, room * sizeof *out);
    size_t n = 0;
    for (size_t i = 0; i < pattern->n; i++) {
        if (!(pattern->units[i] & UNIT_VAR)) {
            out[n++] = pattern->units[i];
            continue;
        }
        str value = values[pattern->units[i] & ~UNIT_VAR];
        for (size_t k = 0; k < value.len; k++)
            out[n++] = (unsigned char)value.p[k];
    }
    *ret = (struct units){out, n};
    return true;
}

bool policy_pattern_match(const struct policy_pattern *pattern, struct policy_scope *scope, str s,
                          bool nocase) {
    if (pattern->all)
        return true;
    if (pattern->literal)
        return nocase ? str_eq_nocase(pattern->text, s) : str_eq(pattern->text, s);
    struct units units;
    return expand(pattern, scope, &units) && glob(units, s, nocase);
}

/* Units up to the next separator; the rest stays in *rest. False: that was the last segment. */
static bool cut_units(struct units *rest, struct units *ret_head) {
    *ret_head = *rest;
    for (size_t i = 0; i < rest->n; i++)
        if (rest->p[i] == UNIT_COLON) {
            *ret_head = (struct units){rest->p, i};
            *rest = (struct units){rest->p + i + 1, rest->n - i - 1};
            return true;
        }
    return false;
}

bool policy_pattern_match_arn(const struct policy_pattern *pattern, struct policy_scope *scope,
                              str arn) {
    if (pattern->all)
        return true;
    if (pattern->literal)
        return str_eq(pattern->text, arn);
    struct units rest, segment;
    if (!expand(pattern, scope, &rest))
        return false;
    while (cut_units(&rest, &segment)) {
        str head, tail;
        if (!str_cut(arn, ':', &head, &tail) || !glob(segment, head, false))
            return false;
        arn = tail;
    }
    return glob(segment, arn, false);
}
