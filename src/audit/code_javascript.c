/*
 * audit/code_javascript: JavaScript's tokens, as "Lexical Grammar" of ECMA-262 has them. Whether a
 * slash divides or begins a regular expression is told by the token before it.
 */
#include "audit/code_priv.h"
#include "base/ascii.h"

static const char *const operators[] = {
    ">>>=", "!==", "&&=", "**=", "...", "<<=", "===", ">>=", ">>>", "?\?=", "||=", "!=",
    "%=",   "&&",  "&=",  "**",  "*=",  "++",  "+=",  "--",  "-=",  "/=",   "<<",  "<=",
    "==",   "=>",  ">=",  ">>",  "?.",  "?\?", "^=",  "|=",  "||",  NULL};

/* Names behind which an expression begins. */
static const char *const expects[] = {"return", "typeof", "case",    "in",    "of", "instanceof",
                                      "new",    "delete", "void",    "throw", "do", "else",
                                      "await",  "yield",  "extends", NULL};
static const char *const conditions[] = {"if", "while", "for", "with", NULL};

static str text_of(const struct code_reader *r, uint32_t token) {
    return str_slice(r->text, r->tokens[token].at, r->tokens[token].at + r->tokens[token].len);
}

static bool is_op(const struct code_reader *r, uint32_t token, const char *text) {
    return r->tokens[token].kind == CODE_OP && str_is(text_of(r, token), text);
}

/* A name that is one of the words, and no member. */
static bool is_word(const struct code_reader *r, uint32_t token, const char *const *words) {
    if (r->tokens[token].kind != CODE_NAME ||
        (token > 0 && (is_op(r, token - 1, ".") || is_op(r, token - 1, "?."))))
        return false;
    while (*words && !str_is(text_of(r, token), *words))
        words++;
    return *words != NULL;
}

/* Does a "{" begin a statement's block? Not: an object. */
static bool is_block(const struct code_reader *r, uint32_t open) {
    static const char *const before[] = {"else", "do", "try", "finally", NULL};
    if (open == 0)
        return true;
    uint32_t p = open - 1;
    if (r->tokens[p].kind == CODE_NAME)
        return is_word(r, p, before) || !is_word(r, p, expects);
    return r->tokens[p].kind == CODE_OP && ascii_is_one_of(text_of(r, p).p[0], ");{}");
}

static bool ends_expression(const struct code_reader *r) {
    if (r->n == 0)
        return false;
    uint32_t p = r->n - 1;
    const struct code_token *t = &r->tokens[p];
    if (t->kind != CODE_OP)
        return t->kind != CODE_NAME || !is_word(r, p, expects);
    if (is_op(r, p, "]") || is_op(r, p, "++") || is_op(r, p, "--"))
        return true;
    if (is_op(r, p, ")"))
        return !(t->match < p && t->match > 0 && is_word(r, t->match - 1, conditions));
    return is_op(r, p, "}") && t->match < p && !is_block(r, t->match);
}

/* ---- Strings, regular expressions, comments ---- */

static void read_string(struct code_reader *r) {
    size_t from = r->at;
    char quote = code_char(r, 0);
    for (r->at++; r->at < r->text.len && code_char(r, 0) != quote; r->at++) {
        if (code_char(r, 0) == '\n')
            break;
        if (code_char(r, 0) == '\\')
            r->at += code_char(r, 1) == '\r' && code_char(r, 2) == '\n' ? 2 : 1;
    }
    if (r->at < r->text.len && code_char(r, 0) == quote)
        r->at++;
    else
        r->is_damaged = true;
    r->at = r->at > r->text.len ? r->text.len : r->at;
    code_add(r, CODE_STRING, from);
}

/* A piece of a template literal, to its end or to the next ${; first: the first piece, or NO_TOKEN. */
static void read_template(struct code_reader *r, size_t from, uint32_t first) {
    bool has_hole = false, has_ended = false;
    while (r->at < r->text.len && !has_hole && !has_ended) {
        char c = code_char(r, 0);
        has_ended = c == '`';
        has_hole = c == '$' && code_char(r, 1) == '{';
        r->at += has_hole || c == '\\' ? 2 : 1;
    }
    r->at = r->at > r->text.len ? r->text.len : r->at;
    r->is_damaged |= !has_hole && !has_ended;
    uint32_t token = code_add(r, CODE_STRING, from);
    r->tokens[token].has_holes = has_hole || first != NO_TOKEN;
    if (first != NO_TOKEN && !has_hole) {
        r->tokens[token].match = first;
        r->tokens[first].match = token;
    }
    if (has_hole)
        code_push(r, (struct code_open){.quote = '`', .token = first == NO_TOKEN ? token : first});
}

static void read_regex(struct code_reader *r) {
    size_t from = r->at;
    bool is_class = false;
    for (r->at++; r->at < r->text.len; r->at++) {
        char c = code_char(r, 0);
        if (c == '\n' || (c == '/' && !is_class))
            break;
        if (c == '\\')
            r->at++;
        else if (c == '[' || c == ']')
            is_class = c == '[';
    }
    if (r->at < r->text.len && code_char(r, 0) == '/')
        r->at++;
    else
        r->is_damaged = true;
    while (code_continues_name(code_char(r, 0)))
        r->at++;
    r->at = r->at > r->text.len ? r->text.len : r->at;
    code_add(r, CODE_REGEX, from);
}

/* Spaces, comments, the line of "#!". */
static void skip_space(struct code_reader *r) {
    while (r->at < r->text.len) {
        char c = code_char(r, 0);
        if ((c == '/' && code_char(r, 1) == '/') || (r->at == 0 && c == '#')) {
            while (r->at < r->text.len && code_char(r, 0) != '\n')
                r->at++;
        } else if (c == '/' && code_char(r, 1) == '*') {
            ptrdiff_t end = str_find(str_skip(r->text, r->at + 2), S("*/"));
            r->is_damaged |= end < 0;
            r->at = end < 0 ? r->text.len : r->at + 2 + (size_t)end + 2;
        } else if (ascii_is_one_of(c, " \t\r\n\f\v")) {
            r->at++;
        } else {
            return;
        }
    }
}

static void read_token(struct code_reader *r) {
    char c = code_char(r, 0);
    if (c == '}' && r->depth > 0 && !r->open[r->depth - 1].closer) {
        uint32_t first = r->open[--r->depth].token;
        size_t from = r->at++;
        read_template(r, from, first);
    } else if (code_placeholder(r)) {
        return;
    } else if (c == '`') {
        size_t from = r->at++;
        read_template(r, from, NO_TOKEN);
    } else if (ascii_is_one_of(c, "'\"")) {
        read_string(r);
    } else if (ascii_is_one_of(c, "()[]{}")) {
        code_bracket(r);
    } else if (code_starts_name(c) || c == '$' || (c == '#' && code_starts_name(code_char(r, 1)))) {
        code_name(r);
    } else if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(code_char(r, 1)))) {
        code_number(r);
    } else if (c == '/' && !ends_expression(r)) {
        read_regex(r);
    } else if (c == '?' && code_char(r, 1) == '.' && ascii_is_digit(code_char(r, 2))) {
        size_t from = r->at++; /* a ? .5 : 1 */
        code_add(r, CODE_OP, from);
    } else {
        code_operator(r, operators);
    }
}

void code_read_javascript(struct code_reader *r) {
    if (str_starts(r->text, S("\xEF\xBB\xBF")))
        r->at = 3;
    while (skip_space(r), r->at < r->text.len)
        read_token(r);
    code_end(r);
}
