/* audit/code_values: arguments of calls, and environment variables that code reads. */
#include "audit/code_priv.h"
#include "base/ascii.h"

enum { MOST_STEPS = 6, MOST_LOOKS = 1 << 22 };

/* ---- Arguments ---- */

/* A key of {…}, dict(…) or of keyword arguments between two tokens. */
static bool find_key(const struct code *c, uint32_t first, uint32_t end, const char *name,
                     uint32_t *ret_first, uint32_t *ret_end) {
    for (uint32_t at = first; at < end; at++) {
        uint32_t stop = at;
        while (stop < end && !code_is_op(c, stop, ","))
            stop = code_over(c, stop);
        bool is_pair = code_is_op(c, at + 1, ":") || code_is_op(c, at + 1, "=");
        bool is_named = code_is(c, at, name);
        if (c->tokens[at].kind == CODE_STRING && is_pair)
            is_named = str_is(audit_code_string(c->arena, &c->pub, at), name);
        if (is_named && (is_pair || stop == at + 1)) {
            *ret_first = is_pair ? at + 2 : at;
            *ret_end = stop;
            return *ret_first < stop;
        }
        at = stop;
    }
    return false;
}

static bool find_in(const struct code *c, uint32_t first, uint32_t end, const char *name,
                    unsigned steps, uint32_t *ret_first, uint32_t *ret_end);

/* What a single name, from first to before end, was set to. */
static bool find_in_name(const struct code *c, uint32_t first, uint32_t end, const char *name,
                         unsigned steps, uint32_t *ret_first, uint32_t *ret_end) {
    if (end != first + 1 || c->tokens[first].kind != CODE_NAME || steps == 0)
        return false;
    const struct code_name *n = code_name_of(c, code_text(c, first), c->tokens[first].block, first);
    return n && !n->member.p && find_in(c, n->first, n->end, name, steps - 1, ret_first, ret_end);
}

/* In an object, a dictionary, dict(…), new XCommand({…}), or a name that was set to one. */
static bool find_in(const struct code *c, uint32_t first, uint32_t end, const char *name,
                    unsigned steps, uint32_t *ret_first, uint32_t *ret_end) {
    if (first >= end)
        return false;
    if (code_is_op(c, first, "{")) {
        uint32_t close = c->tokens[first].match;
        if (find_key(c, first + 1, close, name, ret_first, ret_end))
            return true;
        uint32_t from, to;
        return find_key(c, first + 1, close, "params", &from, &to) && from != to && steps > 0 &&
               find_in(c, from, to, name, 0, ret_first, ret_end);
    }
    if (code_is(c, first, "dict") && code_is_op(c, first + 1, "("))
        return find_key(c, first + 2, c->tokens[first + 1].match, name, ret_first, ret_end);
    if (code_is(c, first, "new") && steps > 0) {
        uint32_t open = first + 1;
        while (open < end && !code_is_op(c, open, "("))
            open++;
        return open < end &&
               find_in(c, open + 1, c->tokens[open].match, name, steps - 1, ret_first, ret_end);
    }
    return find_in_name(c, first, end, name, steps, ret_first, ret_end);
}

bool audit_code_argument(const struct audit_code *code, const struct code_call *call,
                         const char *name, uint32_t *ret_first, uint32_t *ret_end) {
    const struct code *c = code_of(code);
    uint32_t first, end;
    if (call->open >= call->close)
        return false;
    if (code->language == CODE_JAVASCRIPT) {
        for (int n = 0; n < 3 && code_argument_at(c, call, n, &first, &end); n++)
            if (find_in(c, first, end, name, MOST_STEPS, ret_first, ret_end))
                return true;
        return false;
    }
    if (find_key(c, call->open + 1, call->close, name, ret_first, ret_end) &&
        code_is_op(c, *ret_first - 1, "="))
        return true;
    if (code_aws_place(c, call, name, ret_first, ret_end))
        return true;
    for (int n = 0; code_argument_at(c, call, n, &first, &end) && n < 32; n++)
        if (code_is_op(c, first, "**") &&
            find_in(c, first + 1, end, name, MOST_STEPS, ret_first, ret_end))
            return true;
    return false;
}

/* ---- Environment variables ---- */

typedef void env_fn(void *ctx, str name, uint32_t token, bool has_default);

/* One read of a variable. */
struct env {
    str name;
    uint32_t token;      /* its name's */
    uint32_t begin, end; /* the whole expression */
    bool has_default, is_set;
};

/* Is the name that ends an expression's own chain imported from a module, or "module.name"? */
static bool is_environ(const struct code *c, uint32_t token, const char *name) {
    if (code_is(c, token, name) && token >= 2 && code_is_op(c, token - 1, "."))
        return code_is(c, token - 2, "os");
    const struct code_name *n = c->imports_env && c->begins[token] == token
                                    ? code_name_of(c, code_text(c, token), 0, c->pub.n_tokens)
                                    : NULL;
    return n && str_is(n->member, name) && code_is(c, n->first, "os");
}

/* The variable of a string token that is all of an argument or index. */
static bool env_named(const struct code *c, uint32_t token, struct env *e) {
    if (c->tokens[token].kind != CODE_STRING || c->tokens[token].has_holes)
        return false;
    e->token = token;
    e->name = audit_code_string(c->arena, &c->pub, token);
    return true;
}

/* os.environ["X"], os.environ.get("X", d), os.getenv("X"), "X" in os.environ. */
static bool read_python_env(const struct code *c, uint32_t i, struct env *e) {
    *e = (struct env){.begin = c->begins[i]};
    uint32_t open = i + 1;
    bool is_call = is_environ(c, i, "getenv");
    if (!is_call && !is_environ(c, i, "environ"))
        return false;
    if (!is_call && i >= 1 && code_is(c, c->begins[i] - 1, "in")) {
        e->has_default = true;
        e->end = i + 1;
        return c->begins[i] >= 2 &&
               env_named(c, c->begins[i] - 2 - code_is(c, c->begins[i] - 2, "not"), e);
    }
    bool is_get = !is_call && code_is_op(c, open, ".") &&
                  (code_is(c, open + 1, "get") || code_is(c, open + 1, "setdefault") ||
                   code_is(c, open + 1, "pop"));
    open += is_get ? 2 : 0;
    if (!code_is_op(c, open, is_call || is_get ? "(" : "[") || !env_named(c, open + 1, e))
        return false;
    uint32_t close = c->tokens[open].match;
    e->end = close + 1;
    e->is_set = !is_call && !is_get && code_is_op(c, close + 1, "=");
    e->has_default = (is_call || is_get) && code_is_op(c, open + 2, ",");
    return close > open;
}

/* process.env.X, process.env["X"], "X" in process.env. */
static bool read_javascript_env(const struct code *c, uint32_t i, struct env *e) {
    if (!code_is(c, i, "env") || i < 2 || !code_is(c, i - 2, "process"))
        return false;
    *e = (struct env){.begin = i - 2};
    if (i > 3 && code_is(c, i - 3, "in")) {
        e->has_default = true;
        e->end = i + 1;
        return env_named(c, i - 4, e);
    }
    bool is_index = code_is_op(c, i + 1, "[");
    if (is_index && !env_named(c, i + 2, e))
        return false;
    if (!is_index && !code_is_op(c, i + 1, ".") && !code_is_op(c, i + 1, "?."))
        return false;
    if (!is_index) {
        e->token = i + 2;
        e->name = code_text(c, i + 2);
    }
    e->end = is_index ? c->tokens[i + 1].match + 1 : i + 3;
    e->is_set = code_is_op(c, e->end, "=");
    return c->tokens[e->token].kind != CODE_END && e->end > i;
}

static bool read_env(const struct code *c, uint32_t i, struct env *e) {
    return c->tokens[i].kind == CODE_NAME &&
           (c->pub.language == CODE_PYTHON ? read_python_env(c, i, e)
                                           : read_javascript_env(c, i, e));
}

/* Does the code ask whether the value of [begin, end) is there? */
static bool is_asked(const struct code *c, uint32_t begin, uint32_t end) {
    static const char *const before[] = {"if", "not", "elif", "and", "or", "while", NULL};
    static const char *const behind[] = {"or", "if", "is", "and", NULL};
    static const char *const operators[] = {
        "||", "?\?", "?", "&&", "||=", "?\?=", "===", "!==", "==", "!=", NULL};
    uint32_t p = begin > 0 ? begin - 1 : 0;
    if (code_is_word(c, p, before) || code_is_word(c, end, behind) || code_is_op(c, p, "!"))
        return true;
    if (code_is_op(c, p, "(") && p > 0 && code_is(c, p - 1, "if"))
        return true;
    for (size_t i = 0; operators[i]; i++)
        if (code_is_op(c, end, operators[i]))
            return true;
    return c->pub.language == CODE_JAVASCRIPT && (code_is_op(c, p, "&&") || code_is_op(c, p, "||"));
}

/*
 * Is the name that the whole value from begin on is given to asked of later? *looks is how many tokens
 * have been looked at for all such names; where they are too many it counts as asked.
 */
static bool is_name_asked(const struct code *c, uint32_t begin, uint32_t end, size_t *looks) {
    if (begin < 2 || !code_is_op(c, begin - 1, "=") || c->tokens[begin - 2].kind != CODE_NAME)
        return false;
    str name = code_text(c, begin - 2);
    *looks += c->pub.n_tokens - end;
    if (*looks > MOST_LOOKS)
        return true;
    for (uint32_t i = end; i < c->pub.n_tokens; i++)
        if (c->tokens[i].kind == CODE_NAME && c->begins[i] == i && str_eq(code_text(c, i), name) &&
            is_asked(c, i, i + 1))
            return true;
    return false;
}

static bool is_index(const struct code *c, const struct env *e) {
    return c->pub.language == CODE_PYTHON && code_is_op(c, e->token - 1, "[");
}

/* const {A, B = 1} = process.env. */
static void each_in_pattern(const struct code *c, env_fn *fn, void *ctx) {
    for (uint32_t i = 0; i < c->n_names; i++) {
        const struct code_name *n = &c->names[i];
        if (n->member.p && ascii_only_alnum(n->member, "_") && n->end == n->first + 3 &&
            code_is(c, n->first, "process") && code_is(c, n->first + 2, "env"))
            fn(ctx, n->member, n->token, n->has_default);
    }
}

void audit_code_each_env(const struct audit_code *code, env_fn *fn, void *ctx) {
    const struct code *c = code_of(code);
    struct code_index set; /* names that the code sets by itself, or asks of somewhere */
    struct env e;
    size_t looks = 0;
    code_index_new(&set, c->arena, code->n_tokens / 4 + 1);
    for (uint32_t i = 0; i + 1 < code->n_tokens; i++)
        if (read_env(c, i, &e) && (e.is_set || e.has_default || is_asked(c, e.begin, e.end)))
            *code_index_put(&set, e.name) = 1;
    for (uint32_t i = 0; i + 1 < code->n_tokens; i++)
        if (read_env(c, i, &e) && !e.is_set)
            fn(ctx, e.name, e.token,
               code_index_get(&set, e.name) != NULL ||
                   (!is_index(c, &e) && is_name_asked(c, e.begin, e.end, &looks)));
    if (code->language == CODE_JAVASCRIPT)
        each_in_pattern(c, fn, ctx);
}

str audit_code_env_of(const struct audit_code *code, uint32_t first, uint32_t end) {
    const struct code *c = code_of(code);
    struct env e;
    for (unsigned steps = 0; steps < MOST_STEPS && first < end; steps++) {
        for (uint32_t i = first; i < end && i < first + 4; i++)
            if (read_env(c, i, &e) && e.begin == first)
                return e.name;
        uint32_t last = first;
        while (last + 2 < end && code_is_op(c, last + 1, ".") &&
               c->tokens[last + 2].kind == CODE_NAME)
            last += 2;
        if (c->tokens[first].kind != CODE_NAME || last + 1 != end)
            return STR_NONE;
        const struct code_token *a = &c->tokens[first], *b = &c->tokens[last];
        const struct code_name *n =
            code_name_of(c, str_slice(code->text, a->at, b->at + b->len), a->block, first);
        if (!n)
            return STR_NONE;
        if (n->member.p && code_is(c, n->first, "process") && code_is(c, n->first + 2, "env"))
            return n->member;
        if (n->member.p)
            return STR_NONE;
        first = n->first;
        end = n->end;
    }
    return STR_NONE;
}
