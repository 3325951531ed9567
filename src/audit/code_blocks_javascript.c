/*
 * audit/code_blocks_javascript: JavaScript's statements and functions. Bodies without brackets end
 * where the statement does, by automatic semicolons too ("Automatic Semicolon Insertion", ECMA-262).
 */
#include "audit/code_priv.h"
#include "base/ascii.h"

enum { MOST_LEVELS = 32, MOST_TYPE = 40, MOST_CATCHES = 8 };

struct reader {
    struct code_builder *b;
    const struct code *c;
    uint32_t
        *ends; /* by the closing bracket of a TRY's or CATCH's body: the block; else NO_BLOCK */
    uint32_t
        *caught; /* by the first token of a function handed to .catch(): its TRY; else NO_BLOCK */
    uint32_t last_begin; /* of the chain that .catch() was met in, and how often */
    unsigned catches;
};

/* ---- Where statements end ---- */

static bool has_line_before(const struct code *c, uint32_t at) {
    uint32_t from = c->tokens[at - 1].at + c->tokens[at - 1].len;
    return str_chr(str_slice(c->pub.text, from, c->tokens[at].at), '\n') >= 0;
}

/* Is there a semicolon that nobody wrote before the token? */
static bool is_separated(const struct code *c, uint32_t at) {
    static const char *const goes_on[] = {"in", "instanceof", "of", "as", "satisfies", NULL};
    const struct code_token *t = &c->tokens[at];
    if (c->begins[at - 1] == NO_TOKEN && !code_is_op(c, at - 1, "}") &&
        !code_is_op(c, at - 1, "++") && !code_is_op(c, at - 1, "--") &&
        !code_is(c, at - 1, "return") && !code_is(c, at - 1, "break") &&
        !code_is(c, at - 1, "continue"))
        return false;
    if (!has_line_before(c, at))
        return false;
    if (t->kind == CODE_NAME)
        return !code_is_word(c, at, goes_on);
    if (t->kind == CODE_OP)
        return code_is_op(c, at, "{") || code_is_op(c, at, "++") || code_is_op(c, at, "--") ||
               code_is_op(c, at, "!") || code_is_op(c, at, "@");
    return t->kind != CODE_STRING || c->pub.text.p[t->at] != '`';
}

uint32_t code_expression_end(const struct code *c, uint32_t at, bool is_statement) {
    unsigned choices = 0;
    for (uint32_t i = at;; i = code_over(c, i)) {
        const struct code_token *t = &c->tokens[i];
        if (t->kind == CODE_END || (t->kind == CODE_STRING && t->has_holes && t->match <= i))
            return i;
        if (i > at && is_separated(c, i))
            return i;
        if (t->kind != CODE_OP)
            continue;
        str text = code_text(c, i);
        if (ascii_is_one_of(text.p[0], ")]};") || (!is_statement && str_is(text, ",")))
            return i;
        choices += str_is(text, "?");
        if (!is_statement && str_is(text, ":") && choices-- == 0)
            return i;
    }
}

static uint32_t over_bracket(const struct code *c, uint32_t at, const char *open) {
    return code_is_op(c, at, open) ? code_over(c, at) : at;
}

/* The token behind the statement that begins at one. */
static uint32_t statement_end(const struct code *c, uint32_t at, unsigned level) {
    static const char *const loops[] = {"for", "while", "with", "if", NULL};
    bool goes_on = true;
    while (goes_on && level < MOST_LEVELS) {
        goes_on = false;
        if (code_is_op(c, at, "{"))
            return code_over(c, at);
        if (code_is(c, at, "do")) {
            at = statement_end(c, at + 1, level + 1);
            return code_is(c, at, "while") ? over_bracket(c, at + 1, "(") : at;
        }
        if (code_is(c, at, "try")) {
            at = over_bracket(c, at + 1, "{");
            if (code_is(c, at, "catch"))
                at = over_bracket(c, over_bracket(c, at + 1, "("), "{");
            return code_is(c, at, "finally") ? over_bracket(c, at + 1, "{") : at;
        }
        if (!code_is_word(c, at, loops))
            break;
        bool is_if = code_is(c, at, "if");
        at = over_bracket(c, at + 1 + code_is(c, at + 1, "await"), "(");
        if (!is_if) {
            goes_on = true;
            continue;
        }
        at = statement_end(c, at, level + 1);
        if (!code_is(c, at, "else"))
            return at;
        at++;
        goes_on = true;
    }
    at = code_expression_end(c, at, true);
    return code_is_op(c, at, ";") ? at + 1 : at;
}

/* ---- Blocks ---- */

/* Adds a block whose body is in braces or a single statement; NO_BLOCK where that cannot be told. */
static uint32_t add_body(struct reader *r, struct code_block block, struct code_more more,
                         uint32_t at) {
    if (block.name.p == NULL)
        block.name = S("");
    more.head_end = at;
    if (code_is_op(r->c, at, "{")) {
        uint32_t end = r->c->tokens[at].match;
        block.first = at + 1;
        block.end = end > at ? end : r->c->pub.n_tokens - 1;
        uint32_t added = code_block_add(r->b, block, more);
        if (block.kind == CODE_TRY || block.kind == CODE_CATCH)
            r->ends[block.end] = added;
        return added;
    }
    if (!code_may_be_bare(r->b, at))
        return NO_BLOCK;
    block.first = at;
    block.end = block.kind == CODE_FUNCTION || block.kind == CODE_CATCH
                    ? code_expression_end(r->c, at, false)
                    : statement_end(r->c, at, 0);
    code_bare(r->b, block.end);
    return code_block_add(r->b, block, more);
}

/* What `for (const x of …)` goes over; all of the brackets for other loops. */
static struct code_more loop_over(const struct code *c, uint32_t open) {
    struct code_more more = {.over = open + 1, .over_end = c->tokens[open].match};
    if (more.over_end < more.over)
        more.over_end = more.over;
    for (uint32_t i = more.over; i < more.over_end; i = code_over(c, i))
        if (i > more.over && (code_is(c, i, "of") || code_is(c, i, "in")))
            more.over = i + 1;
    return more;
}

static void read_headed(struct reader *r, uint32_t at, enum code_block_kind kind) {
    bool is_async = code_is(r->c, at + 1, "await");
    uint32_t open = at + 1 + is_async;
    if (!code_is_op(r->c, open, "("))
        return;
    struct code_more more = {0};
    if (kind == CODE_LOOP)
        more = loop_over(r->c, open);
    uint32_t body = code_over(r->c, open);
    if (code_is_op(r->c, body, ";") && code_is(r->c, at, "while"))
        return; /* of do … while (…); */
    add_body(r, (struct code_block){.kind = kind, .head = at, .is_async = is_async}, more, body);
}

static void read_bare_head(struct reader *r, uint32_t at, enum code_block_kind kind) {
    if (kind == CODE_IF && code_is(r->c, at + 1, "if"))
        return; /* else if: the if is a block */
    if (kind == CODE_TRY && !code_is_op(r->c, at + 1, "{"))
        return;
    add_body(r, (struct code_block){.kind = kind, .head = at}, (struct code_more){0}, at + 1);
}

/* catch and finally, behind the bracket that ends what they belong to. */
static void read_handler(struct reader *r, uint32_t at, enum code_block_kind kind) {
    uint32_t before = at > 0 ? r->ends[at - 1] : NO_BLOCK;
    uint32_t body = kind == CODE_CATCH ? over_bracket(r->c, at + 1, "(") : at + 1;
    if (before == NO_BLOCK || !code_is_op(r->c, body, "{"))
        return;
    const struct code_block *b = &r->b->blocks[before];
    uint32_t of = b->kind == CODE_CATCH ? b->of : before;
    add_body(r, (struct code_block){.kind = kind, .head = at, .of = of}, (struct code_more){0},
             body);
}

/* case and default within a switch: to the next one. */
static void read_case(struct reader *r, uint32_t at, enum code_block_kind kind) {
    if (!code_may_be_bare(r->b, at))
        return;
    uint32_t colon = at + 1;
    for (unsigned n = 0; n < MOST_TYPE && !code_is_op(r->c, colon, ":"); n++)
        colon = r->c->tokens[colon].kind == CODE_END ? colon : code_over(r->c, colon);
    if (!code_is_op(r->c, colon, ":"))
        return;
    uint32_t end = colon + 1;
    while (r->c->tokens[end].kind != CODE_END && !code_is_op(r->c, end, "}") &&
           !code_is(r->c, end, "case") && !code_is(r->c, end, "default"))
        end = code_over(r->c, end);
    code_bare(r->b, end);
    code_block_add(r->b,
                   (struct code_block){.kind = kind,
                                       .head = at,
                                       .first = colon + 1,
                                       .end = end,
                                       .name = S("")},
                   (struct code_more){.head_end = colon});
}

static void read_class(struct reader *r, uint32_t at, enum code_block_kind kind) {
    const struct code *c = r->c;
    uint32_t body = at + 1;
    for (unsigned n = 0; n < MOST_TYPE && !code_is_op(c, body, "{"); n++)
        body = c->tokens[body].kind == CODE_END ? body : code_over(c, body);
    if (!code_is_op(c, body, "{"))
        return;
    struct code_block block = {.kind = kind, .head = at};
    if (c->tokens[at + 1].kind == CODE_NAME && !code_is(c, at + 1, "extends"))
        block.name = code_text(c, at + 1);
    add_body(r, block, (struct code_more){0}, body);
}

static const struct {
    const char *word;
    enum code_block_kind kind;
    void (*read)(struct reader *r, uint32_t at, enum code_block_kind kind);
} heads[] = {
    {"if", CODE_IF, read_headed},        {"for", CODE_LOOP, read_headed},
    {"while", CODE_LOOP, read_headed},   {"switch", CODE_IF, read_headed},
    {"with", CODE_WITH, read_headed},    {"else", CODE_IF, read_bare_head},
    {"do", CODE_LOOP, read_bare_head},   {"try", CODE_TRY, read_bare_head},
    {"catch", CODE_CATCH, read_handler}, {"finally", CODE_FINALLY, read_handler},
    {"class", CODE_CLASS, read_class},   {"case", CODE_IF, read_case},
    {"default", CODE_IF, read_case},
};

/* ---- Functions ---- */

/* What a function that begins at head is called by what it is given to: x = …, x: …. */
static str name_before(const struct code *c, uint32_t head) {
    static const char *const declares[] = {"const", "let", "var", NULL};
    bool has_value = head > 0 && code_is_op(c, head - 1, "=");
    for (uint32_t n = 3; has_value && n < MOST_TYPE && n <= head; n++) /* const x: Type<A> = … */
        if (code_is_word(c, head - n, declares) && code_is_op(c, head - n + 2, ":"))
            return code_text(c, head - n + 1);

    if (head < 2 || c->tokens[head - 2].kind != CODE_NAME ||
        !(code_is_op(c, head - 1, "=") || code_is_op(c, head - 1, ":")))
        return S("");
    return code_text(c, head - 2);
}

static void add_function(struct reader *r, uint32_t head, str name, uint32_t body) {
    struct code_block block = {.kind = CODE_FUNCTION, .head = head, .name = name};
    if (head > 0 && code_is(r->c, head - 1, "async")) {
        block.head = head - 1;
        block.is_async = true;
    }
    if (!name.len)
        block.name = name_before(r->c, block.head);
    if (r->caught[block.head] != NO_BLOCK) {
        block.kind = CODE_CATCH;
        block.of = r->caught[block.head];
    }
    add_body(r, block, (struct code_more){0}, body);
}

static bool ends_type(const struct code *c, uint32_t at) {
    return c->tokens[at].kind == CODE_END ||
           (c->tokens[at].kind == CODE_OP && ascii_is_one_of(code_text(c, at).p[0], ")]};"));
}

/* The body behind parameters and, in TypeScript, the type that is returned; NO_TOKEN: none. */
static uint32_t body_behind(const struct code *c, uint32_t open) {
    uint32_t at = code_over(c, open);
    if (code_is_op(c, at, ":"))
        for (unsigned n = 0; n < MOST_TYPE && !code_is_op(c, at, "{") && !ends_type(c, at); n++)
            at = code_over(c, at);
    return code_is_op(c, at, "{") ? at : NO_TOKEN;
}

static void read_function(struct reader *r, uint32_t at) {
    const struct code *c = r->c;
    uint32_t next = at + 1 + code_is_op(c, at + 1, "*");
    str name = S("");
    if (c->tokens[next].kind == CODE_NAME)
        name = code_text(c, next++);
    uint32_t body = code_is_op(c, next, "(") ? body_behind(c, next) : NO_TOKEN;
    if (body != NO_TOKEN)
        add_function(r, at, name, body);
}

/* The first token of an arrow function's parameters; NO_TOKEN: not to be told. */
static uint32_t parameters_of(const struct code *c, uint32_t arrow) {
    if (arrow == 0)
        return NO_TOKEN;
    uint32_t at = arrow - 1;
    if (c->tokens[at].kind == CODE_NAME && !(at > 0 && code_is_op(c, at - 1, ":")))
        return at;
    for (unsigned n = 0; n < MOST_TYPE && at > 0; n++, at--)
        if (code_is_op(c, at, ")") && (at == arrow - 1 || code_is_op(c, at + 1, ":")))
            return c->tokens[at].match < at ? c->tokens[at].match : NO_TOKEN;
    return NO_TOKEN;
}

static void read_arrow(struct reader *r, uint32_t arrow) {
    uint32_t head = parameters_of(r->c, arrow);
    if (head != NO_TOKEN)
        add_function(r, head, S(""), arrow + 1);
}

/* name(…) {…} of a class or an object. */
static void read_method(struct reader *r, uint32_t at) {
    static const char *const before[] = {"async",   "static",    "get",    "set",
                                         "private", "protected", "public", NULL};
    static const char *const others[] = {"function", "new", "extends", NULL};
    const struct code *c = r->c;
    uint32_t body = code_over(c, at + 1);
    if (at > 0 &&
        (code_is_word(c, at - 1, others) ||
         (code_is_op(c, at - 1, "*") && code_is(c, at - 2, "function")) || code_is_dot(c, at - 1)))
        return;
    bool may_have_type = at > 0 && (code_is_word(c, at - 1, before) || code_is_op(c, at - 1, "{") ||
                                    code_is_op(c, at - 1, "}") || code_is_op(c, at - 1, ";"));
    if (!code_is_op(c, body, "{") && may_have_type)
        body = body_behind(c, at + 1);
    if (body != NO_TOKEN && code_is_op(c, body, "{"))
        add_function(r, at, code_text(c, at), body);
}

/* [name](…) {…} of a class or an object. */
static void read_computed(struct reader *r, uint32_t close) {
    static const char *const before[] = {"async", "static", "get", "set", NULL};
    const struct code *c = r->c;
    uint32_t open = c->tokens[close].match, body = code_over(c, close + 1);
    bool may_be = open < close && open > 0 && code_is_op(c, close + 1, "(");
    if (!may_be || !code_is_op(c, body, "{"))
        return;
    char p = code_text(c, open - 1).p[0];
    if (code_is_word(c, open - 1, before) ||
        (c->tokens[open - 1].kind == CODE_OP && ascii_is_one_of(p, "{};,*")))
        add_function(r, open, S(""), body);
}

/* .catch(f) and .then(g, f): what is before them is tried. */
static void read_catch(struct reader *r, uint32_t dot) {
    const struct code *c = r->c;
    uint32_t open = dot + 2, begin = dot > 0 ? c->begins[dot - 1] : NO_TOKEN;
    uint32_t handler = open + 1;
    if (begin == NO_TOKEN)
        return;
    if (code_is(c, dot + 1, "then") || c->tokens[dot + 1].kind != CODE_NAME) {
        handler = code_expression_end(c, open + 1, false) + 1;
        if (!code_is_op(c, handler - 1, ",") || code_is_op(c, handler, ")"))
            return;
    }
    r->catches = begin == r->last_begin ? r->catches + 1 : 0;
    r->last_begin = begin;
    if (r->catches >= MOST_CATCHES)
        return;
    struct code_block block = {.kind = CODE_TRY,
                               .head = begin,
                               .first = begin,
                               .end = dot,
                               .name = S("")};
    r->caught[handler] =
        code_block_add(r->b, block, (struct code_more){.head_end = begin + 1, .is_caught = true});
}

static void read_name(struct reader *r, uint32_t at) {
    const struct code *c = r->c;
    bool is_member = at > 0 && code_is_dot(c, at - 1);
    if (is_member) {
        str text = code_text(c, at);
        if (code_is_op(c, at + 1, "(") && (str_is(text, "catch") || str_is(text, "then")))
            read_catch(r, at - 1);
        return;
    }
    if (code_is(c, at, "function")) {
        read_function(r, at);
        return;
    }
    for (size_t k = 0; k < ARRAY_LEN(heads); k++)
        if (code_is(c, at, heads[k].word)) {
            heads[k].read(r, at, heads[k].kind);
            return;
        }
    if (code_is_op(c, at + 1, "("))
        read_method(r, at);
}

void code_blocks_javascript(struct code_builder *b) {
    uint32_t n = b->code->pub.n_tokens;
    struct reader r = {.b = b, .c = b->code, .last_begin = NO_TOKEN};
    r.ends = mem_alloc(2 * (size_t)n * sizeof *r.ends);
    memset(r.ends, 0xFF, 2 * (size_t)n * sizeof *r.ends);
    r.caught = r.ends + n;
    for (uint32_t i = 0; i + 1 < n; i++) {
        if (b->code->tokens[i].kind == CODE_NAME)
            read_name(&r, i);
        else if (code_is_op(b->code, i, "=>"))
            read_arrow(&r, i);
        else if (code_is_op(b->code, i, "]"))
            read_computed(&r, i);
    }
    free(r.ends);
}
