#pragma once
/*
 * audit/code: what the files that read code share. Tokens are made by one of two readers
 * (code_python.c, code_javascript.c), blocks by code_blocks_*.c, calls by code_calls.c and names by
 * code_names.c; code.c calls them in this order.
 */
#include "audit/code.h"

enum { NO_TOKEN = UINT32_MAX, NO_BLOCK = UINT32_MAX };

/* What a name was set to: x = VALUE, const {Member: x} = VALUE, import {Member as x} from VALUE. */
struct code_name {
    str name;            /* "x"; of self.x and this.x, with that */
    str member;          /* what of the value; absent: all of it */
    bool has_default;    /* {x = 1} */
    bool is_of_object;   /* self.x: seen in all functions */
    uint32_t token;      /* the name's */
    uint32_t first, end; /* the value's tokens */
    uint32_t block;      /* where it is set */
    uint32_t before;     /* the one of the same name that was set before; NO_TOKEN: none */
};

/* Texts to numbers, open addressing; in the arena. */
struct code_index {
    struct code_slot {
        str key; /* absent: free */
        uint32_t value;
    } * slots;
    uint32_t mask;
};
void code_index_new(struct code_index *index, struct arena *arena, uint32_t most);
/* The value's place, NO_TOKEN in a new one; or NULL where the key is not there. */
uint32_t *code_index_put(struct code_index *index, str key);
const uint32_t *code_index_get(const struct code_index *index, str key);

/* An audit_code and what only this room sees of it. */
struct code {
    struct audit_code pub; /* first: code_of */
    struct arena *arena;
    struct code_token *tokens;
    struct code_block *blocks;
    struct code_call *calls;
    struct code_more *more; /* by block */
    uint32_t *begins;       /* by token: code_chains */
    uint32_t *function_at;  /* by token: the FUNCTION (or CATCH) whose head it is; 0: none */
    struct code_name *names;
    uint32_t n_names, names_cap;
    bool imports_env;             /* Python: environ or getenv is a name of its own */
    struct code_asked *asked;     /* by call: memo of audit_code_aws */
    struct code_index name_index; /* name to its last struct code_name */
    struct code_index use_index;  /* the name of a function to the last token that names it */
    uint32_t *use_before;         /* by token: the one before that names the same function */
};
/* What is kept of a block beside what rules see. */
struct code_more {
    uint32_t head_end;       /* tokens of the head: from head to before head_end */
    uint32_t over, over_end; /* a loop: what it goes over, as tokens; none: over_end is over */
    bool is_caught;          /* a TRY whose errors do not go on: it has a CATCH */
    uint8_t per_record;      /* memo: audit_code_per_record */
};
struct code_asked {
    bool is_known, is_so;
    struct code_aws aws;
};
static inline struct code *code_of(const struct audit_code *c) { return (struct code *)c; }

/* ---- Tokens ---- */

/* A bracket or an expression within a string that has not ended. */
struct code_open {
    char closer; /* ')', ']', '}'; 0: an expression within a string */
    char quote;  /* the rest is of strings */
    bool is_triple, is_raw, is_spec;
    uint32_t token; /* the bracket; the string's first piece */
};
struct code_reader {
    str text;
    size_t at;
    struct code_token *tokens; /* on the heap while they grow */
    uint32_t n, cap;
    struct code_open open[CODE_MOST_DEPTH];
    unsigned depth;
    bool is_damaged;
    bool has_stopped; /* too deep: the rest is not read */
};
/* A token from byte `from` to where the reader is; its index. */
uint32_t code_add(struct code_reader *r, enum code_token_kind kind, size_t from);
/* Opens a bracket or a hole; stops the reader where it is too deep. */
void code_push(struct code_reader *r, struct code_open open);
/* One of ( [ { or of ) ] }: its token, matched. */
void code_bracket(struct code_reader *r);
/* The longest operator of the table (longest first, an absent one ends it) that stands here; else one character. */
void code_operator(struct code_reader *r, const char *const *table);
/* A number or a name, whose first character has been looked at. */
void code_number(struct code_reader *r);
void code_name(struct code_reader *r);
/* "${Name}" of Fn::Sub stands outside of strings: a name. */
bool code_placeholder(struct code_reader *r);
/* Ends the reading: the last token, what was left open. */
void code_end(struct code_reader *r);
static inline char code_char(const struct code_reader *r, size_t ahead) {
    return r->at + ahead < r->text.len ? r->text.p[r->at + ahead] : '\0';
}
bool code_starts_name(char c);
bool code_continues_name(char c);

void code_read_python(struct code_reader *r);
void code_read_javascript(struct code_reader *r);

/* ---- Blocks ---- */

/* Blocks as they are found; code_blocks_end sorts them into a tree. */
struct code_builder {
    struct code *code;
    struct code_block *blocks; /* on the heap while they grow */
    struct code_more *more;
    uint32_t n, cap;
    /*
     * Where the bodies without brackets end that are around a token, the innermost last. They are
     * looked through to their end, so that only so many may lie within each other.
     */
    uint32_t bare[24];
    unsigned n_bare;
};
/* Its number while blocks are found; `of` is such a number, and is asked of CATCH and FINALLY alone. */
uint32_t code_block_add(struct code_builder *b, struct code_block block, struct code_more more);
/* May another body without brackets begin at a token? Then code_bare says where it ends. */
bool code_may_be_bare(struct code_builder *b, uint32_t at);
void code_bare(struct code_builder *b, uint32_t end);
void code_blocks_python(struct code_builder *b);
void code_blocks_javascript(struct code_builder *b);
void code_blocks_end(struct code_builder *b);
/* JavaScript: the token that ends the expression which begins at one; a statement goes over commas. */
uint32_t code_expression_end(const struct code *c, uint32_t at, bool is_statement);
/* Python: the comma, bracket or line that ends a part of an expression. */
uint32_t code_part_end(const struct code *c, uint32_t at);

/* ---- Chains, calls, names ---- */

/*
 * Where the expression of names, dots, calls and indices that ends at a token begins: of the last
 * token of "new a.b(1)[2].c", "new". NO_TOKEN: none ends there.
 */
void code_chains(struct code *c);
void code_calls(struct code *c);
void code_names(struct code *c);
/* The n-th argument by position, from 0; false: there is none. */
bool code_argument_at(const struct code *c, const struct code_call *call, int n,
                      uint32_t *ret_first, uint32_t *ret_end);
/* Marks functions that are called once per element, by what they are handed to. */
void code_loops(struct code *c);
uint32_t code_find_handler(const struct code *c, str handler);
/* Room for a name; zeroed. */
struct code_name *code_name_add(struct code *c, uint32_t token, uint32_t first, uint32_t end);
void code_names_index(struct code *c);
/* The name's value where it is used in block at token; NULL: it is not set here. */
const struct code_name *code_name_of(const struct code *c, str name, uint32_t block,
                                     uint32_t token);

/*
 * boto3: an argument by its place, and what the object was made with that a method is of: TableName of
 * dynamodb.Table(X).put_item(…).
 */
bool code_aws_place(const struct code *c, const struct code_call *call, const char *name,
                    uint32_t *ret_first, uint32_t *ret_end);

/* ---- Small questions ---- */

static inline str code_text(const struct code *c, uint32_t token) {
    return str_slice(c->pub.text, c->tokens[token].at, c->tokens[token].at + c->tokens[token].len);
}
static inline bool code_is_text(const struct code *c, uint32_t token, enum code_token_kind kind,
                                str text) {
    if (token >= c->pub.n_tokens)
        return false;
    const struct code_token *t = &c->tokens[token];
    return t->kind == kind && t->len == text.len &&
           memcmp(c->pub.text.p + t->at, text.p, text.len) == 0;
}
/* Is it the name, the operator? False where there is no such token. */
static inline bool code_is(const struct code *c, uint32_t token, const char *text) {
    return code_is_text(c, token, CODE_NAME, str_c(text));
}
static inline bool code_is_op(const struct code *c, uint32_t token, const char *text) {
    return code_is_text(c, token, CODE_OP, str_c(text));
}
static inline bool code_is_dot(const struct code *c, uint32_t token) {
    return code_is_op(c, token, ".") || code_is_op(c, token, "?.");
}
/* Is it one of the words (NULL ends them)? Of a NAME that does not follow a dot. */
bool code_is_word(const struct code *c, uint32_t token, const char *const *words);
/* The token behind an opening bracket's end, or behind the token itself. */
static inline uint32_t code_over(const struct code *c, uint32_t token) {
    uint32_t match = c->tokens[token].match;
    return match > token ? match + 1 : token + 1;
}
bool code_is_keyword(const struct code *c, uint32_t token);
