/*
 * tmpl/yaml_block: our own YAML reader: block collections. A block's members begin at one column; what it
 * lies in begins further left. Recursion is bounded by TMPL_MAX_DEPTH.
 */
#include "tmpl/yaml_priv.h"

#include "base/ascii.h"

/* Mending: the rest of the line, and the lines below it that are further right than column. */
static int pass_over(struct yaml *y, int column) {
    do {
        tmpl_yaml_to_line_end(y);
        if (tmpl_yaml_skip(y, false))
            return YAML_OVER;
    } while (!tmpl_yaml_at_end(y) && tmpl_yaml_column(y) > column);
    return 0;
}

/* Behind a value in a block: nothing else on its line. */
static int end_line(struct yaml *y) {
    struct tmpl_pos at;
    if (y->is_flow_broken) {
        y->is_flow_broken = false; /* told; the next line is here */
        return 0;
    }
    while (y->p[y->at] == ' ')
        y->at++;
    char c = y->p[y->at];
    if (!c || yaml_is_break(c) || c == '#')
        return 0;
    if (c == '\t')
        return yaml_is_mending(y) ? 0 : yaml_unsure(y);
    at = tmpl_yaml_pos(y, y->at);
    if (tmpl_yaml_wrong(y, at,
                        c == ':'
                            ? "YAML not well-formed: a colon and a space in a text without quotes"
                            : "YAML not well-formed: something follows the value"))
        return YAML_OVER;
    tmpl_yaml_to_line_end(y);
    return 0;
}

/* ---- Block collections ---- */

/*
 * Behind a key's colon or a list's dash: what it has, on the line or below. at: where nothing is, if
 * nothing is.
 */
static int read_below(struct yaml *y, int indent, unsigned may, struct tmpl_pos at,
                      struct tmpl_node **ret) {
    uint32_t line = y->line;
    if (tmpl_yaml_skip(y, false))
        return YAML_OVER;
    if (tmpl_yaml_at_end(y))
        return tmpl_yaml_read_empty(y, at, ret);
    if (y->line == line)
        return tmpl_yaml_read_node(y, indent, may & YAML_MAY_DASH ? YAML_MAY_DASH : YAML_MAY_BLOCK,
                                   tmpl_yaml_pos(y, y->at), ret);
    int column = tmpl_yaml_column(y);
    bool is_own_list = (may & YAML_MAY_DASH) && column == indent && yaml_is_dash(y);
    if (column <= indent && !is_own_list)
        return tmpl_yaml_read_empty(y, at, ret);
    return tmpl_yaml_read_node(y, indent, YAML_MAY_BLOCK | (may & YAML_MAY_DASH),
                               tmpl_yaml_pos(y, y->at), ret);
}

/*
 * The next line of a block at column, which lies in one at outer. *ret_over: it is not its own. Mending: a
 * line that is between the columns, or right of them, is told and taken as the block's.
 */
static int next_line_of(struct yaml *y, int column, int outer, bool *ret_over) {
    *ret_over = true;
    if (tmpl_yaml_skip(y, false))
        return YAML_OVER;
    int here = tmpl_yaml_column(y);
    if (tmpl_yaml_at_end(y) || here <= outer)
        return 0;
    *ret_over = false;
    return here == column
               ? 0
               : tmpl_yaml_wrong(
                     y, tmpl_yaml_pos(y, y->at),
                     "YAML not well-formed: the line begins at column %d, and those beside it at %d",
                     here + 1, column + 1);
}

static int read_list(struct yaml *y, int column, int outer, struct tmpl_pos start,
                     struct tmpl_node **ret) {
    struct tmpl_node *node = tmpl_build_node(y->b, TMPL_LIST, start), *value;
    size_t base = y->b->n;
    bool is_over = false;
    if (!node || tmpl_build_open(y->b, start))
        return YAML_OVER;
    while (!is_over) {
        struct tmpl_pos at = tmpl_yaml_pos(y, ++y->at);
        if (read_below(y, column, 0, at, &value))
            return YAML_OVER;
        tmpl_build_push(y->b, STR_NONE, value->start, value);
        if (next_line_of(y, column, outer, &is_over))
            return YAML_OVER;
        /* The list of a key may begin at the key's column: the next key ends it. */
        while (!is_over && !yaml_is_dash(y)) {
            is_over = column == outer + 1 && tmpl_yaml_column(y) == column;
            if (!is_over &&
                (tmpl_yaml_wrong(y, tmpl_yaml_pos(y, y->at),
                                 "YAML not well-formed: a line of a list without its dash") ||
                 pass_over(y, column) || next_line_of(y, column, outer, &is_over)))
                return YAML_OVER;
        }
    }
    if (tmpl_build_close(y->b, node, base))
        return YAML_OVER;
    node->end = node->members[node->n - 1].value->end;
    *ret = node;
    return 0;
}

/* A key of a block and its colon. *ret_none: there is none, mending. */
static int read_key(struct yaml *y, str *ret, struct tmpl_pos *ret_at, bool *ret_none) {
    uint32_t line = y->line;
    size_t from = y->at, end;
    bool is_quoted = y->p[y->at] == '"' || y->p[y->at] == '\'';
    *ret_at = tmpl_yaml_pos(y, y->at);
    *ret_none = true;
    if (is_quoted) {
        if (tmpl_yaml_quoted(y, ret))
            return YAML_OVER;
        while (y->p[y->at] == ' ')
            y->at++;
    } else if (tmpl_yaml_may_begin_plain(y->p + y->at, false)) {
        if (tmpl_yaml_plain_line(y, false, &end))
            return YAML_OVER;
        *ret = arena_str(y->b->arena, str_n(y->p + from, end - from));
    }
    if (y->at > from && y->line == line && y->p[y->at] == ':' && yaml_is_blankz(y->p[y->at + 1])) {
        *ret_none = false;
        y->at++;
        return y->at - from > 1000 ? yaml_unsure(y) : 0;
    }
    return 0;
}

static int no_key(struct yaml *y, struct tmpl_pos at, int column) {
    char c = y->p[y->at];
    if (c == '?' || c == '%' || c == '!' || c == '&')
        return yaml_unsure(y);
    return tmpl_yaml_wrong(
               y, at,
               c == '*' ? "YAML aliases are not allowed in CloudFormation templates"
               : yaml_is_dash(y)
                   ? "YAML not well-formed: a dash among the keys of a map"
                   : "YAML not well-formed: a key, a colon and a space were expected") ||
           pass_over(y, column);
}

static int read_member(struct yaml *y, int column) {
    struct tmpl_node *value;
    struct tmpl_pos key_at;
    str key;
    bool is_none;
    size_t from = y->at;
    if (read_key(y, &key, &key_at, &is_none))
        return YAML_OVER;
    if (is_none) {
        y->at = y->p[from] == '"' || y->p[from] == '\'' ? y->at : from;
        return no_key(y, key_at, column);
    }
    bool is_merge = str_is(key, "<<") && y->p[from] == '<';
    if (is_merge && tmpl_yaml_wrong(y, key_at, YAML_MERGE))
        return YAML_OVER;
    if (read_below(y, column, YAML_MAY_DASH, tmpl_yaml_pos(y, y->at), &value))
        return YAML_OVER;
    if (!is_merge)
        tmpl_build_push(y->b, key, key_at, value);
    return 0;
}

static int read_map(struct yaml *y, int column, int outer, struct tmpl_pos start,
                    struct tmpl_node **ret) {
    struct tmpl_node *node = tmpl_build_node(y->b, TMPL_MAP, start);
    size_t base = y->b->n;
    bool is_over = false;
    if (!node || tmpl_build_open(y->b, start))
        return YAML_OVER;
    while (!is_over)
        if (read_member(y, column) || next_line_of(y, column, outer, &is_over))
            return YAML_OVER;
    if (tmpl_build_close(y->b, node, base))
        return YAML_OVER;
    node->end = node->n ? node->members[node->n - 1].value->end : start;
    *ret = node;
    return 0;
}

/* ---- Nodes ---- */

static int read_tagged(struct yaml *y, int indent, unsigned may, struct tmpl_pos start,
                       struct tmpl_node **ret) {
    const char *key;
    uint32_t line = y->line;
    if (tmpl_yaml_read_tag(y, &key) || tmpl_yaml_skip(y, false))
        return YAML_OVER;
    int column = tmpl_yaml_column(y);
    bool is_below = y->line != line;
    bool is_own_list = (may & YAML_MAY_DASH) && column == indent && yaml_is_dash(y);
    char c = y->p[y->at];
    if (tmpl_yaml_at_end(y) || (is_below && column <= indent && !is_own_list)) {
        if (!yaml_is_mending(y) || tmpl_yaml_read_empty(y, start, ret))
            return yaml_unsure(y);
    } else {
        if (c == '!' || c == '&')
            return yaml_unsure(y);
        if (tmpl_yaml_read_node(y, indent, is_below ? YAML_MAY_BLOCK : 0, start, ret))
            return YAML_OVER;
    }
    return key ? yaml_made(*ret = tmpl_yaml_wrap(y->b, key, *ret)) : 0;
}

/* A scalar, or the map whose first key it is. */
static int read_scalar_or_map(struct yaml *y, int indent, unsigned may, struct tmpl_pos start,
                              struct tmpl_node **ret) {
    const struct yaml_mark before = yaml_mark(y);
    struct tmpl_pos key_at;
    bool is_none = true;
    str key;
    if ((may & YAML_MAY_BLOCK) && read_key(y, &key, &key_at, &is_none))
        return YAML_OVER;
    yaml_go_back(y, before);
    if (!is_none)
        return read_map(y, tmpl_yaml_column(y), indent, start, ret);
    bool is_quoted = y->p[y->at] == '"' || y->p[y->at] == '\'';
    return (is_quoted ? tmpl_yaml_read_quoted(y, start, ret)
                      : tmpl_yaml_read_plain(y, false, indent, start, ret)) ||
           end_line(y);
}

int tmpl_yaml_read_node(struct yaml *y, int indent, unsigned may, struct tmpl_pos start,
                        struct tmpl_node **ret) {
    char c = y->p[y->at];
    if (yaml_is_dash(y) && (may & YAML_MAY_BLOCK)) {
        int column = tmpl_yaml_column(y);
        return read_list(y, column, column == indent ? column - 1 : indent, start, ret);
    }
    if (c == '!')
        return read_tagged(y, indent, may, start, ret);
    if (c == '[' || c == '{')
        return tmpl_yaml_read_flow(y, indent, start, ret) || end_line(y);
    if (c == '|' || c == '>')
        return tmpl_yaml_read_block_text(y, indent, start, ret);
    if (c == '"' || c == '\'' || tmpl_yaml_may_begin_plain(y->p + y->at, false))
        return read_scalar_or_map(y, indent, may, start, ret);
    if (!yaml_is_mending(y) || c == '?' || c == '%')
        return yaml_unsure(y);
    if (c == '*')
        return tmpl_yaml_read_alias(y, start, ret) || end_line(y);
    if (c == '&')
        return tmpl_yaml_pass_name(y, "anchors") ||
               read_below(y, indent, YAML_MAY_DASH, start, ret);
    return tmpl_yaml_wrong(y, start, "YAML not well-formed: a value cannot begin with %.1s",
                           y->p + y->at) ||
           pass_over(y, indent) || tmpl_yaml_read_empty(y, start, ret);
}
