/*
 * Conditions:
 *   condition = and { OR and }      and = not { AND not }      not = { NOT } test
 *   test      = "(" condition ")" | operand op operand | operand BETWEEN operand AND operand
 *             | operand IN "(" operand {, operand} ")" | function "(" operands ")"
 *   operand   = path | :value | size "(" operand ")"
 * What the grammar cannot say (kinds of operands) is checked where a node is made.
 */
#include "svc/dynamodb/parse_priv.h"

static bool parse_or(struct ddb_parser *p, struct ddb_node **ret);

/* ---- Operands ---- */
static bool bad_type(struct ddb_parser *p, str what, enum ddb_type type) {
    return ddb_parser_fail(p,
                           "Incorrect operand type for operator or function; operator or "
                           "function: " STR_FMT ", operand type: %s",
                           STR_ARG(what), ddb_type_name(type));
}

static bool parse_operand(struct ddb_parser *p, struct ddb_node **ret);

static bool parse_size(struct ddb_parser *p, struct ddb_node **ret) {
    struct ddb_node *node = ddb_node_new(p, DDB_NODE_SIZE, 1);
    size_t n;
    ddb_lex_next(&p->lexer);
    if (++p->depth > DDB_EXPR_DEPTH)
        return ddb_parser_fail(p, "The expression is nested too deeply");
    if (!ddb_parser_operator(p) || !ddb_parser_arguments(p, parse_operand, node->kids, 1, &n) ||
        !ddb_parser_count(p, S("size"), 1, n))
        return false;
    p->depth--;
    const struct ddb_node *kid = node->kids[0];
    if (kid->kind == DDB_NODE_SIZE)
        return bad_type(p, S("size"), DDB_N);
    if (kid->kind == DDB_NODE_VALUE &&
        (kid->value->type == DDB_N || kid->value->type == DDB_BOOL || kid->value->type == DDB_NULL))
        return bad_type(p, S("size"), kid->value->type);
    *ret = node;
    return true;
}

static bool parse_operand(struct ddb_parser *p, struct ddb_node **ret) {
    if (p->lexer.token.kind == DDB_TOKEN_PLACE_VALUE) {
        *ret = ddb_node_new(p, DDB_NODE_VALUE, 0);
        return ddb_parser_value(p, &(*ret)->value);
    }
    if (ddb_parser_at_call(p)) {
        if (str_is(p->lexer.token.text, "size"))
            return parse_size(p, ret);
        return ddb_parser_fail(p,
                               "The function is not allowed to be used this way in an "
                               "expression; function: " STR_FMT,
                               STR_ARG(p->lexer.token.text));
    }
    *ret = ddb_node_new(p, DDB_NODE_PATH, 0);
    return ddb_parser_path(p, &(*ret)->path);
}

/* ---- Functions ---- */
static bool check_path(struct ddb_parser *p, str function, const struct ddb_node *kid) {
    return kid->kind == DDB_NODE_PATH ||
           ddb_parser_fail(p,
                           "Operator or function requires a document path; operator or "
                           "function: " STR_FMT,
                           STR_ARG(function));
}

static bool check_exists(struct ddb_parser *p, str function, struct ddb_node *node) {
    return check_path(p, function, node->kids[0]);
}

static bool check_attribute_type(struct ddb_parser *p, str function, struct ddb_node *node) {
    const struct ddb_node *type = node->kids[1];
    if (type->kind != DDB_NODE_VALUE)
        return ddb_parser_fail(p, "The second operand of attribute_type must be a value");
    if (type->value->type != DDB_S)
        return bad_type(p, function, type->value->type);
    if (!ddb_type_of_name(type->value->text, &node->type))
        return ddb_parser_fail(p,
                               "Invalid attribute type name found; type: " STR_FMT
                               ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
                               STR_ARG(str_slice(type->value->text, 0, 100)));
    return check_path(p, function, node->kids[0]);
}

/* The first of two operands may not be the second. */
static bool check_distinct(struct ddb_parser *p, str function, const struct ddb_node *node) {
    const struct ddb_node *a = node->kids[0], *b = node->kids[1];
    if (a->kind != DDB_NODE_PATH || b->kind != DDB_NODE_PATH || a->path.n != b->path.n)
        return true;
    for (size_t i = 0; i < a->path.n; i++) {
        const struct ddb_step *x = &a->path.steps[i], *y = &b->path.steps[i];
        if (x->index != y->index || !str_eq(x->name, y->name))
            return true;
    }
    CLEANUP_DEINIT(buf) struct buf shown = {0};
    ddb_path_show(&a->path, &shown);
    return ddb_parser_fail(p,
                           "The first operand must be distinct from the remaining operands for "
                           "this operator or function; operator: " STR_FMT
                           ", first operand: %.200s",
                           STR_ARG(function), buf_cstr(&shown));
}

static bool check_begins_with(struct ddb_parser *p, str function, struct ddb_node *node) {
    for (size_t i = 0; i < 2; i++) {
        const struct ddb_node *kid = node->kids[i];
        if (kid->kind == DDB_NODE_SIZE)
            return bad_type(p, function, DDB_N);
        if (kid->kind == DDB_NODE_VALUE && kid->value->type != DDB_S && kid->value->type != DDB_B)
            return bad_type(p, function, kid->value->type);
    }
    return check_distinct(p, function, node);
}

static bool check_contains(struct ddb_parser *p, str function, struct ddb_node *node) {
    const struct ddb_node *in = node->kids[0];
    if (in->kind == DDB_NODE_SIZE)
        return bad_type(p, function, DDB_N);
    if (in->kind == DDB_NODE_VALUE && (in->value->type == DDB_N || in->value->type == DDB_BOOL ||
                                       in->value->type == DDB_NULL || in->value->type == DDB_M))
        return bad_type(p, function, in->value->type);
    return check_distinct(p, function, node);
}

static const struct function {
    const char *name;
    enum ddb_node_kind kind;
    size_t operands;
    bool (*check)(struct ddb_parser *p, str function, struct ddb_node *node);
} functions[] = {
    {"attribute_exists", DDB_NODE_EXISTS, 1, check_exists},
    {"attribute_not_exists", DDB_NODE_NOT_EXISTS, 1, check_exists},
    {"attribute_type", DDB_NODE_TYPE, 2, check_attribute_type},
    {"begins_with", DDB_NODE_BEGINS_WITH, 2, check_begins_with},
    {"contains", DDB_NODE_CONTAINS, 2, check_contains},
};

static bool parse_function(struct ddb_parser *p, struct ddb_node **ret) {
    str name = p->lexer.token.text;
    const struct function *f = NULL;
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (str_is(name, functions[i].name))
            f = &functions[i];
    if (!f)
        return str_is(name, "if_not_exists") || str_is(name, "list_append")
                   ? ddb_parser_fail(p,
                                     "The function is not allowed in a condition expression; "
                                     "function: " STR_FMT,
                                     STR_ARG(name))
                   : ddb_parser_fail(p, "Invalid function name; function: " STR_FMT,
                                     STR_ARG(str_slice(name, 0, 255)));
    struct ddb_node *node = ddb_node_new(p, f->kind, f->operands);
    size_t n;
    ddb_lex_next(&p->lexer);
    *ret = node;
    return ddb_parser_operator(p) &&
           ddb_parser_arguments(p, parse_operand, node->kids, f->operands, &n) &&
           ddb_parser_count(p, name, f->operands, n) && f->check(p, name, node);
}

/* ---- Comparisons ---- */
static bool comparator(const struct ddb_lexer *lexer, enum ddb_op *ret) {
    static const char *const marks[] = {
        [DDB_EQ] = "=",  [DDB_NE] = "<>", [DDB_LT] = "<",
        [DDB_LE] = "<=", [DDB_GT] = ">",  [DDB_GE] = ">=",
    };
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (ddb_lex_is(lexer, marks[i])) {
            *ret = (enum ddb_op)i;
            return true;
        }
    return false;
}

/* Only strings, numbers and binaries have an order. */
static bool check_ordered(struct ddb_parser *p, str op, const struct ddb_node *kid) {
    return kid->kind != DDB_NODE_VALUE || kid->value->type <= DDB_B ||
           bad_type(p, op, kid->value->type);
}

static bool parse_compare(struct ddb_parser *p, struct ddb_node *left, enum ddb_op op,
                          struct ddb_node **ret) {
    str mark = p->lexer.token.text;
    struct ddb_node *node = ddb_node_new(p, DDB_NODE_COMPARE, 2);
    node->op = op;
    node->kids[0] = left;
    ddb_lex_next(&p->lexer);
    *ret = node;
    if (!ddb_parser_operator(p) || !parse_operand(p, &node->kids[1]))
        return false;
    if (op >= DDB_LT &&
        (!check_ordered(p, mark, node->kids[0]) || !check_ordered(p, mark, node->kids[1])))
        return false;
    return check_distinct(p, mark, node);
}

static bool check_bounds(struct ddb_parser *p, const struct ddb_value *low,
                         const struct ddb_value *high) {
    const char *fault = NULL;
    if (low->type != high->type)
        fault = "The BETWEEN operator requires same data type for lower and upper bounds";
    else if (ddb_value_cmp(low, high) > 0)
        fault =
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound";
    if (!fault)
        return true;
    CLEANUP_DEINIT(buf) struct buf one = {0}, two = {0};
    ddb_value_show(low, &one);
    ddb_value_show(high, &two);
    return ddb_parser_fail(p,
                           "%s; lower bound operand: AttributeValue: %.100s, upper bound "
                           "operand: AttributeValue: %.100s",
                           fault, buf_cstr(&one), buf_cstr(&two));
}

static bool parse_between(struct ddb_parser *p, struct ddb_node *left, struct ddb_node **ret) {
    struct ddb_node *node = ddb_node_new(p, DDB_NODE_BETWEEN, 3);
    node->kids[0] = left;
    *ret = node;
    ddb_lex_next(&p->lexer);
    if (!ddb_parser_operator(p) || !parse_operand(p, &node->kids[1]))
        return false;
    if (!ddb_lex_word(&p->lexer, "AND"))
        return ddb_parser_syntax(p);
    ddb_lex_next(&p->lexer);
    if (!parse_operand(p, &node->kids[2]))
        return false;
    for (size_t i = 0; i < 3; i++)
        if (!check_ordered(p, S("BETWEEN"), node->kids[i]))
            return false;
    if (node->kids[1]->kind != DDB_NODE_VALUE || node->kids[2]->kind != DDB_NODE_VALUE)
        return true;
    return check_bounds(p, node->kids[1]->value, node->kids[2]->value);
}

static bool parse_in(struct ddb_parser *p, struct ddb_node *left, struct ddb_node **ret) {
    struct ddb_node *kids[1 + DDB_EXPR_IN] = {left};
    size_t n;
    ddb_lex_next(&p->lexer);
    if (!ddb_parser_operator(p) ||
        !ddb_parser_arguments(p, parse_operand, kids + 1, DDB_EXPR_IN, &n))
        return false;
    if (n > DDB_EXPR_IN)
        return ddb_parser_count(p, S("IN"), DDB_EXPR_IN, n);
    *ret = ddb_node_new(p, DDB_NODE_IN, n + 1);
    for (size_t i = 0; i <= n; i++)
        (*ret)->kids[i] = kids[i];
    return true;
}

/* ---- Tests and their combination ---- */
static bool parse_parens(struct ddb_parser *p, struct ddb_node **ret) {
    if (++p->depth > DDB_EXPR_DEPTH)
        return ddb_parser_fail(p, "The expression is nested too deeply");
    ddb_lex_next(&p->lexer);
    if (!parse_or(p, ret) || !ddb_parser_mark(p, ")"))
        return false;
    p->depth--;
    if ((*ret)->parens)
        return ddb_parser_fail(p, "The expression has redundant parentheses;");
    (*ret)->parens = true;
    return true;
}

static bool parse_test(struct ddb_parser *p, struct ddb_node **ret) {
    if (ddb_lex_is(&p->lexer, "("))
        return parse_parens(p, ret);
    if (ddb_parser_at_call(p) && !str_is(p->lexer.token.text, "size"))
        return parse_function(p, ret);
    struct ddb_node *left;
    enum ddb_op op;
    if (!parse_operand(p, &left))
        return false;
    if (comparator(&p->lexer, &op))
        return parse_compare(p, left, op, ret);
    if (ddb_lex_word(&p->lexer, "BETWEEN"))
        return parse_between(p, left, ret);
    if (ddb_lex_word(&p->lexer, "IN"))
        return parse_in(p, left, ret);
    return ddb_parser_syntax(p);
}

static bool parse_not(struct ddb_parser *p, struct ddb_node **ret) {
    if (!ddb_lex_word(&p->lexer, "NOT"))
        return parse_test(p, ret);
    if (++p->depth > DDB_EXPR_DEPTH)
        return ddb_parser_fail(p, "The expression is nested too deeply");
    struct ddb_node *node = ddb_node_new(p, DDB_NODE_NOT, 1);
    *ret = node;
    ddb_lex_next(&p->lexer);
    if (!ddb_parser_operator(p) || !parse_not(p, &node->kids[0]))
        return false;
    p->depth--;
    return true;
}

/* One more kid; room grows by doubling. */
static void add_kid(struct ddb_parser *p, struct ddb_node *node, struct ddb_node *kid) {
    if ((node->n & (node->n - 1)) == 0) {
        struct ddb_node **room =
            arena_alloc(p->env->arena, (node->n ? node->n * 2 : 1) * sizeof(struct ddb_node *));
        for (size_t i = 0; i < node->n; i++)
            room[i] = node->kids[i];
        node->kids = room;
    }
    node->kids[node->n++] = kid;
}

/* kid { word kid }: one node with all of them. */
static bool parse_chain(struct ddb_parser *p, const char *word, enum ddb_node_kind kind,
                        ddb_operand_fn *parse_kid, struct ddb_node **ret) {
    struct ddb_node *kid = NULL, *chain = NULL;
    if (!parse_kid(p, &kid))
        return false;
    *ret = kid;
    while (ddb_lex_word(&p->lexer, word)) {
        if (!chain) {
            chain = *ret = ddb_node_new(p, kind, 0);
            add_kid(p, chain, kid);
        }
        ddb_lex_next(&p->lexer);
        if (!ddb_parser_operator(p) || !parse_kid(p, &kid))
            return false;
        add_kid(p, chain, kid);
    }
    return true;
}

static bool parse_and(struct ddb_parser *p, struct ddb_node **ret) {
    return parse_chain(p, "AND", DDB_NODE_AND, parse_not, ret);
}

static bool parse_or(struct ddb_parser *p, struct ddb_node **ret) {
    return parse_chain(p, "OR", DDB_NODE_OR, parse_and, ret);
}

bool ddb_parse_condition(struct ddb_expr_env *env, const char *param, str text,
                         struct ddb_node **ret, struct err *err) {
    struct ddb_parser p;
    return ddb_parser_start(&p, env, param, text, err) && parse_or(&p, ret) && ddb_parser_end(&p);
}
