#pragma once
/*
 * dynamodb/lex: an expression as tokens. Tokens are views into the text, which must live as long.
 * The lexer stands on a token (`token`), and can look at the one behind.
 */
#include "base/str.h"

enum ddb_token_kind {
    DDB_TOKEN_END,
    DDB_TOKEN_NAME,        /* an identifier; keywords are told apart by the parser */
    DDB_TOKEN_PLACE_NAME,  /* #name */
    DDB_TOKEN_PLACE_VALUE, /* :value */
    DDB_TOKEN_INDEX,       /* digits */
    DDB_TOKEN_MARK,        /* ( ) [ ] . , + - = <> < <= > >= */
    DDB_TOKEN_BAD,
};
struct ddb_token {
    enum ddb_token_kind kind;
    str text;
};
/* Where the reading stands. `before` is the token before the current one, for ddb_lex_near. */
struct ddb_lexer {
    str all;
    size_t at; /* behind `token` */
    struct ddb_token token, before;
};
/* Reads the first token. */
void ddb_lex_start(struct ddb_lexer *lexer, str text);
/* Moves on. At the end the token stays DDB_TOKEN_END. */
void ddb_lex_next(struct ddb_lexer *lexer);
/* Text around the current token, as AWS shows it behind "near:". */
str ddb_lex_near(const struct ddb_lexer *lexer);
/* The token is this mark. */
bool ddb_lex_is(const struct ddb_lexer *lexer, const char *mark);
/* An identifier that is this keyword, without case. */
bool ddb_lex_word(const struct ddb_lexer *lexer, const char *word);
/* The token behind the current one, without moving. */
struct ddb_token ddb_lex_peek(const struct ddb_lexer *lexer);
