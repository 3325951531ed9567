/* audit/code_blocks: the blocks of both languages, put into a tree. */
#include "audit/code_priv.h"

uint32_t code_block_add(struct code_builder *b, struct code_block block, struct code_more more) {
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 64;
        b->blocks = mem_realloc(b->blocks, b->cap * sizeof *b->blocks);
        b->more = mem_realloc(b->more, b->cap * sizeof *b->more);
    }
    block.parent = b->n; /* till they are sorted: the order in which they were found */
    if (block.kind != CODE_CATCH && block.kind != CODE_FINALLY)
        block.of = NO_BLOCK;
    if (more.head_end == 0)
        more.head_end = block.first;
    b->blocks[b->n] = block;
    b->more[b->n] = more;
    return b->n++;
}

bool code_may_be_bare(struct code_builder *b, uint32_t at) {
    while (b->n_bare > 0 && b->bare[b->n_bare - 1] <= at)
        b->n_bare--;
    return b->n_bare < ARRAY_LEN(b->bare);
}

void code_bare(struct code_builder *b, uint32_t end) { b->bare[b->n_bare++] = end; }

/* ---- The tree ---- */

static int by_first(const void *x, const void *y) {
    const struct code_block *a = x, *b = y;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    return a->parent < b->parent ? -1 : 1;
}

/* Numbers the sorted blocks from 1 on; 0 is the module. */
static void renumber(struct code_builder *b) {
    struct code *c = b->code;
    uint32_t *now = mem_alloc((b->n + 1) * sizeof *now);
    for (uint32_t i = 0; i < b->n; i++)
        now[b->blocks[i].parent] = i + 1;
    for (uint32_t i = 0; i < b->n; i++) {
        c->blocks[i + 1] = b->blocks[i];
        c->more[i + 1] = b->more[b->blocks[i].parent];
        uint32_t of = b->blocks[i].of;
        c->blocks[i + 1].of = of == NO_BLOCK ? i + 1 : now[of];
    }
    free(now);
}

/*
 * Each block's parent and each token's block. What a loop in brackets goes over is evaluated before
 * it, though it stands among its tokens.
 */
static void nest(struct code *c) {
    uint32_t next = 1, n = c->pub.n_blocks, in = 0;
    for (uint32_t i = 0; i < c->pub.n_tokens; i++) {
        while (in != 0 && c->blocks[in].end <= i)
            in = c->blocks[in].parent;
        for (; next < n && c->blocks[next].first <= i; next++) {
            struct code_block *block = &c->blocks[next];
            block->parent = in;
            if (block->end > c->blocks[in].end)
                block->end = c->blocks[in].end;
            if (block->end > i)
                in = next;
        }
        uint32_t at = in;
        while (at != 0 && i >= c->more[at].over && i < c->more[at].over_end &&
               c->blocks[at].kind == CODE_LOOP)
            at = c->blocks[at].parent;
        c->tokens[i].block = at;
    }
}

void code_blocks_end(struct code_builder *b) {
    struct code *c = b->code;
    c->blocks = arena_alloc(c->arena, (b->n + 1) * sizeof *c->blocks);
    c->more = arena_alloc(c->arena, (b->n + 1) * sizeof *c->more);
    c->pub.blocks = c->blocks;
    c->pub.n_blocks = b->n + 1;
    c->blocks[0] = (struct code_block){.kind = CODE_MODULE, .end = c->pub.n_tokens, .name = S("")};
    c->more[0] = (struct code_more){0};
    if (b->n)
        qsort(b->blocks, b->n, sizeof *b->blocks, by_first);
    renumber(b);
    nest(c);
    for (uint32_t i = 1; i <= b->n; i++)
        if (c->blocks[i].kind == CODE_CATCH)
            c->more[c->blocks[i].of].is_caught = true;
    c->function_at = arena_zalloc(c->arena, c->pub.n_tokens * sizeof *c->function_at);
    for (uint32_t i = 1; i <= b->n; i++)
        if (c->blocks[i].kind == CODE_FUNCTION ||
            (c->blocks[i].kind == CODE_CATCH && c->pub.language == CODE_JAVASCRIPT))
            c->function_at[c->blocks[i].head] = i;
    free(b->blocks);
    free(b->more);
}
