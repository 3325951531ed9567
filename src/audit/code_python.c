/*
 * audit/code_python: Python's tokens, as "Lexical analysis" of the language's reference has them:
 * lines that are joined, indentation, all prefixes of strings, expressions within f-strings.
 */
#include "audit/code_priv.h"
#include "base/ascii.h"

static const char *const operators[] = {
    "**=", "//=", ">>=", "<<=", "...", "!=", "%=", "&=", "**", "*=", "+=", "-=", "->",
    "//",  "/=",  ":=",  "<<",  "<=",  "==", ">=", ">>", "@=", "^=", "|=", NULL};

/* Where blocks begin, innermost last. */
struct indents {
    uint32_t column[CODE_MOST_DEPTH], token[CODE_MOST_DEPTH];
    unsigned n;
};

/* ---- Strings ---- */

/*
 * A piece of a string from byte `from`, read to its end or to the next expression within. is_f: the
 * string may have some. s.token is the first piece, NO_TOKEN before there is one.
 */
static void read_piece(struct code_reader *r, size_t from, struct code_open s, bool is_f) {
    bool has_hole = false, has_ended = false;
    while (r->at < r->text.len && !has_hole && !has_ended) {
        char c = code_char(r, 0);
        if (c == '\\' && !s.is_spec) {
            bool is_long = (code_char(r, 1) == '\r' && code_char(r, 2) == '\n') ||
                           (is_f && !s.is_raw && code_char(r, 1) == 'N' && code_char(r, 2) == '{');
            r->at += is_long ? 3 : 2;
        } else if (c == s.quote &&
                   (!s.is_triple || (code_char(r, 1) == c && code_char(r, 2) == c))) {
            r->at += s.is_triple ? 3 : 1;
            has_ended = true;
        } else if (c == '\n' && !s.is_triple) {
            break;
        } else if (is_f && c == '{' && code_char(r, 1) == '{' && !s.is_spec) {
            r->at += 2;
        } else if (is_f && c == '{') {
            r->at++;
            has_hole = true;
        } else {
            s.is_spec &= c != '}';
            r->at++;
        }
    }
    r->at = r->at > r->text.len ? r->text.len : r->at;
    r->is_damaged |= !has_hole && !has_ended;
    uint32_t token = code_add(r, CODE_STRING, from);
    r->tokens[token].has_holes = has_hole || s.token != NO_TOKEN;
    if (s.token == NO_TOKEN) {
        s.token = token;
    } else if (!has_hole) {
        r->tokens[token].match = s.token;
        r->tokens[s.token].match = token;
    }
    s.closer = '\0';
    if (has_hole)
        code_push(r, s);
}

/* The rest of a string behind an expression, which ends at "}", ":" or "!". */
static bool read_rest(struct code_reader *r) {
    char c = code_char(r, 0);
    if (r->depth == 0 || r->open[r->depth - 1].closer || !ascii_is_one_of(c, "}:!") ||
        (c == '!' && code_char(r, 1) == '='))
        return false;
    struct code_open s = r->open[--r->depth];
    if (c != '}')
        s.is_spec = true;
    size_t from = r->at++;
    read_piece(r, from, s, true);
    return true;
}

/* r"…", Rb'''…''', f"…{x}…": false where no string begins here. */
static bool read_string(struct code_reader *r) {
    size_t n = 0;
    struct code_open s = {.token = NO_TOKEN};
    bool is_f = false;
    for (; n < 3 && ascii_is_one_of(code_char(r, n), "rRbBuUfFtT"); n++) {
        char c = ascii_lower(code_char(r, n));
        s.is_raw |= c == 'r';
        is_f |= c == 'f' || c == 't';
    }
    s.quote = code_char(r, n);
    if (n == 3 || !ascii_is_one_of(s.quote, "'\""))
        return false;
    s.is_triple = code_char(r, n + 1) == s.quote && code_char(r, n + 2) == s.quote;
    size_t from = r->at;
    r->at += n + (s.is_triple ? 3 : 1);
    read_piece(r, from, s, is_f);
    return true;
}

/* ---- Lines ---- */

/* Spaces, comments and joined lines; not the end of a line. */
static void skip_space(struct code_reader *r) {
    for (;; r->at++) {
        char c = code_char(r, 0);
        if (c == '\\' && code_char(r, 1) == '\n')
            r->at++;
        else if (c == '\\' && code_char(r, 1) == '\r' && code_char(r, 2) == '\n')
            r->at += 2;
        else if (c == '#')
            while (r->at + 1 < r->text.len && code_char(r, 1) != '\n')
                r->at++;
        else if (!ascii_is_one_of(c, " \t\r\f"))
            return;
    }
}

/* The column of the next line that has something on it, and moves there; false: there is none. */
static bool find_line(struct code_reader *r, uint32_t *ret_column) {
    while (r->at < r->text.len) {
        uint32_t column = 0;
        for (; ascii_is_one_of(code_char(r, 0), " \t\r\f"); r->at++)
            column = code_char(r, 0) == '\t' ? (column / 8 + 1) * 8 : column + 1;
        if (code_char(r, 0) == '#')
            skip_space(r);
        if (r->at < r->text.len && code_char(r, 0) != '\n') {
            *ret_column = column;
            return true;
        }
        r->at += r->at < r->text.len;
    }
    return false;
}

static void dedent(struct code_reader *r, struct indents *in) {
    uint32_t token = code_add(r, CODE_DEDENT, r->at);
    uint32_t indent = in->token[--in->n];
    r->tokens[token].match = indent;
    r->tokens[indent].match = token;
}

/* The first line's column is what others are compared with, for code may be cut out of a template. */
static void begin_line(struct code_reader *r, struct indents *in) {
    uint32_t column;
    if (!find_line(r, &column))
        return;
    if (in->n == 0 || column > in->column[in->n - 1]) {
        if (in->n == CODE_MOST_DEPTH) {
            r->is_damaged = true;
            r->at = r->text.len;
            return;
        }
        in->token[in->n] = in->n ? code_add(r, CODE_INDENT, r->at) : 0;
        in->column[in->n++] = column;
        return;
    }
    while (in->n > 1 && column < in->column[in->n - 1])
        dedent(r, in);
    r->is_damaged |= column != in->column[in->n - 1];
}

static void end_line(struct code_reader *r) {
    if (r->n && r->tokens[r->n - 1].kind != CODE_NEWLINE && r->tokens[r->n - 1].kind != CODE_DEDENT)
        code_add(r, CODE_NEWLINE, r->at);
}

static void read_token(struct code_reader *r) {
    char c = code_char(r, 0);
    if (read_rest(r) || read_string(r) || code_placeholder(r))
        return;
    if (ascii_is_one_of(c, "()[]{}"))
        code_bracket(r);
    else if (code_starts_name(c))
        code_name(r);
    else if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(code_char(r, 1))))
        code_number(r);
    else
        code_operator(r, operators);
}

void code_read_python(struct code_reader *r) {
    struct indents in = {0};
    if (str_starts(r->text, S("\xEF\xBB\xBF")))
        r->at = 3;
    begin_line(r, &in);
    while (skip_space(r), r->at < r->text.len) {
        if (code_char(r, 0) != '\n') {
            read_token(r);
        } else if (r->depth > 0) {
            r->at++;
        } else {
            end_line(r);
            r->at++;
            begin_line(r, &in);
        }
    }
    end_line(r);
    while (in.n > 1)
        dedent(r, &in);
    code_end(r);
}
