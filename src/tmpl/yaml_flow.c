/*
 * tmpl/yaml_flow: our own YAML reader: collections in brackets. Recursion is bounded by
 * TMPL_MAX_DEPTH.
 */
#include "tmpl/yaml_priv.h"

#include "base/ascii.h"

static int read_flow_node(struct yaml *y, struct tmpl_node **ret);

/* Mending: a value that is left out is null. */
static bool is_nothing(const struct yaml *y) {
    return yaml_is_mending(y) && ascii_is_one_of(y->p[y->at], ",]}");
}

static bool looks_like_key(struct yaml *y) {
    size_t at = y->at;
    while (y->p[at] && !yaml_is_break(y->p[at]) && !ascii_is_one_of(y->p[at], "{}[],#"))
        if (y->p[at++] == ':' && yaml_is_blankz(y->p[at]))
            return true;
    return false;
}

/*
 * To the next token within brackets. Mending: where a line of the block around comes, the brackets that
 * opened at `open` were forgotten: *ret_broken.
 */
static int skip_in_flow(struct yaml *y, struct tmpl_pos open, bool *ret_broken) {
    uint32_t line = y->line;
    *ret_broken = y->is_flow_broken;
    if (*ret_broken)
        return 0;
    if (tmpl_yaml_skip(y, true))
        return YAML_OVER;
    bool is_end = tmpl_yaml_at_end(y);
    if (!is_end &&
        !(yaml_is_mending(y) && y->line != line && tmpl_yaml_column(y) <= y->flow_indent &&
          (yaml_is_dash(y) || looks_like_key(y))))
        return 0;
    *ret_broken = y->is_flow_broken = true;
    return tmpl_yaml_wrong(y, open, "YAML not well-formed: a bracket is not closed");
}

/* A key and its colon; *ret_bare: there is none, so that the value is null. */
static int read_flow_key(struct yaml *y, str *ret, struct tmpl_pos *ret_at, bool *ret_bare) {
    uint32_t line = y->line;
    size_t from = y->at, end;
    char c = y->p[y->at];
    *ret_at = tmpl_yaml_pos(y, y->at);
    *ret_bare = false;
    if (c == '"' || c == '\'') {
        if (tmpl_yaml_quoted(y, ret))
            return YAML_OVER;
    } else if (tmpl_yaml_may_begin_plain(y->p + y->at, true)) {
        if (tmpl_yaml_plain_line(y, true, &end))
            return YAML_OVER;
        *ret = arena_str(y->b->arena, str_n(y->p + from, end - from));
    } else {
        return yaml_unsure(y);
    }
    while (y->p[y->at] == ' ')
        y->at++;
    /* libyaml takes no key of more than 1,024 characters, and none over several lines. */
    if (y->line != line || yaml_is_break(y->p[y->at]) || y->at - from > 1000)
        return yaml_unsure(y);
    if (y->p[y->at] == ':') {
        y->at++;
        return 0;
    }
    *ret_bare = true;
    return yaml_is_mending(y) ? 0 : yaml_unsure(y);
}

static int read_flow_member(struct yaml *y, struct tmpl_node *node, struct tmpl_pos open) {
    str key = STR_NONE;
    struct tmpl_pos key_at = tmpl_yaml_pos(y, y->at);
    struct tmpl_node *value;
    bool is_bare = false, is_broken = false, is_merge = y->p[y->at] == '<';
    if (node->kind == TMPL_MAP && (read_flow_key(y, &key, &key_at, &is_bare) ||
                                   (!is_bare && skip_in_flow(y, open, &is_broken))))
        return YAML_OVER;
    is_merge &= str_is(key, "<<");
    if (is_merge && tmpl_yaml_wrong(y, key_at, YAML_MERGE))
        return YAML_OVER;
    is_bare |= node->kind == TMPL_MAP && is_nothing(y);
    if (is_bare || is_broken ? tmpl_yaml_read_empty(y, key_at, &value) : read_flow_node(y, &value))
        return YAML_OVER;
    if (!is_merge)
        tmpl_build_push(y->b, key, key_at, value);
    return 0;
}

/* Behind a member: a comma, or the closing bracket, which stays. */
static int read_comma(struct yaml *y, struct tmpl_pos open, bool *ret_broken) {
    if (skip_in_flow(y, open, ret_broken))
        return YAML_OVER;
    if (*ret_broken)
        return 0;
    char c = y->p[y->at];
    if (c == ',') {
        y->at++;
        return skip_in_flow(y, open, ret_broken);
    }
    if (c == ']' || c == '}')
        return 0;
    if (c == ':')
        return yaml_unsure(y);
    return tmpl_yaml_wrong(y, tmpl_yaml_pos(y, y->at),
                           "YAML not well-formed: a comma or a closing bracket is missing");
}

static int read_flow_members(struct yaml *y, struct tmpl_node *node, struct tmpl_pos open) {
    char closing = node->kind == TMPL_MAP ? '}' : ']';
    bool is_broken;
    y->at++;
    if (skip_in_flow(y, open, &is_broken))
        return YAML_OVER;
    while (!is_broken && y->p[y->at] != '}' && y->p[y->at] != ']') {
        size_t before = y->at;
        if (read_flow_member(y, node, open) || read_comma(y, open, &is_broken))
            return YAML_OVER;
        y->at += y->at == before && !is_broken; /* mending */
    }
    if (is_broken)
        return 0;
    if (y->p[y->at] != closing &&
        tmpl_yaml_wrong(y, tmpl_yaml_pos(y, y->at),
                        "YAML not well-formed: a bracket of the other kind closes"))
        return YAML_OVER;
    y->at++;
    return 0;
}

static int read_flow(struct yaml *y, struct tmpl_pos start, struct tmpl_node **ret) {
    struct tmpl_pos open = tmpl_yaml_pos(y, y->at);
    struct tmpl_node *node =
        tmpl_build_node(y->b, y->p[y->at] == '{' ? TMPL_MAP : TMPL_LIST, start);
    size_t base = y->b->n;
    if (!node || tmpl_build_open(y->b, start) || read_flow_members(y, node, open) ||
        tmpl_build_close(y->b, node, base))
        return YAML_OVER;
    node->end = tmpl_yaml_pos(y, y->at);
    *ret = node;
    return 0;
}

static int read_flow_tagged(struct yaml *y, struct tmpl_node **ret) {
    struct tmpl_pos start = tmpl_yaml_pos(y, y->at), open = start;
    const char *key;
    bool is_broken;
    if (tmpl_yaml_read_tag(y, &key) || skip_in_flow(y, open, &is_broken))
        return YAML_OVER;
    if (is_broken || is_nothing(y))
        return tmpl_yaml_read_unknown(y, start, ret);
    char c = y->p[y->at];
    if (c == '!' || c == '&' || c == '*')
        return yaml_unsure(y);
    if (read_flow_node(y, ret))
        return YAML_OVER;
    (*ret)->start = start;
    return key ? yaml_made(*ret = tmpl_yaml_wrap(y->b, key, *ret)) : 0;
}

static int read_flow_node(struct yaml *y, struct tmpl_node **ret) {
    struct tmpl_pos start = tmpl_yaml_pos(y, y->at);
    char c = y->p[y->at];
    if (c == '!')
        return read_flow_tagged(y, ret);
    if (c == '[' || c == '{')
        return read_flow(y, start, ret);
    if (c == '"' || c == '\'')
        return tmpl_yaml_read_quoted(y, start, ret);
    if (c == '*' && yaml_is_mending(y))
        return tmpl_yaml_read_alias(y, start, ret);
    if (tmpl_yaml_may_begin_plain(y->p + y->at, true))
        return tmpl_yaml_read_plain(y, true, -1, start, ret);
    if (!yaml_is_mending(y) || c == '?' || c == '&')
        return yaml_unsure(y);
    return tmpl_yaml_wrong(y, start, "YAML not well-formed: a value is missing") ||
           tmpl_yaml_read_empty(y, start, ret);
}

int tmpl_yaml_read_flow(struct yaml *y, int indent, struct tmpl_pos start, struct tmpl_node **ret) {
    y->flow_indent = indent;
    y->is_flow_broken = false;
    return read_flow(y, start, ret);
}
