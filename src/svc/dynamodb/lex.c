/* dynamodb/lex: cuts an expression into tokens, one ahead of the parser. */
#include "svc/dynamodb/lex.h"

#include "base/ascii.h"

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static bool in_name(char c) { return ascii_is_alnum(c) || c == '_'; }

static size_t run(str s, size_t from, bool (*in)(char c)) {
    size_t n = from;
    while (n < s.len && in(s.p[n]))
        n++;
    return n;
}

static size_t mark_length(str rest) {
    static const char *const twos[] = {"<>", "<=", ">="};
    for (size_t i = 0; i < sizeof twos / sizeof *twos; i++)
        if (str_starts(rest, str_c(twos[i])))
            return 2;
    return ascii_is_one_of(rest.p[0], "()[].,+-=<>");
}

static struct ddb_token token_at(str all, size_t *at) {
    while (*at < all.len && is_space(all.p[*at]))
        ++*at;
    str rest = str_skip(all, *at);
    if (rest.len == 0)
        return (struct ddb_token){DDB_TOKEN_END, S("<EOF>")};
    struct ddb_token token = {DDB_TOKEN_BAD, str_slice(rest, 0, 1)};
    char c = rest.p[0];
    size_t n = 1;
    if (ascii_is_alpha(c)) { /* "_" begins none: it is a token of its own that nothing takes */
        token.kind = DDB_TOKEN_NAME;
        n = run(rest, 1, in_name);
    } else if (c == '#' || c == ':') {
        n = run(rest, 1, in_name);
        if (n > 1)
            token.kind = c == '#' ? DDB_TOKEN_PLACE_NAME : DDB_TOKEN_PLACE_VALUE;
    } else if (ascii_is_digit(c)) {
        token.kind = DDB_TOKEN_INDEX;
        n = run(rest, 1, ascii_is_digit);
    } else if ((n = mark_length(rest)) > 0) {
        token.kind = DDB_TOKEN_MARK;
    } else {
        n = 1;
    }
    token.text = str_slice(rest, 0, n);
    *at += n;
    return token;
}

void ddb_lex_start(struct ddb_lexer *lexer, str text) {
    *lexer = (struct ddb_lexer){.all = text};
    ddb_lex_next(lexer);
}

void ddb_lex_next(struct ddb_lexer *lexer) {
    lexer->before = lexer->token;
    lexer->token = token_at(lexer->all, &lexer->at);
}

struct ddb_token ddb_lex_peek(const struct ddb_lexer *lexer) {
    size_t at = lexer->at;
    return token_at(lexer->all, &at);
}

str ddb_lex_near(const struct ddb_lexer *lexer) {
    size_t from = lexer->all.len, to = lexer->at;
    if (lexer->token.kind != DDB_TOKEN_END)
        from = (size_t)(lexer->token.text.p - lexer->all.p);
    if (lexer->before.text.p && lexer->before.kind != DDB_TOKEN_END)
        from = (size_t)(lexer->before.text.p - lexer->all.p);
    struct ddb_token next = ddb_lex_peek(lexer);
    if (next.kind != DDB_TOKEN_END)
        to = (size_t)(next.text.p - lexer->all.p) + next.text.len;
    return str_trim(str_slice(str_slice(lexer->all, from, to), 0, 120));
}

bool ddb_lex_is(const struct ddb_lexer *lexer, const char *mark) {
    return lexer->token.kind == DDB_TOKEN_MARK && str_is(lexer->token.text, mark);
}

bool ddb_lex_word(const struct ddb_lexer *lexer, const char *word) {
    return lexer->token.kind == DDB_TOKEN_NAME && str_eq_nocase(lexer->token.text, str_c(word));
}
