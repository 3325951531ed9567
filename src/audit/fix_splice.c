/* audit/fix: what changes of nodes take of the text, and put into it. */
#include "audit/fix_priv.h"

#include "base/ascii.h"

enum { MOST_COLUMNS = 120 }; /* of a line that is one member, where lines are free to be more */

static bool is_empty(const struct tmpl_node *node) { return node->n == 0; }

/* ---- What a change takes ---- */

/* A key behind "? " is not for us. */
static bool is_plain_map(const struct fixer *x, const struct tmpl_node *map) {
    size_t i = audit_offset(x->file, map->members[0].key_at);
    size_t line = audit_fixer_line(x, i);
    while (i > line && audit_fixer_is_blank(x->file->text.p[i - 1]))
        i--;
    return i == line || x->file->text.p[i - 1] != '?';
}

/* Behind a flow member: the comment on its line, or SIZE_MAX; *ret_comma: a comma stands before it. */
static size_t comment_behind(const struct fixer *x, size_t i, bool *ret_comma) {
    str text = x->file->text;
    *ret_comma = false;
    for (; i < text.len && (audit_fixer_is_blank(text.p[i]) || text.p[i] == ','); i++)
        *ret_comma |= text.p[i] == ',';
    return i < text.len && text.p[i] == '#' ? i : SIZE_MAX;
}

static bool is_added_to(const struct fixer *x, const struct tmpl_node *node) {
    for (size_t i = 0; i < x->n; i++)
        if (x->changes[i].kind == FIX_ADD && x->changes[i].node == node)
            return true;
    return false;
}

static bool measure_flow(const struct fixer *x, struct fix_change *c) {
    const struct tmpl_node *node = c->node;
    bool has_comma;
    c->from = c->to = c->after == FIX_FIRST ? audit_offset(x->file, node->members[0].key_at)
                                            : audit_fixer_end(x, node->members[c->after].value);
    return c->after == FIX_FIRST || comment_behind(x, c->to, &has_comma) == SIZE_MAX ||
           !is_added_to(x, node);
}

static bool measure_add(struct fixer *x, struct fix_change *c) {
    const struct tmpl_node *node = c->node;
    struct fix_place place;
    if (!audit_fixer_find(x, node, &place))
        return false;
    if (is_empty(node)) {
        c->from = audit_fixer_start(x, &place);
        c->to = audit_fixer_end(x, node);
        return place.parent && (place.in_flow || audit_fixer_mark(x, &place) != SIZE_MAX);
    }
    if (node->short_form || c->after == FIX_FIRST ? node->kind != TMPL_MAP : c->after >= node->n)
        return false;
    if (audit_fixer_is_flow(x, node))
        return measure_flow(x, c);
    if (node->kind == TMPL_LIST ? audit_fixer_dash(x, node, 0) == SIZE_MAX : !is_plain_map(x, node))
        return false;
    size_t key = audit_offset(x->file, node->members[0].key_at);
    c->from = c->to =
        c->after == FIX_FIRST
            ? audit_fixer_line(x, key)
            : audit_fixer_line_end(x, audit_fixer_end(x, node->members[c->after].value));
    return c->after != FIX_FIRST || audit_fixer_indent(x, key) == key;
}

/* Both words of "!GetAtt A.B" stand in one place. */
static bool is_half(const struct fix_place *place) {
    const struct tmpl_node *parent = place->parent;
    return parent->kind == TMPL_LIST && parent->n == 2 &&
           parent->members[0].value->start.line == parent->members[1].value->start.line &&
           parent->members[0].value->start.column == parent->members[1].value->start.column;
}

static bool measure_replace(struct fixer *x, struct fix_change *c) {
    struct fix_place place;
    if (!audit_fixer_find(x, c->node, &place) || !place.parent || is_half(&place))
        return false;
    c->from = audit_fixer_start(x, &place);
    c->to = audit_fixer_end(x, c->node);
    size_t mark = place.in_flow ? 0 : audit_fixer_mark(x, &place);
    if (!place.in_flow && mark != SIZE_MAX &&
        audit_fixer_line(x, mark) != audit_fixer_line(x, c->from)) {
        c->from = mark;
        c->to = audit_fixer_line_end(x, c->to);
    }
    return mark != SIZE_MAX && (place.behind_tag ? !c->value->short_form : true);
}

/* Behind the line's end mark. */
static size_t next_line(const struct fixer *x, size_t i) {
    i = audit_fixer_line_end(x, i);
    return i + (i < x->file->text.len) + (i + 1 < x->file->text.len && x->file->text.p[i] == '\r');
}

static bool measure_lines(const struct fixer *x, struct fix_change *c, const struct fix_place *at,
                          size_t head) {
    const struct tmpl_node *parent = at->parent;
    if (audit_fixer_indent(x, head) == head) {
        c->from = audit_fixer_line(x, head);
        c->to = next_line(x, audit_fixer_end(x, c->node));
        if (c->to == x->file->text.len && c->from && !str_ends(x->file->text, S("\n")))
            c->from = audit_fixer_line_end(x, c->from - 1);
        return true;
    }
    /* The first key behind a dash: the next one takes its place. */
    if (at->index || parent->kind != TMPL_MAP)
        return false;
    c->from = head;
    c->to = audit_offset(x->file, parent->members[1].key_at);
    return str_chr(str_slice(x->file->text, audit_fixer_end(x, c->node), c->to), '#') < 0;
}

static bool measure_remove(struct fixer *x, struct fix_change *c) {
    struct fix_place at;
    if (!audit_fixer_find(x, c->node, &at) || !at.parent || at.parent->n < 2 || at.behind_tag)
        return false;
    const struct tmpl_member *members = at.parent->members;
    if (!at.in_flow) {
        size_t head = at.parent->kind == TMPL_MAP ? audit_offset(x->file, members[at.index].key_at)
                                                  : audit_fixer_dash(x, at.parent, at.index);
        return head != SIZE_MAX && measure_lines(x, c, &at, head);
    }
    c->from = at.index ? audit_fixer_end(x, members[at.index - 1].value)
                       : audit_offset(x->file, members[0].key_at);
    c->to = at.index ? audit_fixer_end(x, c->node) : audit_offset(x->file, members[1].key_at);
    return x->style.is_json || str_chr(str_slice(x->file->text, c->from, c->to), '#') < 0;
}

bool audit_fixer_measure(struct fixer *x, struct fix_change *c) {
    static bool (*const measures[])(struct fixer *, struct fix_change *) =
        {[FIX_ADD] = measure_add, [FIX_REPLACE] = measure_replace, [FIX_REMOVE] = measure_remove};
    return c->kind == FIX_TEXT ? c->from <= c->to && c->to <= x->file->text.len
                               : measures[c->kind](x, c);
}

/* ---- Splices ---- */

struct splice {
    size_t from, to;
    size_t depth; /* of those in one point the deepest comes first */
    size_t order, number;
    str text;
    bool is_raw; /* its line ends are the rule's */
};
struct splices {
    struct fixer *x;
    struct splice *all;
    size_t n, cap;
};

static struct splice *cut(struct splices *s, size_t from, size_t to, size_t depth, str text) {
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->all = mem_realloc(s->all, s->cap * sizeof *s->all);
    }
    s->all[s->n] = (struct splice){.from = from,
                                   .to = to,
                                   .depth = depth,
                                   .number = s->n,
                                   .text = arena_str(&s->x->arena, text)};
    return &s->all[s->n++];
}

static int by_place(const void *x, const void *y) {
    const struct splice *a = x, *b = y;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if ((a->from == a->to) != (b->from == b->to))
        return a->from == a->to ? -1 : 1;
    if (a->depth != b->depth)
        return a->depth > b->depth ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* ---- Replacing ---- */

/* In a block: what stands on the line of the key, and what on lines below. */
static void replace_block(struct splices *s, const struct fix_place *place, size_t from, size_t to,
                          const struct fix_value *value) {
    const struct fixer *x = s->x;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (place->behind_dash)
        audit_fixer_put_behind_dash(x, &text, value, place->column, 1);
    else
        audit_fixer_put_behind_key(x, &text, value, place->column);
    ptrdiff_t end = str_chr(buf_view(&text), '\n');
    str line = str_slice(buf_view(&text), 0, end < 0 ? text.len : (size_t)end);
    str below = str_skip(buf_view(&text), line.len);
    size_t mark = audit_fixer_mark(x, place), depth = 2 * place->column + 2;
    if (audit_fixer_line(x, mark) != audit_fixer_line(x, from)) {
        cut(s, mark, mark, SIZE_MAX, line);
        cut(s, audit_fixer_line_end(x, audit_fixer_line(x, from) - 1), audit_fixer_line_end(x, to),
            depth, below);
        return;
    }
    bool has_blank = from > mark;
    if (line.len == 0)
        from = mark;
    else if (has_blank)
        line = str_skip(line, 1);
    cut(s, from, to, SIZE_MAX, line);
    if (below.len)
        cut(s, audit_fixer_line_end(x, to), audit_fixer_line_end(x, to), depth, below);
}

static void replace(struct splices *s, const struct tmpl_node *node,
                    const struct fix_value *value) {
    struct fixer *x = s->x;
    struct fix_place place;
    audit_fixer_find(x, node, &place);
    size_t from = audit_fixer_start(x, &place), to = audit_fixer_end(x, node);
    if (!place.in_flow) {
        replace_block(s, &place, from, to, value);
        return;
    }
    /* Behind a tag the brackets around are those of the function's parent. */
    struct flow_style style = {.colon_blank = true, .comma_blank = true};
    if (!place.behind_tag)
        style = audit_fixer_flow_style(x, place.parent);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (from > 0 && x->file->text.p[from - 1] == ':' && style.colon_blank)
        buf_char(&text, ' ');
    audit_fixer_put_flow(x, &text, value, &style);
    cut(s, from, to, SIZE_MAX, buf_view(&text));
}

/* ---- Adding ---- */

/* An empty collection takes all that is added to it at once. */
static void fill(struct splices *s, size_t first) {
    struct fixer *x = s->x;
    const struct tmpl_node *node = x->changes[first].node;
    struct fix_member *members = arena_alloc(&x->arena, x->n * sizeof *members);
    struct fix_value value = {.kind = x->changes[first].key.p ? TMPL_MAP : TMPL_LIST,
                              .members = members};
    for (size_t i = first; i < x->n; i++)
        if (x->changes[i].kind == FIX_ADD && x->changes[i].node == node)
            members[value.n++] = (struct fix_member){x->changes[i].key, x->changes[i].value};
    replace(s, node, &value);
}

static void put_flow_member(const struct fixer *x, struct buf *out, const struct fix_change *c,
                            const struct flow_style *style) {
    if (c->key.p)
        audit_fixer_put_flow_key(out, c->key, style);
    audit_fixer_put_flow(x, out, c->value, style);
}

static void add_flow(struct splices *s, const struct fix_change *c) {
    const struct fixer *x = s->x;
    struct flow_style style = audit_fixer_flow_style(x, c->node);
    CLEANUP_DEINIT(buf) struct buf member = {0}, text = {0};
    put_flow_member(x, &member, c, &style);
    if (style.is_lines && style.is_flat && style.indent.len + member.len > MOST_COLUMNS) {
        style.is_flat = false;
        buf_clear(&member);
        put_flow_member(x, &member, c, &style);
    }
    CLEANUP_DEINIT(buf) struct buf gap = {0};
    if (style.is_lines)
        buf_printf(&gap, "\n" STR_FMT, STR_ARG(style.indent));
    else if (style.comma_blank)
        buf_char(&gap, ' ');
    bool has_comma;
    size_t comment = c->after == FIX_FIRST ? SIZE_MAX : comment_behind(x, c->from, &has_comma);
    if (c->after == FIX_FIRST) {
        buf_printf(&text, "%s,%s", buf_cstr(&member), buf_cstr(&gap));
    } else if (comment == SIZE_MAX) {
        buf_printf(&text, ",%s%s", buf_cstr(&gap), buf_cstr(&member));
    } else {
        buf_printf(&text, "%s%s%s", style.is_lines ? "" : "\n", buf_cstr(&gap), buf_cstr(&member));
        buf_c(&text, has_comma ? "," : "");
        size_t end = audit_fixer_line_end(x, comment);
        cut(s, end, end, 0, buf_view(&text));
        buf_clear(&text);
        buf_c(&text, has_comma ? "" : ",");
    }
    cut(s, c->from, c->to, 0, buf_view(&text))->order = c->order;
}

/* Are the members of a block apart by empty lines? */
static bool is_spread(const struct fixer *x, const struct tmpl_node *node) {
    if (node->n < 2) {
        for (size_t i = 0; i < x->root->n; i++)
            if (x->root->members[i].value == node)
                return x->style.blank_lines;
        return false;
    }
    const struct tmpl_member *last = &node->members[node->n - 1];
    size_t i = audit_fixer_line_end(x, audit_fixer_end(x, last[-1].value)),
           end = audit_offset(x->file, last->key_at);
    size_t line = next_line(x, i);
    return line < end &&
           audit_fixer_line_end(x, audit_fixer_indent(x, line)) == audit_fixer_indent(x, line);
}

/* Blanks behind the dash, as the list has them. */
static size_t gap_of(const struct fixer *x, const struct tmpl_node *list, size_t dash) {
    size_t start = audit_offset(x->file, list->members[0].value->start);
    return start > dash + 1 && audit_fixer_line(x, start) == audit_fixer_line(x, dash)
               ? start - dash - 1
               : 1;
}

static void put_blanks(struct buf *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_char(out, ' ');
}

static void add_element(struct splices *s, const struct fix_change *c) {
    const struct fixer *x = s->x;
    size_t dash = audit_fixer_dash(x, c->node, 0);
    size_t column = audit_pos(x->file, dash).column - 1;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, is_spread(x, c->node) ? "\n\n" : "\n");
    put_blanks(&text, column);
    buf_char(&text, '-');
    audit_fixer_put_behind_dash(x, &text, c->value, column, gap_of(x, c->node, dash));
    cut(s, c->from, c->to, 2 * column + 1, buf_view(&text));
}

static void add_member(struct splices *s, const struct fix_change *c) {
    const struct fixer *x = s->x;
    size_t column = c->node->members[0].key_at.column - 1;
    char quote = x->file->text.p[audit_offset(x->file, c->node->members[0].key_at)];
    CLEANUP_DEINIT(buf) struct buf text = {0};
    const char *apart = is_spread(x, c->node) ? "\n\n" : "\n";
    if (c->after != FIX_FIRST)
        buf_c(&text, apart);
    put_blanks(&text, column);
    audit_fixer_put_key(&text, c->key, ascii_is_one_of(quote, "\"'") ? quote : '\0');
    buf_char(&text, ':');
    audit_fixer_put_behind_key(x, &text, c->value, column);
    if (c->after == FIX_FIRST)
        buf_c(&text, apart);
    cut(s, c->from, c->to, 2 * column, buf_view(&text))->order = c->order;
}

static void add(struct splices *s, size_t i) {
    const struct fix_change *c = &s->x->changes[i];
    if (is_empty(c->node)) {
        for (size_t before = 0; before < i; before++)
            if (s->x->changes[before].kind == FIX_ADD && s->x->changes[before].node == c->node)
                return;
        fill(s, i);
    } else if (audit_fixer_is_flow(s->x, c->node)) {
        add_flow(s, c);
    } else if (c->node->kind == TMPL_LIST) {
        add_element(s, c);
    } else {
        add_member(s, c);
    }
}

/* ---- Writing ---- */

static void take(struct splices *s, size_t i) {
    const struct fix_change *c = &s->x->changes[i];
    if (c->kind == FIX_ADD)
        add(s, i);
    else if (c->kind == FIX_REPLACE)
        replace(s, c->node, c->value);
    else
        cut(s, c->from, c->to, 0, c->text)->is_raw = true;
}

static void put_lines(struct buf *out, const struct splice *splice, bool is_crlf) {
    for (size_t i = 0; i < splice->text.len; i++) {
        if (is_crlf && !splice->is_raw && splice->text.p[i] == '\n')
            buf_char(out, '\r');
        buf_char(out, splice->text.p[i]);
    }
}

void audit_fixer_write(struct fixer *x, struct buf *out) {
    struct splices s = {.x = x};
    for (size_t i = 0; i < x->n; i++)
        take(&s, i);
    if (s.n)
        qsort(s.all, s.n, sizeof *s.all, by_place);
    size_t at = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.all[i].from > at) {
            buf_str(out, str_slice(x->file->text, at, s.all[i].from));
            at = s.all[i].from;
        }
        put_lines(out, &s.all[i], x->style.is_crlf);
        if (s.all[i].to > at)
            at = s.all[i].to;
    }
    buf_str(out, str_skip(x->file->text, at));
    free(s.all);
}
