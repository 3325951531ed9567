/* audit/code_tokens: what the readers of both languages share: tokens, brackets, operators, names. */
#include "audit/code_priv.h"
#include "base/ascii.h"

uint32_t code_add(struct code_reader *r, enum code_token_kind kind, size_t from) {
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 256;
        r->tokens = mem_realloc(r->tokens, r->cap * sizeof *r->tokens);
    }
    r->tokens[r->n] = (struct code_token){.kind = kind,
                                          .at = (uint32_t)from,
                                          .len = (uint32_t)(r->at - from),
                                          .match = r->n};
    return r->n++;
}

void code_push(struct code_reader *r, struct code_open open) {
    if (r->depth == CODE_MOST_DEPTH) {
        r->is_damaged = r->has_stopped = true;
        r->at = r->text.len;
        return;
    }
    r->open[r->depth++] = open;
}

/* The nearest open bracket of the kind that closes so, not beyond the string that one is in. */
static bool find_open(const struct code_reader *r, char closer, unsigned *ret) {
    for (unsigned i = r->depth; i > 0 && r->open[i - 1].closer; i--)
        if (r->open[i - 1].closer == closer) {
            *ret = i - 1;
            return true;
        }
    return false;
}

void code_bracket(struct code_reader *r) {
    char c = code_char(r, 0);
    size_t from = r->at++;
    uint32_t token = code_add(r, CODE_OP, from);
    if (ascii_is_one_of(c, "([{")) {
        char closer = c == '(' ? ')' : c == '[' ? ']' : '}';
        code_push(r, (struct code_open){.closer = closer, .token = token});
        return;
    }
    unsigned at;
    if (!find_open(r, c, &at)) {
        r->is_damaged = true;
        return;
    }
    r->is_damaged |= at + 1 != r->depth;
    r->tokens[token].match = r->open[at].token;
    r->tokens[r->open[at].token].match = token;
    r->depth = at;
}

void code_operator(struct code_reader *r, const char *const *table) {
    size_t from = r->at;
    char c = code_char(r, 0), next = code_char(r, 1);
    str rest = str_skip(r->text, from);
    r->at++;
    bool is_long =
        (next >= '*' && next <= '/') || (next >= ':' && next <= '?') || next == '&' || next == '|';
    for (; is_long && *table; table++)
        if ((*table)[0] == c && str_starts(rest, str_c(*table))) {
            r->at = from + strlen(*table);
            break;
        }
    code_add(r, CODE_OP, from);
}

bool code_starts_name(char c) { return ascii_is_alpha(c) || c == '_' || (unsigned char)c >= 0x80; }
bool code_continues_name(char c) { return code_starts_name(c) || ascii_is_digit(c); }

/* Hexadecimal digits have an "e" too, but no exponent. */
void code_number(struct code_reader *r) {
    size_t from = r->at;
    bool is_hex = code_char(r, 0) == '0' && ascii_is_one_of(code_char(r, 1), "xX");
    for (;; r->at++) {
        char c = code_char(r, 0);
        bool is_sign = !is_hex && r->at > from && ascii_is_one_of(c, "+-") &&
                       ascii_is_one_of(r->text.p[r->at - 1], "eE");
        if (!ascii_is_alnum(c) && c != '_' && c != '.' && !is_sign)
            break;
    }
    code_add(r, CODE_NUMBER, from);
}

void code_name(struct code_reader *r) {
    size_t from = r->at++;
    while (code_continues_name(code_char(r, 0)) || code_char(r, 0) == '$')
        r->at++;
    code_add(r, CODE_NAME, from);
}

bool code_placeholder(struct code_reader *r) {
    if (code_char(r, 0) != '$' || code_char(r, 1) != '{')
        return false;
    size_t n = 2;
    while (code_continues_name(code_char(r, n)) || ascii_is_one_of(code_char(r, n), ".:"))
        n++;
    if (n == 2 || code_char(r, n) != '}')
        return false;
    size_t from = r->at;
    r->at += n + 1;
    code_add(r, CODE_NAME, from);
    return true;
}

void code_end(struct code_reader *r) {
    r->is_damaged |= r->depth > 0;
    r->at = r->text.len;
    code_add(r, CODE_END, r->at);
}
