/*
 * audit/code_names: what names are set to, as far as it can be read: assignments, declarations with
 * patterns, imports, what loops go over. The last one before a use counts, in the innermost function.
 */
#include "audit/code_priv.h"
#include "base/ascii.h"

enum { MOST_SEEN = 64, MOST_PATTERN = 200 };

struct code_name *code_name_add(struct code *c, uint32_t token, uint32_t first, uint32_t end) {
    if (c->n_names == c->names_cap) {
        uint32_t cap = c->names_cap ? c->names_cap * 2 : 64;
        struct code_name *names = arena_alloc(c->arena, cap * sizeof *names);
        if (c->n_names)
            memcpy(names, c->names, c->n_names * sizeof *names);
        c->names = names;
        c->names_cap = cap;
    }
    struct code_name *n = &c->names[c->n_names++];
    *n = (struct code_name){.name = code_text(c, token),
                            .member = STR_NONE,
                            .token = token,
                            .first = first,
                            .end = end,
                            .block = c->tokens[token].block,
                            .before = NO_TOKEN};
    return n;
}

/* The end of a value; of values at one place ("a = b = c") that end together it is looked for once. */
struct ends {
    uint32_t from, to;
    unsigned depth;
};
struct reader {
    struct code *c;
    struct ends last;
    unsigned depth; /* of brackets */
    uint32_t line;  /* Python: the first token of the statement */
};

static uint32_t value_end(struct reader *r, uint32_t at) {
    if (r->last.depth == r->depth && at >= r->last.from && at < r->last.to)
        return r->last.to;
    uint32_t end;
    if (r->c->pub.language == CODE_JAVASCRIPT) {
        end = code_expression_end(r->c, at, false);
    } else {
        end = code_part_end(r->c, at);
        while (r->depth == 0 && code_is_op(r->c, end, ","))
            end = code_part_end(r->c, end + 1);
    }
    r->last = (struct ends){at, end, r->depth};
    return end;
}

/* x, self.x, this.x that ends at a token: set to a value. */
static struct code_name *add_target(struct code *c, uint32_t last, uint32_t first, uint32_t end) {
    if (c->tokens[last].kind != CODE_NAME)
        return NULL;
    struct code_name *n = code_name_add(c, last, first, end);
    if (last >= 2 && code_is_op(c, last - 1, ".") && c->tokens[last - 2].kind == CODE_NAME) {
        const struct code_token *t = &c->tokens[last - 2];
        n->name = str_slice(c->pub.text, t->at, c->tokens[last].at + c->tokens[last].len);
        n->token = last - 2;
        n->is_of_object = true;
    }
    return n;
}

/* ---- Patterns of JavaScript ---- */

/* The names of {A, B: C, D = 1, ...E} or [a, b], the parts of a value. */
static void add_pattern(struct code *c, uint32_t open, uint32_t first, uint32_t end) {
    bool is_map = code_is_op(c, open, "{");
    uint32_t close = c->tokens[open].match, at = open + 1;
    for (unsigned n = 0; at < close && n < MOST_PATTERN; n++) {
        uint32_t key = at, name = at;
        while (at < close && !code_is_op(c, at, ",")) {
            if (code_is_op(c, at, ":"))
                name = at + 1;
            at = code_over(c, at);
        }
        if (is_map && c->tokens[name].kind == CODE_NAME && name < close) {
            struct code_name *one = code_name_add(c, name, first, end);
            one->member = c->tokens[key].kind == CODE_NAME ? code_text(c, key) : S("?");
            one->has_default = code_is_op(c, name + 1, "=");
        } else if (!is_map && c->tokens[name].kind == CODE_NAME && name < close) {
            code_name_add(c, name, first, end)->member = S("[]");
        }
        at++;
    }
}

/* import X, {A as B} from "m"; import * as X from "m". */
static void read_import(struct code *c, uint32_t at) {
    uint32_t from = at + 1;
    unsigned n = 0;
    while (n++ < MOST_PATTERN && !code_is(c, from, "from") && c->tokens[from].kind != CODE_END &&
           !code_is_op(c, from, ";"))
        from++;
    if (!code_is(c, from, "from") || c->tokens[from + 1].kind != CODE_STRING)
        return;
    bool is_in = false;
    for (uint32_t i = at + 1; i < from; i++) {
        is_in |= code_is_op(c, i, "{");
        bool has_as = code_is(c, i + 1, "as") && i + 2 < from;
        bool is_all = code_is_op(c, i, "*");
        if (c->tokens[i].kind != CODE_NAME && !is_all)
            continue;
        struct code_name *one = code_name_add(c, has_as ? i + 2 : i, from + 1, from + 2);
        one->member = is_in ? code_text(c, i) : STR_NONE;
        i += has_as ? 2 : 0;
    }
}

/* ---- Imports of Python ---- */

/* from m import a as b, c. `import m as b` is a name of the module's tokens. */
static void read_python_import(struct code *c, uint32_t at) {
    uint32_t end = at, import = at;
    while (c->tokens[end].kind != CODE_NEWLINE && c->tokens[end].kind != CODE_END)
        end++;
    while (import < end && !code_is(c, import, "import"))
        import++;
    bool has_module = code_is(c, at, "from");
    for (uint32_t i = import + 1; i < end; i++) {
        if (c->tokens[i].kind != CODE_NAME)
            continue;
        uint32_t key = i;
        while (code_is_op(c, i + 1, ".") && c->tokens[i + 2].kind == CODE_NAME)
            i += 2;
        uint32_t last = i;
        bool has_as = code_is(c, i + 1, "as");
        i += has_as ? 2 : 0;
        if (has_module)
            code_name_add(c, i, at + 1, import)->member = code_text(c, key);
        else if (has_as)
            code_name_add(c, i, key, last + 1);
    }
}

/* ---- Assignments ---- */

/*
 * a, b = VALUE, VALUE: each name is a value of its own. Otherwise each is some part of the one value.
 * The last name is the first of the names that are handed in.
 */
static void pair_targets(struct code *c, const uint32_t *names, unsigned n, uint32_t first,
                         uint32_t end) {
    unsigned n_values = 1;
    for (uint32_t i = first; i < end; i = code_over(c, i))
        n_values += code_is_op(c, i, ",");
    for (unsigned k = n; k-- > 0;) {
        struct code_name *name = &c->names[names[k]];
        uint32_t comma = first;
        while (comma < end && !code_is_op(c, comma, ","))
            comma = code_over(c, comma);
        name->first = n_values == n ? first : name->first;
        name->end = n_values == n ? comma : name->end;
        name->member = n_values == n ? STR_NONE : S("?");
        first = comma + 1;
    }
}

/* a, b = VALUE; a: T = VALUE; self.a = VALUE. Targets that are not names are passed over. */
static void read_python_assignment(struct reader *r, uint32_t at) {
    struct code *c = r->c;
    if (r->depth != 0 || at == 0)
        return;
    uint32_t end = value_end(r, at + 1), last = at - 1, colon = r->line + 1;
    while (code_is_op(c, colon, ".") && c->tokens[colon + 1].kind == CODE_NAME)
        colon += 2;
    if (code_is_op(c, colon, ":") && c->begins[colon - 1] == r->line) {
        add_target(c, colon - 1, at + 1, end);
        return;
    }
    uint32_t names[MOST_PATTERN];
    unsigned n = 0, passed = 0;
    for (uint32_t begin; n + passed < MOST_PATTERN; last = begin - 2) {
        begin = c->begins[last];
        if (add_target(c, last, at + 1, end))
            names[n++] = c->n_names - 1;
        else
            passed++;
        if (begin == NO_TOKEN || begin <= r->line + 1 || !code_is_op(c, begin - 1, ","))
            break;
    }
    if (n > 1 && !passed)
        pair_targets(c, names, n, at + 1, end);
    for (unsigned k = 0; k < n && passed; k++)
        c->names[names[k]].member = S("?");
}

static void read_javascript_assignment(struct reader *r, uint32_t at) {
    static const char *const declares[] = {"const", "let", "var", NULL};
    struct code *c = r->c;
    if (at == 0)
        return;
    uint32_t last = at - 1, end = value_end(r, at + 1);
    if (c->tokens[last].kind == CODE_OP && c->tokens[last].match < last &&
        !code_is_op(c, last, ")")) {
        uint32_t open = c->tokens[last].match;
        bool is_index = code_is_op(c, last, "]") && open > 0 && c->begins[open - 1] != NO_TOKEN;
        if (!is_index)
            add_pattern(c, open, at + 1, end);
        return;
    }
    uint32_t begin = c->begins[last];
    bool has_type = begin != NO_TOKEN && begin > 2 && code_is_op(c, begin - 1, ":") &&
                    code_is_word(c, begin - 3, declares);
    add_target(c, has_type ? begin - 2 : last, at + 1, end);
}

/* ---- All ---- */

/* for x in VALUE, for (const x of VALUE): x is one of it. */
static void add_element(struct code *c, const struct code_block *b, const struct code_more *m) {
    for (uint32_t i = b->head + 1; i + 1 < m->over; i++) {
        bool is_pattern = code_is_op(c, i, "{") && c->tokens[i].match > i;
        if (is_pattern) {
            uint32_t before = c->n_names;
            add_pattern(c, i, m->over, m->over_end);
            for (uint32_t k = before; k < c->n_names; k++)
                c->names[k].block = (uint32_t)(b - c->blocks);
            i = c->tokens[i].match;
        } else if (c->tokens[i].kind == CODE_NAME && !code_is_keyword(c, i)) {
            struct code_name *n = code_name_add(c, i, m->over, m->over_end);
            n->member = S("[]");
            n->block = (uint32_t)(b - c->blocks);
        }
    }
}

static void read_token(struct reader *r, uint32_t i) {
    struct code *c = r->c;
    const struct code_token *t = &c->tokens[i];
    bool is_python = c->pub.language == CODE_PYTHON;
    if (t->kind == CODE_OP && t->match != i)
        r->depth = t->match > i ? r->depth + 1 : r->depth - 1;
    if (code_is_op(c, i, "="))
        (is_python ? read_python_assignment : read_javascript_assignment)(r, i);
    else if (is_python && i > 0 && code_is_op(c, i, ":="))
        add_target(c, i - 1, i + 1, value_end(r, i + 1));
    else if (is_python && r->line == i && (code_is(c, i, "import") || code_is(c, i, "from")))
        read_python_import(c, i);
    else if (!is_python && code_is(c, i, "import") && !code_is_op(c, i + 1, "("))
        read_import(c, i);
    else if (is_python && code_is(c, i, "as") &&
             code_is(c, r->line + code_is(c, r->line, "async"), "with") && i > 0 &&
             c->begins[i - 1] != NO_TOKEN)
        add_target(c, i + 1, c->begins[i - 1], i);
    if (t->kind == CODE_NEWLINE || t->kind == CODE_INDENT || t->kind == CODE_DEDENT ||
        (t->kind == CODE_OP && r->depth == 0 && code_is_op(c, i, ";")))
        r->line = i + 1;
}

void code_names(struct code *c) {
    struct reader r = {.c = c};
    for (uint32_t i = 0; i + 1 < c->pub.n_tokens; i++)
        read_token(&r, i);
    for (uint32_t i = 1; i < c->pub.n_blocks; i++)
        if (c->blocks[i].kind == CODE_LOOP && c->more[i].over < c->more[i].over_end)
            add_element(c, &c->blocks[i], &c->more[i]);
}

/* ---- Which one is meant ---- */

void code_index_new(struct code_index *index, struct arena *arena, uint32_t most) {
    uint32_t n = 16;
    while (n < most * 2)
        n *= 2;
    index->slots = arena_zalloc(arena, n * sizeof *index->slots);
    index->mask = n - 1;
}

uint32_t *code_index_put(struct code_index *index, str key) {
    uint32_t at = (uint32_t)map_hash(key) & index->mask;
    while (index->slots[at].key.p && !str_eq(index->slots[at].key, key))
        at = (at + 1) & index->mask;
    if (!index->slots[at].key.p)
        index->slots[at] = (struct code_slot){key, NO_TOKEN};
    return &index->slots[at].value;
}

const uint32_t *code_index_get(const struct code_index *index, str key) {
    if (!index->slots)
        return NULL;
    uint32_t at = (uint32_t)map_hash(key) & index->mask;
    while (index->slots[at].key.p && !str_eq(index->slots[at].key, key))
        at = (at + 1) & index->mask;
    return index->slots[at].key.p ? &index->slots[at].value : NULL;
}

void code_names_index(struct code *c) {
    code_index_new(&c->name_index, c->arena, c->n_names);
    for (uint32_t i = 0; i < c->n_names; i++) {
        uint32_t *last = code_index_put(&c->name_index, c->names[i].name);
        c->names[i].before = *last;
        *last = i;
        c->imports_env |=
            str_is(c->names[i].member, "environ") || str_is(c->names[i].member, "getenv");
    }
}

/* How far in a function lies that holds block; NO_BLOCK: the name is not seen there. */
static uint32_t function_of(const struct code *c, uint32_t block) {
    while (block != 0 && c->blocks[block].kind != CODE_FUNCTION)
        block = c->blocks[block].parent;
    return block;
}

static bool sees(const struct code *c, const struct code_name *n, uint32_t block) {
    return n->is_of_object || audit_code_within(&c->pub, block, function_of(c, n->block));
}

const struct code_name *code_name_of(const struct code *c, str name, uint32_t block,
                                     uint32_t token) {
    const uint32_t *last = code_index_get(&c->name_index, name);
    const struct code_name *best = NULL;
    unsigned n = 0;
    for (uint32_t i = last ? *last : NO_TOKEN; i != NO_TOKEN && n < MOST_SEEN; n++) {
        const struct code_name *one = &c->names[i];
        i = one->before;
        if (!sees(c, one, block) || (token >= one->first && token < one->end &&
                                     one->member.p == NULL && token > one->token))
            continue;
        if (!best) {
            best = one;
            continue;
        }
        uint32_t mine = function_of(c, one->block), its = function_of(c, best->block);
        bool is_inner = mine != its && audit_code_within(&c->pub, mine, its);
        bool is_before = mine == its && best->token >= token && one->token < token;
        bool is_nearer =
            mine == its && one->token < token && best->token < token && one->token > best->token;
        if (is_inner || is_before || is_nearer)
            best = one;
    }
    return best;
}
