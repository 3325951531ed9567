/* audit/fix: values that rules give as YAML, read into trees that remember how they were written. */
#include "audit/fix_priv.h"

#include "base/ascii.h"

/* ---- Reading ---- */

/* A text of a few lines. */
struct source {
    struct arena *arena;
    str text;
};

static size_t offset_of(const struct source *s, struct tmpl_pos at) {
    size_t i = 0;
    for (uint32_t line = 1; line < at.line; line++) {
        ptrdiff_t end = str_chr(str_skip(s->text, i), '\n');
        if (end < 0)
            return s->text.len;
        i += (size_t)end + 1;
    }
    for (uint32_t column = 1; column < at.column && i < s->text.len; column++)
        for (i++; i < s->text.len && ((unsigned char)s->text.p[i] & 0xC0) == 0x80;)
            i++;
    return i;
}

/* The node's own text, without its tag. */
static str text_of(const struct source *s, const struct tmpl_node *node) {
    str text = str_slice(s->text, offset_of(s, node->start), offset_of(s, node->end));
    if (str_starts(text, S("!"))) {
        size_t i = 0;
        while (i < text.len && !audit_fixer_is_space(text.p[i]))
            i++;
        while (i < text.len && audit_fixer_is_space(text.p[i]))
            i++;
        text = str_skip(text, i);
    }
    return text;
}

static void read_scalar(const struct source *s, const struct tmpl_node *node,
                        struct fix_value *value) {
    str text = text_of(s, node);
    value->text = arena_str(s->arena, node->text);
    value->is_plain = node->plain;
    value->is_block = !node->plain && text.len && ascii_is_one_of(text.p[0], "|>");
    if (!value->is_block && str_chr(text, '\n') < 0)
        value->written = arena_str(s->arena, text);
}

/* "!GetAtt A.B" is a list of two that were one word. */
static bool is_one_word(const struct tmpl_node *node) {
    return node->short_form && node->members[0].value->kind == TMPL_LIST &&
           node->members[0].value->n == 2 && str_is(node->members[0].key, "Fn::GetAtt") &&
           node->members[0].value->members[0].value->start.column ==
               node->members[0].value->members[1].value->start.column &&
           node->members[0].value->members[0].value->start.line ==
               node->members[0].value->members[1].value->start.line;
}

/* The two halves of one word. */
static const struct fix_value *read_dotted(const struct source *s, const struct tmpl_node *list) {
    struct fix_value *value = arena_new(s->arena, struct fix_value);
    struct fix_member *members = arena_zalloc(s->arena, 2 * sizeof *members);
    for (size_t i = 0; i < 2; i++) {
        struct fix_value *half = arena_new(s->arena, struct fix_value);
        half->kind = TMPL_STRING;
        half->text = arena_str(s->arena, list->members[i].value->text);
        members[i].value = half;
    }
    *value = (struct fix_value){.kind = TMPL_LIST, .is_flow = true, .members = members, .n = 2};
    return value;
}

static const struct fix_value *read(const struct source *s, const struct tmpl_node *node) {
    struct fix_value *value = arena_new(s->arena, struct fix_value);
    value->kind = node->kind;
    if (node->kind != TMPL_LIST && node->kind != TMPL_MAP) {
        read_scalar(s, node, value);
        return value;
    }
    str text = text_of(s, node);
    value->is_flow = text.len && ascii_is_one_of(text.p[0], "[{");
    value->short_form = node->short_form;
    if (is_one_word(node))
        value->dotted = arena_str(s->arena, text);
    struct fix_member *members = arena_alloc(s->arena, (node->n + 1) * sizeof *members);
    for (size_t i = 0; i < node->n; i++)
        members[i] = (struct fix_member){arena_str(s->arena, node->members[i].key),
                                         value->dotted.p ? read_dotted(s, node->members[i].value)
                                                         : read(s, node->members[i].value)};
    value->members = members;
    value->n = node->n;
    return value;
}

const struct fix_value *audit_fixer_value(struct arena *arena, str yaml) {
    /* The mark keeps a flow map from being taken for JSON. */
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "---\n");
    buf_str(&text, yaml);
    struct source s = {arena, buf_view(&text)};
    CLEANUP(tmpl) struct tmpl *tree = NULL;
    if (tmpl_new(&tree, s.text, NULL))
        return NULL;
    return read(&s, tmpl_root(tree));
}

/* ---- Putting together ---- */

const struct fix_value *audit_fixer_wrap(struct arena *arena, str key,
                                         const struct fix_value *value) {
    struct fix_value *map = arena_new(arena, struct fix_value);
    struct fix_member *member = arena_new(arena, struct fix_member);
    *member = (struct fix_member){key, value};
    *map = (struct fix_value){.kind = key.p ? TMPL_MAP : TMPL_LIST, .members = member, .n = 1};
    return map;
}

bool audit_fixer_is_same(const struct fix_value *a, const struct fix_value *b) {
    if (a->kind != b->kind || a->n != b->n || !str_eq(a->text, b->text))
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!str_eq(a->members[i].key, b->members[i].key) ||
            !audit_fixer_is_same(a->members[i].value, b->members[i].value))
            return false;
    return true;
}

static bool is_function(const struct fix_value *v) {
    return v->n == 1 &&
           (str_is(v->members[0].key, "Ref") || str_starts(v->members[0].key, S("Fn::")));
}

static struct fix_member *find(struct fix_member *members, size_t n, str key) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(members[i].key, key))
            return &members[i];
    return NULL;
}

const struct fix_value *audit_fixer_merge(struct arena *arena, const struct fix_value *a,
                                          const struct fix_value *b) {
    if (audit_fixer_is_same(a, b))
        return a;
    if (a->kind != TMPL_MAP || b->kind != TMPL_MAP || is_function(a) || is_function(b))
        return NULL;
    struct fix_value *both = arena_new(arena, struct fix_value);
    struct fix_member *members = arena_alloc(arena, (a->n + b->n + 1) * sizeof *members);
    size_t n = a->n;
    if (n)
        memcpy(members, a->members, n * sizeof *members);
    for (size_t i = 0; i < b->n; i++) {
        struct fix_member *old = find(members, n, b->members[i].key);
        if (!old) {
            members[n++] = b->members[i];
            continue;
        }
        old->value = audit_fixer_merge(arena, old->value, b->members[i].value);
        if (!old->value)
            return NULL;
    }
    *both = (struct fix_value){.kind = TMPL_MAP,
                               .is_flow = a->is_flow && b->is_flow,
                               .members = members,
                               .n = n};
    return both;
}
