/* audit/fix: how a file is written: what new text beside the old has to look like. */
#include "audit/fix_priv.h"

/* What a walk over the tree counts. */
struct counts {
    size_t tags, functions, lines; /* short ones, long ones; collections on one line */
    bool knows_list;
};

static bool is_block_list(const struct fixer *x, const struct tmpl_node *node) {
    return node->kind == TMPL_LIST && node->n && !audit_fixer_is_flow(x, node);
}

static void look_at_list(struct fixer *x, struct counts *c, const struct tmpl_node *parent,
                         const struct tmpl_node *list) {
    size_t dash = audit_fixer_dash(x, list, 0), key = parent->members[0].key_at.column;
    if (dash == SIZE_MAX)
        return;
    size_t column = audit_pos(x->file, dash).column;
    c->knows_list = true;
    x->style.list_off = column > key ? (unsigned)(column - key) : 0;
}

/* Trees are at most TMPL_MAX_DEPTH levels deep, tags not counted. */
static void look(struct fixer *x, struct counts *c, const struct tmpl_node *node, bool in_flow) {
    if (node->kind != TMPL_MAP && node->kind != TMPL_LIST)
        return;
    c->tags += node->short_form;
    c->functions += !node->short_form && tmpl_function(node);
    c->lines += node->n && !node->short_form && node->start.line == node->end.line;
    in_flow = in_flow || (!node->short_form && audit_fixer_is_flow(x, node));
    for (size_t i = 0; i < node->n; i++) {
        const struct tmpl_node *value = node->members[i].value;
        if (!in_flow && !c->knows_list && node->kind == TMPL_MAP && !node->short_form &&
            is_block_list(x, value))
            look_at_list(x, c, node, value);
        look(x, c, value, in_flow);
    }
}

/* The first section that has members says how wide a level is. */
static void look_at_levels(struct fixer *x) {
    struct fix_style *s = &x->style;
    for (size_t i = 0; i < x->root->n; i++) {
        const struct tmpl_node *section = x->root->members[i].value;
        if (section->kind != TMPL_MAP || section->n == 0 || section->short_form)
            continue;
        size_t outer = x->root->members[0].key_at.column, inner = section->members[0].key_at.column;
        if (inner > outer && !audit_fixer_is_flow(x, section)) {
            s->unit = (unsigned)(inner - outer);
            return;
        }
    }
}

/* A line of nothing but blanks before the key of a member other than the first. */
static bool has_blank_lines(const struct fixer *x) {
    for (size_t i = 1; i < x->root->n; i++) {
        size_t line = audit_fixer_line(x, audit_offset(x->file, x->root->members[i].key_at));
        size_t before = line ? audit_fixer_indent(x, line - 1) : 0;
        if (line && audit_fixer_line_end(x, before) == before)
            return true;
    }
    return false;
}

/* The blanks of the first line that is deeper than the root's bracket. */
static void look_at_flow(struct fixer *x) {
    if (x->root->n == 0)
        return;
    size_t key = audit_offset(x->file, x->root->members[0].key_at), line = audit_fixer_line(x, key);
    size_t value = audit_offset(x->file, x->root->members[0].value->start);
    x->style.colon_blank = audit_fixer_is_space(x->file->text.p[value - 1]);
    if (audit_fixer_indent(x, key) == key && key > line)
        x->style.flow_unit = str_slice(x->file->text, line, key);
}

void audit_fixer_style(struct fixer *x) {
    struct fix_style *s = &x->style;
    ptrdiff_t end = str_chr(x->file->text, '\n');
    *s = (struct fix_style){.unit = 2, .list_off = 2, .flow_unit = S("  ")};
    s->is_crlf = end > 0 && x->file->text.p[end - 1] == '\r';
    if (!x->root || x->root->kind != TMPL_MAP)
        return;
    s->is_json = tmpl_is_json(x->file->tree);
    struct counts c = {0};
    look_at_levels(x);
    s->list_off = s->unit;
    look(x, &c, x->root, false);
    s->is_long = c.functions > 0 && c.tags == 0;
    s->has_inline = c.lines > 0;
    s->blank_lines = has_blank_lines(x);
    if (audit_fixer_is_flow(x, x->root))
        look_at_flow(x);
}
