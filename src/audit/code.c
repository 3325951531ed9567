/* audit/code: reads a function's code, and answers the small questions about it. */
#include "audit/code_map.h"
#include "audit/code_priv.h"

/* ---- Reading ---- */

static void read_tokens(struct code *c) {
    struct code_reader r = {.text = c->pub.text};
    if (c->pub.language == CODE_PYTHON)
        code_read_python(&r);
    else
        code_read_javascript(&r);
    c->tokens = arena_alloc(c->arena, r.n * sizeof *c->tokens);
    memcpy(c->tokens, r.tokens, r.n * sizeof *c->tokens);
    free(r.tokens);
    c->pub.tokens = c->tokens;
    c->pub.n_tokens = r.n;
    c->pub.is_damaged = r.is_damaged;
}

static void read_blocks(struct code *c) {
    struct code_builder b = {.code = c};
    if (c->pub.language == CODE_PYTHON)
        code_blocks_python(&b);
    else
        code_blocks_javascript(&b);
    code_blocks_end(&b);
}

struct audit_code *audit_code_read(struct arena *arena, enum code_language language, str text,
                                   str handler, const struct code_map *map) {
    if (text.len > CODE_MOST_TEXT)
        return NULL;
    struct code *c = arena_new(arena, struct code);
    c->pub.language = language;
    c->pub.text = text;
    c->pub.map = map;
    c->arena = arena;
    read_tokens(c);
    code_chains(c);
    read_blocks(c);
    code_calls(c);
    code_names(c);
    code_loops(c);
    code_names_index(c);
    c->pub.handler = code_find_handler(c, handler);
    return &c->pub;
}

/* ---- Tokens ---- */

bool code_is_word(const struct code *c, uint32_t token, const char *const *words) {
    if (token >= c->pub.n_tokens || c->tokens[token].kind != CODE_NAME ||
        (token > 0 && code_is_dot(c, token - 1)))
        return false;
    str text = code_text(c, token);
    while (*words && ((*words)[0] != text.p[0] || !str_is(text, *words)))
        words++;
    return *words != NULL;
}

str audit_code_token(const struct audit_code *code, uint32_t token) {
    return token < code->n_tokens ? code_text(code_of(code), token) : STR_NONE;
}

bool audit_code_is(const struct audit_code *code, uint32_t token, const char *text) {
    return str_is(audit_code_token(code, token), text);
}

struct tmpl_pos audit_code_pos(const struct audit_code *code, uint32_t at) {
    const struct code_map *map = code->map;
    size_t low = 0, high = map->n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (map->pieces[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return audit_pos(map->file, map->pieces[low].offset + (at - map->pieces[low].at));
}

/* ---- Blocks ---- */

bool audit_code_within(const struct audit_code *code, uint32_t block, uint32_t outer) {
    while (block != 0 && block != outer)
        block = code->blocks[block].parent;
    return block == outer;
}
