/* audit/code_blocks_python: Python's compound statements, lambdas and comprehensions. */
#include "audit/code_priv.h"
#include "base/ascii.h"

enum { MOST_PARAMETERS = 1000 }; /* tokens between a lambda and its colon */

struct reader {
    struct code_builder *b;
    const struct code *c;
    unsigned level;                      /* of indentation */
    uint32_t tries[CODE_MOST_DEPTH + 1]; /* the last TRY of each level; NO_BLOCK: none */
};

static const struct {
    const char *word;
    enum code_block_kind kind;
} heads[] = {
    {"def", CODE_FUNCTION}, {"class", CODE_CLASS},     {"for", CODE_LOOP},  {"while", CODE_LOOP},
    {"try", CODE_TRY},      {"except", CODE_CATCH},    {"if", CODE_IF},     {"elif", CODE_IF},
    {"else", CODE_IF},      {"finally", CODE_FINALLY}, {"with", CODE_WITH}, {"match", CODE_IF},
    {"case", CODE_IF},
};

/* The ":" that ends a head; NO_TOKEN where the line or the bracket ends before. */
static uint32_t find_colon(const struct code *c, uint32_t at) {
    unsigned lambdas = 0, n = 0;
    for (; c->tokens[at].kind != CODE_NEWLINE && c->tokens[at].kind != CODE_END &&
           n++ < MOST_PARAMETERS;
         at = code_over(c, at)) {
        if (code_is(c, at, "lambda"))
            lambdas++;
        else if (code_is_op(c, at, ":") && lambdas-- == 0)
            return at;
    }
    return NO_TOKEN;
}

uint32_t code_part_end(const struct code *c, uint32_t at) {
    for (;; at = code_over(c, at)) {
        const struct code_token *t = &c->tokens[at];
        bool is_closer = t->kind == CODE_OP && ascii_is_one_of(code_text(c, at).p[0], ")]},;");
        if (is_closer || t->kind == CODE_NEWLINE || t->kind == CODE_END ||
            (t->kind == CODE_STRING && t->has_holes && t->match <= at))
            return at;
    }
}

static uint32_t line_end(const struct code *c, uint32_t at) {
    while (c->tokens[at].kind != CODE_NEWLINE && c->tokens[at].kind != CODE_END)
        at = code_over(c, at);
    return at;
}

/* What "for x in …" goes over, from its "for" on. */
static void read_over(const struct code *c, uint32_t at, uint32_t end, struct code_more *more) {
    static const char *const stops[] = {"for", "if", "async", NULL};
    uint32_t in = at + 1;
    while (in < end && !code_is(c, in, "in"))
        in = code_over(c, in);
    if (in >= end)
        return;
    more->over = in + 1;
    for (in++; in < end && !code_is_word(c, in, stops); in = code_over(c, in))
        ;
    more->over_end = in < end ? in : end;
}

/* The body behind a head's colon, indented or in the same line. */
static void read_body(const struct code *c, uint32_t colon, struct code_block *block) {
    block->first = colon + 1;
    if (c->tokens[block->first].kind == CODE_NEWLINE &&
        c->tokens[block->first + 1].kind == CODE_INDENT) {
        uint32_t indent = block->first + 1, dedent = c->tokens[indent].match;
        block->first = indent + 1;
        block->end = dedent > indent ? dedent : block->first;
    } else {
        block->end = line_end(c, block->first);
    }
}

/* A statement that begins a line. */
static void read_statement(struct reader *r, uint32_t at) {
    const struct code *c = r->c;
    struct code_block block = {.head = at, .name = S("")};
    uint32_t word = at;
    block.is_async = code_is(c, at, "async");
    word += block.is_async;
    size_t k = 0;
    while (k < ARRAY_LEN(heads) && !code_is(c, word, heads[k].word))
        k++;
    uint32_t colon = k < ARRAY_LEN(heads) ? find_colon(c, word) : NO_TOKEN;
    if (colon == NO_TOKEN)
        return;
    block.kind = heads[k].kind;
    read_body(c, colon, &block);
    bool is_soft = k >= ARRAY_LEN(heads) - 2;
    if (is_soft && (colon == word + 1 || code_is_op(c, word + 1, "=")))
        return;
    struct code_more more = {.head_end = colon};
    if (block.kind == CODE_FUNCTION || block.kind == CODE_CLASS)
        block.name = c->tokens[word + 1].kind == CODE_NAME ? code_text(c, word + 1) : S("");
    if (code_is(c, word, "for"))
        read_over(c, word, colon, &more);
    else if (block.kind == CODE_LOOP)
        more = (struct code_more){.head_end = colon, .over = word + 1, .over_end = colon};
    block.of = block.kind == CODE_CATCH || block.kind == CODE_FINALLY ? r->tries[r->level] : 0;
    uint32_t added = code_block_add(r->b, block, more);
    if (block.kind == CODE_TRY)
        r->tries[r->level] = added;
}

/* A lambda that is a parameter's default ends at its lambda's colon. */
static uint32_t lambda_end(const struct code *c, uint32_t at) {
    uint32_t end = code_part_end(c, at);
    unsigned lambdas = 0;
    for (; at < end; at = code_over(c, at)) {
        if (code_is(c, at, "lambda"))
            lambdas++;
        else if (code_is_op(c, at, ":") && lambdas-- == 0)
            return at;
    }
    return end;
}

static void read_lambda(struct reader *r, uint32_t at) {
    uint32_t colon = code_may_be_bare(r->b, at) ? find_colon(r->c, at + 1) : NO_TOKEN;
    if (colon == NO_TOKEN)
        return;
    struct code_block block = {.kind = CODE_FUNCTION,
                               .head = at,
                               .first = colon + 1,
                               .name = S("")};
    block.end = lambda_end(r->c, colon + 1);
    if (at > 1 && code_is_op(r->c, at - 1, "=") && r->c->tokens[at - 2].kind == CODE_NAME)
        block.name = code_text(r->c, at - 2);
    code_bare(r->b, block.end);
    code_block_add(r->b, block, (struct code_more){.head_end = colon});
}

/* A bracket that has a "for" of its own. */
static void read_bracket(struct reader *r, uint32_t open) {
    const struct code *c = r->c;
    uint32_t end = c->tokens[open].match, at = open + 1;
    while (at < end && !code_is(c, at, "for"))
        at = code_over(c, at);
    if (at >= end || at == open + 1)
        return;
    struct code_block block = {.kind = CODE_LOOP,
                               .head = at,
                               .first = open + 1,
                               .end = end,
                               .name = S(""),
                               .is_async = code_is(c, at - 1, "async")};
    struct code_more more = {.head_end = end};
    read_over(c, at, end, &more);
    code_block_add(r->b, block, more);
}

void code_blocks_python(struct code_builder *b) {
    struct reader r = {.b = b, .c = b->code};
    memset(r.tries, 0xFF, sizeof r.tries);
    bool begins = true;
    for (uint32_t i = 0; i < b->code->pub.n_tokens; i++) {
        const struct code_token *t = &b->code->tokens[i];
        if (t->kind == CODE_INDENT)
            r.tries[++r.level] = NO_BLOCK;
        else if (t->kind == CODE_DEDENT)
            r.level--;
        else if (t->kind == CODE_NAME && begins)
            read_statement(&r, i);
        if (code_is(b->code, i, "lambda"))
            read_lambda(&r, i);
        else if (t->kind == CODE_OP && t->match > i)
            read_bracket(&r, i);
        begins = t->kind == CODE_INDENT || t->kind == CODE_DEDENT || t->kind == CODE_NEWLINE;
    }
}
