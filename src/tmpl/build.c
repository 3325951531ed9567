/*
 * tmpl/build: builds the tree while a YAML or JSON reader calls: open, push, close; refuses
 * duplicate keys and what is too deep or too large.
 */
#include "tmpl/build_priv.h"

#include "base/ascii.h"

enum { LINEAR_KEYS = 8 }; /* maps up to this size are compared key by key, larger ones hashed */

void tmpl_builder_deinit(struct tmpl_builder *b) {
    free(b->stack);
    b->stack = NULL;
}

struct tmpl_node *tmpl_build_node(struct tmpl_builder *b, enum tmpl_kind kind,
                                  struct tmpl_pos start) {
    if (++b->nodes > TMPL_MAX_NODES) {
        tmpl_fail(b->fault, start, "Template format error: more than %d values", TMPL_MAX_NODES);
        return NULL;
    }
    struct tmpl_node *node = arena_new(b->arena, struct tmpl_node);
    node->kind = kind;
    node->start = node->end = start;
    return node;
}

int tmpl_build_open(struct tmpl_builder *b, struct tmpl_pos at) {
    if (++b->depth > TMPL_MAX_DEPTH)
        return tmpl_fail(b->fault, at, "Template format error: nested deeper than %d levels",
                         TMPL_MAX_DEPTH);
    return 0;
}

void tmpl_build_push(struct tmpl_builder *b, str key, struct tmpl_pos key_at,
                     struct tmpl_node *value) {
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 64;
        b->stack = mem_realloc(b->stack, b->cap * sizeof *b->stack);
    }
    b->stack[b->n++] = (struct tmpl_member){key, key_at, value};
}

/* Non-zero: the reading is over. */
static int tell_duplicate(struct tmpl_builder *b, const struct tmpl_member *m) {
    struct tmpl_fault one = {{0}, {{0}}};
    if (b->faults && b->faults->n == TMPL_MAX_FAULTS)
        return 0;
    int r = tmpl_fail(b->faults ? &one : b->fault, m->key_at,
                      "Template format error: duplicate key \"" STR_FMT "\"", STR_ARG(m->key));
    if (!b->faults)
        return r;
    tmpl_faults_add(b->faults, m->key_at, str_c(one.why.text));
    return 0;
}

static bool is_known(const struct tmpl_node *map, size_t n, str key) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(map->members[i].key, key))
            return true;
    return false;
}

static int refuse_duplicates(struct tmpl_builder *b, struct tmpl_node *map) {
    CLEANUP_DEINIT(map) struct map seen = {0};
    size_t n = 0;
    for (size_t i = 0; i < map->n; i++) {
        struct tmpl_member *m = &map->members[i];
        bool is_again =
            map->n <= LINEAR_KEYS ? is_known(map, n, m->key) : map_put(&seen, m->key, m) != NULL;
        if (is_again && tell_duplicate(b, m))
            return TMPL_E_TEMPLATE;
        if (!is_again)
            map->members[n++] = *m;
    }
    map->n = n;
    return 0;
}

int tmpl_build_close(struct tmpl_builder *b, struct tmpl_node *node, size_t base) {
    node->n = b->n - base;
    b->n = base;
    b->depth--;
    if (node->n) {
        size_t size = node->n * sizeof *node->members;
        node->members = memcpy(arena_alloc(b->arena, size), b->stack + base, size);
    }
    return node->kind == TMPL_MAP ? refuse_duplicates(b, node) : 0;
}

/* ---- Plain scalars ---- */

static bool is_one_of(str s, const char *const *words) {
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

static size_t digits(str s, size_t at) {
    size_t n = 0;
    while (at + n < s.len && ascii_is_digit(s.p[at + n]))
        n++;
    return n;
}

/* JSON's grammar of a number, which is also what CloudFormation calls one. */
static bool is_number(str s) {
    size_t at = s.len && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    size_t whole = digits(s, at);
    if (whole == 0 || (whole > 1 && s.p[at] == '0'))
        return false;
    at += whole;
    if (at < s.len && s.p[at] == '.') {
        size_t fraction = digits(s, at + 1);
        if (fraction == 0)
            return false;
        at += 1 + fraction;
    }
    if (at < s.len && (s.p[at] == 'e' || s.p[at] == 'E')) {
        at++;
        if (at < s.len && (s.p[at] == '-' || s.p[at] == '+'))
            at++;
        size_t exponent = digits(s, at);
        if (exponent == 0)
            return false;
        at += exponent;
    }
    return at == s.len;
}

void tmpl_type_plain(struct tmpl_node *node, str text) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                      "YES",  "on",   "On",   "ON",  NULL};
    static const char *const no[] = {"false", "False", "FALSE", "no",  "No",
                                     "NO",    "off",   "Off",   "OFF", NULL};
    enum { LONGEST_WORD = 5 };
    bool may_be_word = text.len <= LONGEST_WORD;
    node->plain = true;
    node->text = text;
    if (may_be_word && is_one_of(text, nulls)) {
        node->kind = TMPL_NULL;
    } else if (may_be_word && (is_one_of(text, yes) || is_one_of(text, no))) {
        node->kind = TMPL_BOOL;
        node->truth = is_one_of(text, yes);
        node->text = node->truth ? S("true") : S("false");
    } else if (is_number(text)) {
        node->kind = TMPL_NUMBER;
        if (text.p[0] == '+')
            node->text = str_skip(text, 1);
    } else {
        node->kind = TMPL_STRING;
    }
}
