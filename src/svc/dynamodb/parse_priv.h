#pragma once
/*
 * dynamodb/parse: what the parsers of conditions, updates and projections share. A function answers
 * false when the text is refused; p->err holds AWS's words then, and the caller answers false too.
 * Trees lie in the arena of p->env.
 */
#include "svc/dynamodb/expr.h"
#include "svc/dynamodb/lex.h"

struct ddb_parser {
    struct ddb_expr_env *env;
    struct ddb_lexer lexer;
    const char *param; /* "ConditionExpression" */
    struct err *err;
    unsigned depth, operators;
};

/* Checks the length, starts the lexer. */
bool ddb_parser_start(struct ddb_parser *p, struct ddb_expr_env *env, const char *param, str text,
                      struct err *err);
/* The error "Invalid PARAM: …"; returns false. */
bool ddb_parser_fail(struct ddb_parser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The error "Syntax error; token: …, near: …" about the current token; returns false. */
bool ddb_parser_syntax(struct ddb_parser *p);
/* Takes a mark or fails. */
bool ddb_parser_mark(struct ddb_parser *p, const char *mark);
/* Nothing follows, or a syntax error. */
bool ddb_parser_end(struct ddb_parser *p);
/* Counts one more operator or function: false beyond DDB_EXPR_OPERATORS. */
bool ddb_parser_operator(struct ddb_parser *p);

/* A path: names, #names and [indexes]. A name that is reserved is refused. */
bool ddb_parser_path(struct ddb_parser *p, struct ddb_path *ret);
/* The value of a :name, which counts as used. */
bool ddb_parser_value(struct ddb_parser *p, const struct ddb_value **ret);
/* A node with room for so many kids, which are NULL. */
struct ddb_node *ddb_node_new(struct ddb_parser *p, enum ddb_node_kind kind, size_t kids);
/* A function call's name stands in front: "size" "(". */
bool ddb_parser_at_call(const struct ddb_parser *p);
/*
 * The arguments of a call whose name was taken; each is an operand. At most `most` are kept, all
 * are counted.
 */
typedef bool ddb_operand_fn(struct ddb_parser *p, struct ddb_node **ret);
bool ddb_parser_arguments(struct ddb_parser *p, ddb_operand_fn *operand, struct ddb_node **kids,
                          size_t most, size_t *ret_n);
/* The error about a function that takes another number of arguments; true when they are equal. */
bool ddb_parser_count(struct ddb_parser *p, str function, size_t want, size_t got);
/*
 * Paths of an expression may not overlap (one inside another) or conflict (name and index in one
 * place).
 */
bool ddb_parser_no_overlap(struct ddb_parser *p, const struct ddb_path *a,
                           const struct ddb_path *b);
