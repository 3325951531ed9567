/* logs/pattern: parses a filter pattern into terms or a tree of tests, and matches events. */
#include "svc/logs/pattern.h"

#include "base/arena.h"
#include "base/ascii.h"
#include "base/json.h"

#include <math.h>

enum { MAX_TERMS = 128, MAX_STEPS = 32 };

enum term_kind { TERM_MUST, TERM_MUST_NOT, TERM_ANY };
struct term {
    enum term_kind kind;
    str text;
};

enum op {
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IS_NULL,
    OP_IS_TRUE,
    OP_IS_FALSE,
    OP_NOT_EXISTS
};
struct step {
    const char *name; /* NULL: an index */
    size_t index;
};
enum node_kind { NODE_AND, NODE_OR, NODE_TEST };
struct node {
    enum node_kind kind;
    struct node *left, *right; /* and, or */
    struct step *steps;        /* test: $ and then these */
    size_t n_steps;
    enum op op;
    str text; /* with wildcards */
    double number;
    bool is_number;
};

struct logs_pattern {
    struct arena arena;
    struct term *terms;
    size_t n_terms;
    struct node *json; /* or NULL */
};

static int invalid(struct err *err, const char *why) {
    return err_set(err, LOGS_PATTERN_E_INVALID, "Invalid filter pattern: %s", why);
}

/* ---- Reading ---- */

struct reader {
    struct arena *arena;
    str rest;
    struct err *err;
    unsigned depth;
};

static void skip_space(struct reader *r) {
    size_t n = 0;
    while (n < r->rest.len && (r->rest.p[n] == ' ' || r->rest.p[n] == '\t' ||
                               r->rest.p[n] == '\n' || r->rest.p[n] == '\r'))
        n++;
    r->rest = str_skip(r->rest, n);
}

static bool take(struct reader *r, const char *token) {
    skip_space(r);
    if (!str_starts(r->rest, str_c(token)))
        return false;
    r->rest = str_skip(r->rest, strlen(token));
    return true;
}

/* "…" with \" and \\ inside; the quote is at the front. */
static int take_quoted(struct reader *r, str *ret_text) {
    char *out = arena_alloc(r->arena, r->rest.len + 1);
    size_t n = 0, i = 1;
    for (; i < r->rest.len && r->rest.p[i] != '"'; i++) {
        if (r->rest.p[i] == '\\' && i + 1 < r->rest.len &&
            (r->rest.p[i + 1] == '"' || r->rest.p[i + 1] == '\\'))
            i++;
        out[n++] = r->rest.p[i];
    }
    if (i >= r->rest.len)
        return invalid(r->err, "a quote is not closed");
    r->rest = str_skip(r->rest, i + 1);
    *ret_text = (str){out, n};
    return 0;
}

/* ---- Terms ---- */

static int take_term(struct reader *r, struct logs_pattern *p) {
    struct term *term = &p->terms[p->n_terms];
    term->kind = take(r, "-") ? TERM_MUST_NOT : take(r, "?") ? TERM_ANY : TERM_MUST;
    if (p->n_terms++ >= MAX_TERMS - 1)
        return invalid(r->err, "too many terms");
    if (r->rest.len && r->rest.p[0] == '"')
        return take_quoted(r, &term->text);
    size_t n = 0;
    while (n < r->rest.len && str_chr(S(" \t\r\n\""), r->rest.p[n]) < 0)
        n++;
    if (n == 0)
        return invalid(r->err, "a term is empty");
    if (r->rest.p[0] == '%')
        return invalid(r->err, "regular expressions (%...%) are not supported by calotype");
    term->text = arena_str(r->arena, str_slice(r->rest, 0, n));
    r->rest = str_skip(r->rest, n);
    return 0;
}

/* Beside terms of another kind the ? ones do not count. */
static void drop_idle_terms(struct logs_pattern *p) {
    bool other = false;
    for (size_t i = 0; i < p->n_terms; i++)
        other |= p->terms[i].kind != TERM_ANY;
    size_t n = 0;
    for (size_t i = 0; i < p->n_terms; i++)
        if (!other || p->terms[i].kind != TERM_ANY)
            p->terms[n++] = p->terms[i];
    p->n_terms = n;
}

static int parse_terms(struct reader *r, struct logs_pattern *p) {
    p->terms = arena_alloc(r->arena, MAX_TERMS * sizeof *p->terms);
    for (skip_space(r); r->rest.len; skip_space(r))
        if (take_term(r, p))
            return LOGS_PATTERN_E_INVALID;
    drop_idle_terms(p);
    return 0;
}

/* ---- JSON ---- */

static bool is_name_char(char c) {
    return ascii_is_alnum(c) || ascii_is_one_of(c, "_-@/") || (unsigned char)c >= 0x80;
}

static int take_step(struct reader *r, struct step *step) {
    if (r->rest.p[0] == '[') {
        str digits, tail;
        uint64_t index;
        if (!str_cut(str_skip(r->rest, 1), ']', &digits, &tail) || !str_to_u64(digits, &index) ||
            index > 1000000)
            return invalid(r->err, "an index must be a number");
        *step = (struct step){NULL, (size_t)index};
        r->rest = tail;
        return 0;
    }
    r->rest = str_skip(r->rest, 1); /* the dot */
    size_t n = 0;
    while (n < r->rest.len && is_name_char(r->rest.p[n]))
        n++;
    if (n == 0)
        return invalid(r->err, "a property's name is missing");
    *step = (struct step){arena_cstr(r->arena, str_slice(r->rest, 0, n)), 0};
    r->rest = str_skip(r->rest, n);
    return 0;
}

static int take_selector(struct reader *r, struct node *node) {
    if (!take(r, "$"))
        return invalid(r->err, "a property begins with $");
    node->steps = arena_alloc(r->arena, MAX_STEPS * sizeof *node->steps);
    while (r->rest.len && (r->rest.p[0] == '.' || r->rest.p[0] == '[')) {
        if (node->n_steps == MAX_STEPS)
            return invalid(r->err, "a property is too deep");
        if (take_step(r, &node->steps[node->n_steps++]))
            return LOGS_PATTERN_E_INVALID;
    }
    return node->n_steps ? 0 : invalid(r->err, "a property's name is missing");
}

static bool parse_number(str s, double *ret) {
    char text[64], *end;
    if (s.len == 0 || s.len >= sizeof text || str_chr(S("0123456789+-."), s.p[0]) < 0)
        return false;
    memcpy(text, s.p, s.len);
    text[s.len] = '\0';
    if (str_chr(s, 'x') >= 0 || str_chr(s, 'X') >= 0)
        return false;
    *ret = strtod(text, &end);
    return *end == '\0' && isfinite(*ret);
}

static int take_value(struct reader *r, struct node *node) {
    skip_space(r);
    if (r->rest.len && r->rest.p[0] == '"')
        return take_quoted(r, &node->text);
    if (r->rest.len && r->rest.p[0] == '%')
        return invalid(r->err, "regular expressions (%...%) are not supported by calotype");
    size_t n = 0;
    while (n < r->rest.len && str_chr(S(" \t\r\n)}&|\""), r->rest.p[n]) < 0)
        n++;
    if (n == 0)
        return invalid(r->err, "a value is missing");
    node->text = arena_str(r->arena, str_slice(r->rest, 0, n));
    node->is_number = parse_number(node->text, &node->number);
    r->rest = str_skip(r->rest, n);
    return 0;
}

static int take_test(struct reader *r, struct node *node) {
    static const struct {
        const char *token;
        enum op op;
    } operators[] = {{"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE},
                     {"=", OP_EQ},  {"<", OP_LT},  {">", OP_GT}};
    static const struct {
        const char *first, *second;
        enum op op;
    } words[] = {{"IS", "NULL", OP_IS_NULL},
                 {"IS", "TRUE", OP_IS_TRUE},
                 {"IS", "FALSE", OP_IS_FALSE},
                 {"NOT", "EXISTS", OP_NOT_EXISTS}};
    node->kind = NODE_TEST;
    if (take_selector(r, node))
        return LOGS_PATTERN_E_INVALID;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        str before = r->rest;
        if (take(r, words[i].first) && take(r, words[i].second)) {
            node->op = words[i].op;
            return 0;
        }
        r->rest = before;
    }
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (take(r, operators[i].token)) {
            node->op = operators[i].op;
            if (take_value(r, node))
                return LOGS_PATTERN_E_INVALID;
            if (node->op >= OP_LT && !node->is_number)
                return invalid(r->err, "<, <=, > and >= compare numbers");
            return 0;
        }
    return invalid(r->err, "a comparison is missing");
}

static int take_either(struct reader *r, struct node **ret_node);

static int take_primary(struct reader *r, struct node **ret_node) {
    if (!take(r, "(")) {
        *ret_node = arena_new(r->arena, struct node);
        return take_test(r, *ret_node);
    }
    if (r->depth++ >= LOGS_PATTERN_DEPTH)
        return invalid(r->err, "too many parentheses");
    int e = take_either(r, ret_node);
    r->depth--;
    if (e)
        return e;
    return take(r, ")") ? 0 : invalid(r->err, "a parenthesis is not closed");
}

/* One level of operators: operands of `next`, joined by token. */
static int take_joined(struct reader *r, const char *token, enum node_kind kind,
                       int (*next)(struct reader *r, struct node **ret_node),
                       struct node **ret_node) {
    if (next(r, ret_node))
        return LOGS_PATTERN_E_INVALID;
    while (take(r, token)) {
        struct node *both = arena_new(r->arena, struct node);
        both->kind = kind;
        both->left = *ret_node;
        if (next(r, &both->right))
            return LOGS_PATTERN_E_INVALID;
        *ret_node = both;
    }
    return 0;
}

static int take_both(struct reader *r, struct node **ret_node) {
    return take_joined(r, "&&", NODE_AND, take_primary, ret_node);
}

static int take_either(struct reader *r, struct node **ret_node) {
    return take_joined(r, "||", NODE_OR, take_both, ret_node);
}

static int parse_json(struct reader *r, struct logs_pattern *p) {
    take(r, "{");
    if (take_either(r, &p->json))
        return LOGS_PATTERN_E_INVALID;
    if (!take(r, "}"))
        return invalid(r->err, "} is missing");
    skip_space(r);
    return r->rest.len ? invalid(r->err, "there is something behind }") : 0;
}

int logs_pattern_new(struct logs_pattern **ret_pattern, str text, struct err *err) {
    if (text.len > LOGS_PATTERN_MAX)
        return invalid(err, "it is too long");
    CLEANUP(logs_pattern) struct logs_pattern *p = mem_new(struct logs_pattern);
    struct reader r = {.arena = &p->arena, .rest = text, .err = err};
    skip_space(&r);
    char first = '\0';
    if (r.rest.len)
        first = r.rest.p[0];
    if (first == '[')
        return invalid(err, "space-delimited patterns ([a, b]) are not supported by calotype");
    if (first == '{' ? parse_json(&r, p) : parse_terms(&r, p))
        return LOGS_PATTERN_E_INVALID;
    *ret_pattern = STEAL(p);
    return 0;
}

struct logs_pattern *logs_pattern_free(struct logs_pattern *pattern) {
    if (pattern) {
        arena_deinit(&pattern->arena);
        free(pattern);
    }
    return NULL;
}

/* ---- Matching ---- */

static const json_t *select_value(const struct node *test, const json_t *doc) {
    for (size_t i = 0; i < test->n_steps && doc; i++) {
        const struct step *s = &test->steps[i];
        doc = s->name ? json_object_get(doc, s->name) : json_array_get(doc, s->index);
    }
    return doc;
}

static bool equals(const struct node *test, const json_t *value) {
    if (json_is_string(value))
        return str_glob(test->text, json_text(value), false);
    if (json_is_number(value))
        return test->is_number && json_number_value(value) == test->number;
    return json_is_boolean(value) && str_is(test->text, json_is_true(value) ? "true" : "false");
}

static bool test_holds(const struct node *test, const json_t *doc) {
    const json_t *value = select_value(test, doc);
    double v = json_is_number(value) ? json_number_value(value) : NAN;
    switch (test->op) {
    case OP_EQ: return value && equals(test, value);
    case OP_NE: return value && !equals(test, value);
    case OP_LT: return v < test->number;
    case OP_LE: return v <= test->number;
    case OP_GT: return v > test->number;
    case OP_GE: return v >= test->number;
    case OP_IS_NULL: return json_is_null(value);
    case OP_IS_TRUE: return json_is_true(value);
    case OP_IS_FALSE: return json_is_false(value);
    case OP_NOT_EXISTS: return !value;
    }
    return false;
}

/* The left side may be as long as the pattern; the right one is bounded by parentheses. */
static bool node_holds(const struct node *node, const json_t *doc) {
    if (node->kind == NODE_TEST)
        return test_holds(node, doc);
    bool left = node_holds(node->left, doc);
    if (node->kind == NODE_AND)
        return left && node_holds(node->right, doc);
    return left || node_holds(node->right, doc);
}

static bool json_matches(const struct logs_pattern *p, str message) {
    if (!str_starts(str_trim(message), S("{")))
        return false;
    CLEANUP_JSON json_t *doc = json_parse(message, NULL);
    return doc && node_holds(p->json, doc);
}

bool logs_pattern_match(const struct logs_pattern *p, str message) {
    if (p->json)
        return json_matches(p, message);
    bool wants_any = false, has_any = false;
    for (size_t i = 0; i < p->n_terms; i++) {
        bool found = str_find(message, p->terms[i].text) >= 0;
        if (p->terms[i].kind == TERM_MUST ? !found : p->terms[i].kind == TERM_MUST_NOT && found)
            return false;
        wants_any |= p->terms[i].kind == TERM_ANY;
        has_any |= p->terms[i].kind == TERM_ANY && found;
    }
    return !wants_any || has_any;
}
