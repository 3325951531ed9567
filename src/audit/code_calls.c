/* audit/code_calls: where expressions begin, and what is called. */
#include "audit/code_priv.h"
#include "base/ascii.h"

enum { MOST_TYPES = 30 }; /* tokens between f and ( in f<Type>(…) */

/* Words of either language that are no expression. */
static const char *const python_words[] = {
    "and",    "as",   "assert", "async",  "await",    "break", "class", "continue", "def",
    "del",    "elif", "else",   "except", "finally",  "for",   "from",  "global",   "if",
    "import", "in",   "is",     "lambda", "nonlocal", "not",   "or",    "pass",     "raise",
    "return", "try",  "while",  "with",   "yield",    NULL};
static const char *const javascript_words[] = {
    "async",    "await",   "break",  "case",     "catch",  "class", "const",      "continue",
    "debugger", "default", "delete", "do",       "else",   "enum",  "export",     "extends",
    "finally",  "for",     "from",   "function", "if",     "in",    "instanceof", "interface",
    "let",      "new",     "of",     "return",   "switch", "throw", "try",        "typeof",
    "var",      "void",    "while",  "with",     "yield",  NULL};

bool code_is_keyword(const struct code *c, uint32_t token) {
    return code_is_word(c, token, c->pub.language == CODE_PYTHON ? python_words : javascript_words);
}

/* ---- Where expressions begin ---- */

/* What stands before a bracket that is behind an expression: f, a.b, f(). */
static uint32_t before_bracket(const struct code *c, uint32_t open) {
    if (open == 0)
        return NO_TOKEN;
    uint32_t p = open - 1;
    if (code_is_op(c, p, "?.") && p > 0)
        p--;
    return c->begins[p];
}

static uint32_t begin_of(const struct code *c, uint32_t i) {
    const struct code_token *t = &c->tokens[i];
    uint32_t begin = NO_TOKEN;
    if (t->kind == CODE_NAME && i > 0 && code_is_dot(c, i - 1))
        begin = i > 1 ? c->begins[i - 2] : NO_TOKEN;
    else if (t->kind == CODE_NAME)
        begin = code_is_keyword(c, i) ? NO_TOKEN : i;
    else if (t->kind == CODE_NUMBER || t->kind == CODE_REGEX)
        begin = i;
    else if (t->kind == CODE_STRING)
        begin = !t->has_holes || t->match < i ? t->match : NO_TOKEN;
    else if (t->kind == CODE_OP && t->match < i && !code_is_op(c, i, "}"))
        begin = before_bracket(c, t->match) != NO_TOKEN ? before_bracket(c, t->match) : t->match;
    else if (code_is_op(c, i, "}") && t->match < i && c->pub.language == CODE_PYTHON)
        begin = t->match;
    else if (code_is_op(c, i, "!") && i > 0 && code_is_dot(c, i + 1))
        begin = c->begins[i - 1]; /* TypeScript: it is not null */
    bool is_new = begin != NO_TOKEN && begin > 0 && c->pub.language == CODE_JAVASCRIPT &&
                  c->tokens[begin].kind == CODE_NAME && code_is(c, begin - 1, "new");
    return is_new ? begin - 1 : begin;
}

void code_chains(struct code *c) {
    c->begins = arena_alloc(c->arena, c->pub.n_tokens * sizeof *c->begins);
    for (uint32_t i = 0; i < c->pub.n_tokens; i++)
        c->begins[i] = begin_of(c, i);
}

/* ---- Calls ---- */

struct calls {
    struct code *c;
    uint32_t n, cap;
};

/* f<Type>( : where f ends. NO_TOKEN: no such thing. */
static uint32_t over_types(const struct code *c, uint32_t close) {
    uint32_t depth = 0, at = close;
    for (unsigned n = 0; n < MOST_TYPES && at > 0; n++, at--) {
        const struct code_token *t = &c->tokens[at];
        if (code_is_op(c, at, ">"))
            depth++;
        else if (code_is_op(c, at, "<") && --depth == 0)
            return c->tokens[at - 1].kind == CODE_NAME &&
                           c->tokens[at - 1].at + c->tokens[at - 1].len == t->at
                       ? at - 1
                       : NO_TOKEN;
        else if (t->kind == CODE_OP && !ascii_is_one_of(code_text(c, at).p[0], "<.,[]|&"))
            return NO_TOKEN;
    }
    return NO_TOKEN;
}

/* "a.b" that ends at token `last`: its first token, and its text without spaces, "?." as ".". */
static str callee_of(const struct code *c, uint32_t last, uint32_t *ret_first) {
    uint32_t first = last;
    while (first > 1 && code_is_dot(c, first - 1) && c->tokens[first - 2].kind == CODE_NAME)
        first -= 2;
    bool is_part = first > 0 && code_is_dot(c, first - 1);
    bool is_new =
        !is_part && first > 0 && c->pub.language == CODE_JAVASCRIPT && code_is(c, first - 1, "new");
    first -= is_part || is_new;
    *ret_first = first;
    uint32_t from = c->tokens[first].at, to = c->tokens[last].at + c->tokens[last].len;
    str whole = str_slice(c->pub.text, from, to);
    if (!is_new && !is_part && ascii_only_alnum(whole, "._$#"))
        return whole;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    buf_c(&out, is_new ? "new " : "");
    for (uint32_t i = first + is_new; i <= last; i++)
        buf_str(&out, code_is_dot(c, i) ? S(".") : code_text(c, i));
    return arena_str(c->arena, buf_view(&out));
}

static void add_call(struct calls *k, uint32_t last, uint32_t open, uint32_t close) {
    struct code *c = k->c;
    if (k->n == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 64;
        c->calls = mem_realloc(c->calls, k->cap * sizeof *c->calls);
    }
    struct code_call call = {.callee = S(""), .token = open, .open = open, .close = close};
    uint32_t inner = c->tokens[last].match;
    bool is_plain = code_is_op(c, last, ")") && inner < last && code_is_op(c, inner + 2, ",") &&
                    str_is(code_text(c, inner + 1), "0") && c->tokens[last - 1].kind == CODE_NAME;
    if (c->tokens[last].kind == CODE_NAME)
        call.callee = callee_of(c, last, &call.token);
    else if (is_plain) /* (0, module_1.f)(…), as compilers write it */
        call.callee = callee_of(c, last - 1, &call.token);
    call.block = c->tokens[call.token].block;
    uint32_t begin = c->begins[last];
    call.is_awaited = begin != NO_TOKEN && begin > 0 && code_is(c, begin - 1, "await");
    c->calls[k->n++] = call;
}

/* Is name( the head of a function or class? */
static bool is_definition(const struct code *c, uint32_t name) {
    static const char *const before[] = {"def", "class", "function", NULL};
    if (name == 0)
        return false;
    if (code_is_op(c, name - 1, "*") && code_is(c, name - 2, "function"))
        return true;
    return code_is_word(c, name - 1, before) || c->function_at[name] != 0 ||
           c->function_at[name - 1] != 0;
}

static void read_open(struct calls *k, uint32_t open) {
    const struct code *c = k->c;
    uint32_t last = open > 0 ? open - 1 : 0, close = c->tokens[open].match;
    if (open == 0)
        return;
    if (code_is_op(c, last, "?.") && last > 0)
        last--;
    else if (code_is_op(c, last, ">") && c->pub.language == CODE_JAVASCRIPT)
        last = over_types(c, last);
    if (last == NO_TOKEN || c->begins[last] == NO_TOKEN ||
        (c->tokens[last].kind != CODE_NAME && c->tokens[last].kind != CODE_OP) ||
        (c->tokens[last].kind == CODE_NAME && is_definition(c, last)))
        return;
    if (code_is_op(c, last, "]") && c->function_at[c->tokens[last].match])
        return; /* [name](…) {…} */
    static const char *const heads[] = {"if", "for", "while", "switch", "with", "catch", NULL};
    if (code_is_op(c, last, ")") && c->pub.language == CODE_JAVASCRIPT &&
        c->begins[last] == c->tokens[last].match &&
        code_is_word(c, c->tokens[last].match - 1, heads))
        return; /* if (a) (b) */
    add_call(k, last, open, close > open ? close : k->c->pub.n_tokens - 1);
}

/* new X without brackets. */
static void read_new(struct calls *k, uint32_t at) {
    const struct code *c = k->c;
    uint32_t last = at + 1;
    if (c->tokens[last].kind != CODE_NAME)
        return;
    while (code_is_dot(c, last + 1) && c->tokens[last + 2].kind == CODE_NAME)
        last += 2;
    if (!code_is_op(c, last + 1, "(") && !code_is_op(c, last + 1, "<"))
        add_call(k, last, last, last);
}

void code_calls(struct code *c) {
    struct calls k = {.c = c};
    bool has_new = c->pub.language == CODE_JAVASCRIPT;
    for (uint32_t i = 0; i + 1 < c->pub.n_tokens; i++)
        if (code_is_op(c, i, "("))
            read_open(&k, i);
        else if (has_new && code_is(c, i, "new"))
            read_new(&k, i);
    struct code_call *heap = c->calls;
    c->calls = arena_alloc(c->arena, k.n * sizeof *c->calls);
    if (k.n)
        memcpy(c->calls, heap, k.n * sizeof *c->calls);
    free(heap);
    c->pub.calls = c->calls;
    c->pub.n_calls = k.n;
    c->asked = arena_zalloc(c->arena, k.n * sizeof *c->asked);
}
