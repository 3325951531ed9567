/* audit/fix: where nodes stand in the text: lines, dashes, colons, ends. */
#include "audit/fix_priv.h"

#include "base/ascii.h"

static char at(const struct fixer *x, size_t i) {
    return i < x->file->text.len ? x->file->text.p[i] : '\0';
}

/* ---- Lines ---- */

size_t audit_fixer_line(const struct fixer *x, size_t i) {
    while (i > 0 && x->file->text.p[i - 1] != '\n')
        i--;
    return i == 0 && str_starts(x->file->text, S("\xEF\xBB\xBF")) ? 3 : i;
}

size_t audit_fixer_indent(const struct fixer *x, size_t i) {
    i = audit_fixer_line(x, i);
    while (audit_fixer_is_blank(at(x, i)))
        i++;
    return i;
}

size_t audit_fixer_line_end(const struct fixer *x, size_t i) {
    while (i < x->file->text.len && x->file->text.p[i] != '\n')
        i++;
    return i > 0 && at(x, i) == '\n' && at(x, i - 1) == '\r' ? i - 1 : i;
}

/* ---- Nodes ---- */

static size_t skip_tag(const struct fixer *x, size_t i) {
    if (at(x, i) != '!')
        return i;
    while (at(x, i) && !audit_fixer_is_space(at(x, i)))
        i++;
    return i;
}

static size_t skip_comments(const struct fixer *x, size_t i) {
    for (;;) {
        while (audit_fixer_is_space(at(x, i)))
            i++;
        if (at(x, i) != '#')
            return i;
        i = audit_fixer_line_end(x, i);
    }
}

size_t audit_fixer_content(const struct fixer *x, const struct tmpl_node *node) {
    size_t start = audit_offset(x->file, node->start), i = skip_tag(x, start);
    return i == start ? start : skip_comments(x, i);
}

bool audit_fixer_is_flow(const struct fixer *x, const struct tmpl_node *node) {
    if (node->kind != TMPL_MAP && node->kind != TMPL_LIST)
        return false;
    if (node->short_form)
        return audit_fixer_is_flow(x, node->members[0].value);
    return ascii_is_one_of(at(x, audit_fixer_content(x, node)), "[{");
}

size_t audit_fixer_start(const struct fixer *x, const struct fix_place *place) {
    return place->behind_tag ? audit_fixer_content(x, place->node)
                             : audit_offset(x->file, place->node->start);
}

/* A block scalar's last line; libyaml ends it where the next line begins, blank lines included. */
static size_t end_of_block_scalar(const struct fixer *x, size_t start, size_t end) {
    const char *p = x->file->text.p;
    size_t header = audit_fixer_line_end(x, start);
    bool keeps = false;
    for (size_t i = start; i < header && !audit_fixer_is_space(p[i]); i++)
        keeps |= p[i] == '+';
    if (keeps) {
        if (end > header && p[end - 1] == '\n')
            end -= end > 1 && p[end - 2] == '\r' ? 2 : 1;
        return end;
    }
    while (end > header && audit_fixer_is_space(p[end - 1]))
        end--;
    return end;
}

size_t audit_fixer_end(const struct fixer *x, const struct tmpl_node *node) {
    while ((node->kind == TMPL_MAP || node->kind == TMPL_LIST) && node->n &&
           (node->short_form || !audit_fixer_is_flow(x, node)))
        node = node->members[node->n - 1].value;
    size_t end = audit_offset(x->file, node->end);
    if (node->kind != TMPL_STRING || node->plain)
        return end;
    size_t start = audit_fixer_content(x, node);
    return ascii_is_one_of(at(x, start), "|>") ? end_of_block_scalar(x, start, end) : end;
}

size_t audit_fixer_dash(const struct fixer *x, const struct tmpl_node *list, size_t index) {
    size_t i = audit_offset(x->file, list->members[index].value->start);
    if (list->members[index].value->kind == TMPL_NULL && i > 0 && at(x, i - 1) == '-')
        return i - 1;
    while (i > 0 && audit_fixer_is_space(at(x, i - 1)))
        i--;
    return i > 0 && at(x, i - 1) == '-' ? i - 1 : SIZE_MAX;
}

/* ---- Finding ---- */

static bool is_before(struct tmpl_pos a, struct tmpl_pos b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

static bool is_same_place(const struct tmpl_node *a, const struct tmpl_node *b) {
    return a->start.line == b->start.line && a->start.column == b->start.column &&
           a->end.line == b->end.line && a->end.column == b->end.column;
}

static bool may_hold(const struct tmpl_node *outer, const struct tmpl_node *node) {
    return (outer->kind == TMPL_MAP || outer->kind == TMPL_LIST) &&
           !is_before(node->start, outer->start) && !is_before(outer->end, node->start);
}

/* The first member that begins at or behind a place. They stand in the text's order. */
static size_t first_from(const struct tmpl_node *node, struct tmpl_pos at) {
    size_t low = 0, high = node->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(node->members[middle].value->start, at))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The member of node that is, or holds, what is looked for; node->n: none. */
static size_t way_to(const struct tmpl_node *node, const struct tmpl_node *wanted) {
    size_t first = first_from(node, wanted->start), i = first;
    for (; i < node->n && !is_before(wanted->start, node->members[i].value->start); i++)
        if (node->members[i].value == wanted)
            return i;
    for (i = first; i < node->n && !is_before(wanted->start, node->members[i].value->start); i++)
        if (may_hold(node->members[i].value, wanted) ||
            is_same_place(node->members[i].value, wanted))
            return i;
    return first > 0 && may_hold(node->members[first - 1].value, wanted) ? first - 1 : node->n;
}

static size_t column_at(const struct fixer *x, size_t i) {
    return audit_pos(x->file, i).column - 1;
}

/* One level down. */
static bool enter(const struct fixer *x, struct fix_place *place, size_t i) {
    const struct tmpl_node *parent = place->node;
    struct fix_place child = {.node = parent->members[i].value,
                              .parent = parent,
                              .index = i,
                              .behind_tag = parent->short_form,
                              .behind_dash = place->behind_dash,
                              .column = place->column,
                              .in_flow = place->in_flow};
    if (!parent->short_form)
        child.in_flow |= audit_fixer_is_flow(x, parent);
    if (!child.in_flow && !parent->short_form) {
        child.behind_dash = parent->kind == TMPL_LIST;
        if (child.behind_dash) {
            size_t dash = audit_fixer_dash(x, parent, i);
            if (dash == SIZE_MAX)
                return false;
            child.column = column_at(x, dash);
        } else {
            child.column = parent->members[0].key_at.column - 1;
        }
    }
    *place = child;
    return true;
}

bool audit_fixer_find(const struct fixer *x, const struct tmpl_node *node, struct fix_place *ret) {
    if (!x->root || !node || node->start.file != x->file->number)
        return false;
    *ret = (struct fix_place){.node = x->root};
    while (ret->node != node) {
        const struct tmpl_node *here = ret->node;
        size_t i = way_to(here, node);
        if (i == here->n || !enter(x, ret, i))
            return false;
    }
    return true;
}

/* The outermost node of that very range. */
static const struct tmpl_node *at_range(const struct tmpl_node *node,
                                        const struct tmpl_node *wanted) {
    while (!is_same_place(node, wanted)) {
        size_t i = way_to(node, wanted);
        if (i == node->n)
            return NULL;
        node = node->members[i].value;
    }
    return node;
}

static bool is_in(const struct tmpl_node *tree, const struct tmpl_node *wanted) {
    while (tree != wanted) {
        size_t i = way_to(tree, wanted);
        if (i == tree->n)
            return false;
        tree = tree->members[i].value;
    }
    return true;
}

const struct tmpl_node *audit_fixer_written(const struct fixer *x, const struct tmpl_node *node) {
    if (!x->root || !node || node->start.file != x->file->number)
        return NULL;
    return is_in(x->root, node) ? node : at_range(x->root, node);
}

/* Behind the colon of a key. */
static size_t colon_of(const struct fixer *x, const struct tmpl_member *m) {
    size_t i = audit_offset(x->file, m->key_at);
    char quote = at(x, i);
    if (quote == '"' || quote == '\'') {
        for (i++; at(x, i) && at(x, i) != quote; i++)
            i += quote == '"' && at(x, i) == '\\';
        i++;
    } else {
        i += m->key.len;
    }
    while (audit_fixer_is_blank(at(x, i)))
        i++;
    return at(x, i) == ':' ? i + 1 : SIZE_MAX;
}

size_t audit_fixer_mark(const struct fixer *x, const struct fix_place *place) {
    if (!place->parent)
        return SIZE_MAX;
    if (place->behind_tag)
        return skip_tag(x, audit_offset(x->file, place->node->start));
    if (place->parent->kind == TMPL_MAP)
        return colon_of(x, &place->parent->members[place->index]);
    size_t dash = audit_fixer_dash(x, place->parent, place->index);
    return dash == SIZE_MAX ? SIZE_MAX : dash + 1;
}
