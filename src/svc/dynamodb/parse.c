/* What the three parsers share: tokens, errors, paths, placeholders, calls. */
#include "svc/dynamodb/parse_priv.h"
#include "svc/dynamodb/reserved.h"

bool ddb_parser_fail(struct ddb_parser *p, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    err_set(p->err, 0, "Invalid %s: %s", p->param, buf_cstr(&text));
    return false;
}

bool ddb_parser_syntax(struct ddb_parser *p) {
    return ddb_parser_fail(p, "Syntax error; token: \"" STR_FMT "\", near: \"" STR_FMT "\"",
                           STR_ARG(str_slice(p->lexer.token.text, 0, 120)),
                           STR_ARG(ddb_lex_near(&p->lexer)));
}

bool ddb_parser_start(struct ddb_parser *p, struct ddb_expr_env *env, const char *param, str text,
                      struct err *err) {
    *p = (struct ddb_parser){.env = env, .param = param, .err = err};
    if (text.len > DDB_EXPR_MAX)
        return ddb_parser_fail(p,
                               "Expression size has exceeded the maximum allowed size; "
                               "expression size: %zu",
                               text.len);
    ddb_lex_start(&p->lexer, text);
    if (p->lexer.token.kind == DDB_TOKEN_END)
        return ddb_parser_fail(p, "The expression can not be empty;");
    return true;
}

bool ddb_parser_mark(struct ddb_parser *p, const char *mark) {
    if (!ddb_lex_is(&p->lexer, mark))
        return ddb_parser_syntax(p);
    ddb_lex_next(&p->lexer);
    return true;
}

bool ddb_parser_end(struct ddb_parser *p) {
    return p->lexer.token.kind == DDB_TOKEN_END || ddb_parser_syntax(p);
}

bool ddb_parser_operator(struct ddb_parser *p) {
    return ++p->operators <= DDB_EXPR_OPERATORS ||
           ddb_parser_fail(p,
                           "The expression contains too many operators or functions; "
                           "maximum: %d",
                           DDB_EXPR_OPERATORS);
}

struct ddb_node *ddb_node_new(struct ddb_parser *p, enum ddb_node_kind kind, size_t kids) {
    struct ddb_node *node = arena_new(p->env->arena, struct ddb_node);
    node->kind = kind;
    node->n = kids;
    if (kids)
        node->kids = arena_zalloc(p->env->arena, kids * sizeof(struct ddb_node *));
    return node;
}

/* ---- Placeholders and paths ---- */
static struct ddb_place *find(struct ddb_place *places, size_t n, str key) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(places[i].key, key)) {
            places[i].used = true;
            return &places[i];
        }
    return NULL;
}

static bool take_name(struct ddb_parser *p, str *ret) {
    struct ddb_token token = p->lexer.token;
    if (token.kind == DDB_TOKEN_PLACE_NAME) {
        const struct ddb_place *place = find(p->env->names, p->env->n_names, token.text);
        if (!place)
            return ddb_parser_fail(p,
                                   "An expression attribute name used in the document path is "
                                   "not defined; attribute name: " STR_FMT,
                                   STR_ARG(str_slice(token.text, 0, 255)));
        *ret = place->name;
    } else if (token.kind == DDB_TOKEN_NAME) {
        if (ddb_is_reserved(token.text))
            return ddb_parser_fail(
                p, "Attribute name is a reserved keyword; reserved keyword: " STR_FMT,
                STR_ARG(token.text));
        *ret = token.text;
    } else {
        return ddb_parser_syntax(p);
    }
    ddb_lex_next(&p->lexer);
    return true;
}

/* "[12]": the bracket has been read. */
static bool take_index(struct ddb_parser *p, uint32_t *ret) {
    uint64_t index;
    ddb_lex_next(&p->lexer);
    if (p->lexer.token.kind != DDB_TOKEN_INDEX)
        return ddb_parser_syntax(p);
    if (!str_to_u64(p->lexer.token.text, &index) || index > INT32_MAX)
        return ddb_parser_fail(p,
                               "List index is not within the allowable range; index: [" STR_FMT "]",
                               STR_ARG(str_slice(p->lexer.token.text, 0, 40)));
    *ret = (uint32_t)index;
    ddb_lex_next(&p->lexer);
    return ddb_parser_mark(p, "]");
}

static struct ddb_step *add_step(struct ddb_parser *p, struct ddb_path *path) {
    if ((path->n & (path->n - 1)) == 0) { /* room grows by doubling */
        struct ddb_step *room =
            arena_alloc(p->env->arena, (path->n ? path->n * 2 : 1) * sizeof *room);
        for (size_t i = 0; i < path->n; i++)
            room[i] = path->steps[i];
        path->steps = room;
    }
    path->steps[path->n] = (struct ddb_step){0};
    return &path->steps[path->n++];
}

bool ddb_parser_path(struct ddb_parser *p, struct ddb_path *ret) {
    *ret = (struct ddb_path){0};
    if (!take_name(p, &add_step(p, ret)->name))
        return false;
    for (;;) {
        if (ret->n > DDB_DEPTH)
            return ddb_parser_fail(p,
                                   "The document path has too many nesting elements; nesting "
                                   "levels: %zu",
                                   ret->n);
        if (ddb_lex_is(&p->lexer, ".")) {
            ddb_lex_next(&p->lexer);
            if (!take_name(p, &add_step(p, ret)->name))
                return false;
        } else if (ddb_lex_is(&p->lexer, "[")) {
            if (!take_index(p, &add_step(p, ret)->index))
                return false;
        } else {
            return true;
        }
    }
}

bool ddb_parser_value(struct ddb_parser *p, const struct ddb_value **ret) {
    if (p->lexer.token.kind != DDB_TOKEN_PLACE_VALUE)
        return ddb_parser_syntax(p);
    const struct ddb_place *place = find(p->env->values, p->env->n_values, p->lexer.token.text);
    if (!place)
        return ddb_parser_fail(p,
                               "An expression attribute value used in expression is not "
                               "defined; attribute value: " STR_FMT,
                               STR_ARG(str_slice(p->lexer.token.text, 0, 255)));
    *ret = place->value;
    ddb_lex_next(&p->lexer);
    return true;
}

/* ---- Calls ---- */
bool ddb_parser_at_call(const struct ddb_parser *p) {
    struct ddb_token next = ddb_lex_peek(&p->lexer);
    return p->lexer.token.kind == DDB_TOKEN_NAME && next.kind == DDB_TOKEN_MARK &&
           str_is(next.text, "(");
}

bool ddb_parser_arguments(struct ddb_parser *p, ddb_operand_fn *operand, struct ddb_node **kids,
                          size_t most, size_t *ret_n) {
    size_t n = 0;
    if (!ddb_parser_mark(p, "("))
        return false;
    do {
        struct ddb_node *kid;
        if (n)
            ddb_lex_next(&p->lexer); /* the comma */
        if (!operand(p, &kid))
            return false;
        if (n < most)
            kids[n] = kid;
        n++;
    } while (ddb_lex_is(&p->lexer, ","));
    *ret_n = n;
    return ddb_parser_mark(p, ")");
}

bool ddb_parser_count(struct ddb_parser *p, str function, size_t want, size_t got) {
    return want == got ||
           ddb_parser_fail(p,
                           "Incorrect number of operands for operator or function; operator or "
                           "function: " STR_FMT ", number of operands: %zu",
                           STR_ARG(function), got);
}

/* ---- Paths against each other ---- */
bool ddb_parser_no_overlap(struct ddb_parser *p, const struct ddb_path *a,
                           const struct ddb_path *b) {
    size_t common = a->n < b->n ? a->n : b->n;
    const char *how = "overlap";
    for (size_t i = 0; i < common; i++) {
        const struct ddb_step *x = &a->steps[i], *y = &b->steps[i];
        if (!x->name.p != !y->name.p) {
            how = "conflict";
            break;
        }
        if (x->name.p ? !str_eq(x->name, y->name) : x->index != y->index)
            return true;
    }
    CLEANUP_DEINIT(buf) struct buf one = {0}, two = {0};
    ddb_path_show(a, &one);
    ddb_path_show(b, &two);
    return ddb_parser_fail(p,
                           "Two document paths %s with each other; must remove or rewrite one "
                           "of these paths; path one: %.120s, path two: %.120s",
                           how, buf_cstr(&one), buf_cstr(&two));
}

void ddb_path_show(const struct ddb_path *path, struct buf *out) {
    buf_char(out, '[');
    for (size_t i = 0; i < path->n; i++) {
        buf_c(out, i ? ", " : "");
        if (path->steps[i].name.p)
            buf_str(out, path->steps[i].name);
        else
            buf_printf(out, "[%u]", path->steps[i].index);
    }
    buf_char(out, ']');
}
