/*
 * Updates and projections:
 *   update  = { SET path = value {, …} | REMOVE path {, …} |
 *               ADD path :v {, …} | DELETE path :v {, …} }
 *   value   = sum | "(" sum ")"
 *   sum     = term [ (+|-) term ]
 *   term    = operand | "(" operand ")"
 *   operand = path | :value | if_not_exists(path, term) | list_append(term, term)
 * A sum is no operand, and list_append none of itself ("Update expressions", Developer Guide; what
 * the service says to those: test_update_expression.py of ScyllaDB's Alternator, which is run
 * against it).
 */
#include "svc/dynamodb/parse_priv.h"

static bool parse_term(struct ddb_parser *p, struct ddb_node **ret);

/* ---- Operands of SET ---- */
static bool bad_type(struct ddb_parser *p, const char *what, enum ddb_type type) {
    return ddb_parser_fail(p,
                           "Incorrect operand type for operator or function; operator or "
                           "function: %s, operand type: %s",
                           what, ddb_type_name(type));
}

/* Values of a kind that can never be right are refused before any item is looked at. */
static bool check_operand(struct ddb_parser *p, const char *what, const struct ddb_node *kid,
                          enum ddb_type want) {
    if (kid->kind == DDB_NODE_VALUE && kid->value->type != want)
        return bad_type(p, what, kid->value->type);
    if (kid->kind != DDB_NODE_LIST_APPEND)
        return true;
    return want == DDB_L ? ddb_parser_fail(p, "The function is not allowed to be used this way in "
                                              "an expression; function: list_append")
                         : bad_type(p, what, DDB_L);
}

static bool parse_call(struct ddb_parser *p, struct ddb_node **ret) {
    str name = p->lexer.token.text;
    bool append = str_is(name, "list_append");
    if (!append && !str_is(name, "if_not_exists")) {
        static const char *const others[] = {"attribute_exists", "attribute_not_exists",
                                             "attribute_type",   "begins_with",
                                             "contains",         "size"};
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
            if (str_is(name, others[i]))
                return ddb_parser_fail(p,
                                       "The function is not allowed in an update expression; "
                                       "function: %s",
                                       others[i]);
        return ddb_parser_fail(p, "Invalid function name; function: " STR_FMT,
                               STR_ARG(str_slice(name, 0, 255)));
    }
    struct ddb_node *node =
        ddb_node_new(p, append ? DDB_NODE_LIST_APPEND : DDB_NODE_IF_NOT_EXISTS, 2);
    size_t n;
    *ret = node;
    if (++p->depth > DDB_EXPR_DEPTH)
        return ddb_parser_fail(p, "The expression is nested too deeply");
    ddb_lex_next(&p->lexer);
    if (!ddb_parser_operator(p) || !ddb_parser_arguments(p, parse_term, node->kids, 2, &n) ||
        !ddb_parser_count(p, name, 2, n))
        return false;
    p->depth--;
    if (!append)
        return node->kids[0]->kind == DDB_NODE_PATH ||
               ddb_parser_fail(p, "Operator or function requires a document path; operator or "
                                  "function: if_not_exists");
    return check_operand(p, "list_append", node->kids[0], DDB_L) &&
           check_operand(p, "list_append", node->kids[1], DDB_L);
}

static bool parse_operand(struct ddb_parser *p, struct ddb_node **ret) {
    if (p->lexer.token.kind == DDB_TOKEN_PLACE_VALUE) {
        *ret = ddb_node_new(p, DDB_NODE_VALUE, 0);
        return ddb_parser_value(p, &(*ret)->value);
    }
    if (ddb_parser_at_call(p))
        return parse_call(p, ret);
    *ret = ddb_node_new(p, DDB_NODE_PATH, 0);
    return ddb_parser_path(p, &(*ret)->path);
}

static bool parse_term(struct ddb_parser *p, struct ddb_node **ret) {
    if (!ddb_lex_is(&p->lexer, "("))
        return parse_operand(p, ret);
    ddb_lex_next(&p->lexer);
    return parse_operand(p, ret) && ddb_parser_mark(p, ")");
}

static bool at_sign(const struct ddb_parser *p) {
    return ddb_lex_is(&p->lexer, "+") || ddb_lex_is(&p->lexer, "-");
}

/* What follows the left side of a sum: the sign stands in front. */
static bool parse_right(struct ddb_parser *p, struct ddb_node **side) {
    bool plus = ddb_lex_is(&p->lexer, "+");
    const char *mark = plus ? "+" : "-";
    struct ddb_node *node = ddb_node_new(p, plus ? DDB_NODE_PLUS : DDB_NODE_MINUS, 2);
    node->kids[0] = *side;
    *side = node;
    ddb_lex_next(&p->lexer);
    return ddb_parser_operator(p) && parse_term(p, &node->kids[1]) &&
           check_operand(p, mark, node->kids[0], DDB_N) &&
           check_operand(p, mark, node->kids[1], DDB_N);
}

/* Behind a parenthesis it shows only at the sign whether a sum is in it or its first term. */
static bool parse_value(struct ddb_parser *p, struct ddb_node **ret) {
    bool open = ddb_lex_is(&p->lexer, "(");
    if (open)
        ddb_lex_next(&p->lexer);
    if (!(open ? parse_term(p, ret) : parse_operand(p, ret)))
        return false;
    if (open && at_sign(p))
        return parse_right(p, ret) && ddb_parser_mark(p, ")");
    return (!open || ddb_parser_mark(p, ")")) && (!at_sign(p) || parse_right(p, ret));
}

/* ---- Clauses ---- */
struct section {
    const char *word;
    enum ddb_action action;
};
static const struct section sections[] = {
    {"SET", DDB_SET}, {"REMOVE", DDB_REMOVE}, {"ADD", DDB_ADD}, {"DELETE", DDB_DELETE}};

static struct ddb_clause *add_clause(struct ddb_parser *p, struct ddb_update *update) {
    if ((update->n & (update->n - 1)) == 0) {
        struct ddb_clause *room =
            arena_alloc(p->env->arena, (update->n ? update->n * 2 : 1) * sizeof *room);
        for (size_t i = 0; i < update->n; i++)
            room[i] = update->clauses[i];
        update->clauses = room;
    }
    return &update->clauses[update->n++];
}

static bool check_add(struct ddb_parser *p, const struct ddb_clause *c) {
    static const char *const words[] = {"STRING", "NUMBER", "BINARY", "BOOLEAN", "NULL",
                                        "MAP",    "LIST",   "SS",     "NS",      "BS"};
    enum ddb_type type = c->operand->value->type;
    bool fits = ddb_is_set(type) || (c->action == DDB_ADD && type == DDB_N);
    return fits || ddb_parser_fail(p,
                                   "Incorrect operand type for operator or function; operator: "
                                   "%s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND",
                                   c->action == DDB_ADD ? "ADD" : "DELETE", words[type],
                                   c->action == DDB_ADD ? "ADD" : "DELETE");
}

static bool parse_clause(struct ddb_parser *p, struct ddb_clause *c) {
    if (!ddb_parser_path(p, &c->path))
        return false;
    switch (c->action) {
    case DDB_SET:
        return ddb_parser_mark(p, "=") && ddb_parser_operator(p) && parse_value(p, &c->operand);
    case DDB_REMOVE: return ddb_parser_operator(p);
    default:
        c->operand = ddb_node_new(p, DDB_NODE_VALUE, 0);
        return ddb_parser_operator(p) && ddb_parser_value(p, &c->operand->value) && check_add(p, c);
    }
}

static bool parse_section(struct ddb_parser *p, const struct section *section,
                          struct ddb_update *ret) {
    do {
        ddb_lex_next(&p->lexer); /* the word, or a comma */
        struct ddb_clause *c = add_clause(p, ret);
        *c = (struct ddb_clause){.action = section->action};
        if (!parse_clause(p, c))
            return false;
        for (size_t i = 0; i + 1 < ret->n; i++)
            if (!ddb_parser_no_overlap(p, &ret->clauses[i].path, &c->path))
                return false;
    } while (ddb_lex_is(&p->lexer, ","));
    return true;
}

static const struct section *section_here(const struct ddb_parser *p) {
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        if (ddb_lex_word(&p->lexer, sections[i].word))
            return &sections[i];
    return NULL;
}

bool ddb_parse_update(struct ddb_expr_env *env, str text, struct ddb_update *ret, struct err *err) {
    struct ddb_parser p;
    unsigned seen = 0;
    *ret = (struct ddb_update){0};
    if (!ddb_parser_start(&p, env, "UpdateExpression", text, err))
        return false;
    while (p.lexer.token.kind != DDB_TOKEN_END) {
        const struct section *section = section_here(&p);
        if (!section)
            return ddb_parser_syntax(&p);
        if (seen & 1u << section->action)
            return ddb_parser_fail(&p,
                                   "The \"%s\" section can only be used once in an update "
                                   "expression;",
                                   section->word);
        seen |= 1u << section->action;
        if (!parse_section(&p, section, ret))
            return false;
    }
    return true;
}

/* ---- Projections ---- */
bool ddb_parse_projection(struct ddb_expr_env *env, str text, struct ddb_projection *ret,
                          struct err *err) {
    struct ddb_parser p;
    *ret = (struct ddb_projection){0};
    if (!ddb_parser_start(&p, env, "ProjectionExpression", text, err))
        return false;
    for (;;) {
        if ((ret->n & (ret->n - 1)) == 0) {
            struct ddb_path *room =
                arena_alloc(env->arena, (ret->n ? ret->n * 2 : 1) * sizeof *room);
            for (size_t i = 0; i < ret->n; i++)
                room[i] = ret->paths[i];
            ret->paths = room;
        }
        struct ddb_path *path = &ret->paths[ret->n++];
        if (!ddb_parser_path(&p, path))
            return false;
        for (size_t i = 0; i + 1 < ret->n; i++)
            if (!ddb_parser_no_overlap(&p, &ret->paths[i], path))
                return false;
        if (!ddb_lex_is(&p.lexer, ","))
            return ddb_parser_end(&p);
        ddb_lex_next(&p.lexer);
    }
}
