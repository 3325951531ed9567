/* tmpl/yaml_node: our own YAML reader: scalars as nodes, tags, and what stands for nothing. */
#include "tmpl/yaml_priv.h"

#include "base/ascii.h"

static struct tmpl_node *new_scalar(struct yaml *y, struct tmpl_pos start, struct tmpl_pos end) {
    struct tmpl_node *node = tmpl_build_node(y->b, TMPL_STRING, start);
    if (node)
        node->end = end;
    return node;
}

int tmpl_yaml_read_empty(struct yaml *y, struct tmpl_pos at, struct tmpl_node **ret) {
    *ret = new_scalar(y, at, at);
    if (*ret)
        tmpl_type_plain(*ret, S(""));
    return yaml_made(*ret);
}

/* What an alias or another thing that nobody can know stands for: a function that is none. */
int tmpl_yaml_read_unknown(struct yaml *y, struct tmpl_pos at, struct tmpl_node **ret) {
    return tmpl_yaml_read_empty(y, at, ret) ||
           yaml_made(*ret = tmpl_yaml_wrap(y->b, "Fn::Unknown", *ret));
}

/* ---- Scalars ---- */

bool tmpl_yaml_may_begin_plain(const char *p, bool is_flow) {
    if (*p == '-')
        return !yaml_is_blankz(p[1]) && !(is_flow && ascii_is_one_of(p[1], ",[]{}?:"));
    if (*p == '?' || *p == ':')
        return !is_flow && !yaml_is_blankz(p[1]);
    return !ascii_is_one_of(*p, ",[]{}#&*!|>'\"%@`") && *p;
}

int tmpl_yaml_read_plain(struct yaml *y, bool is_flow, int indent, struct tmpl_pos start,
                         struct tmpl_node **ret) {
    struct tmpl_pos end;
    str text;
    if (tmpl_yaml_plain(y, is_flow, indent + 1, &text, &end) ||
        yaml_made(*ret = new_scalar(y, start, end)))
        return YAML_OVER;
    tmpl_type_plain(*ret, text);
    return 0;
}

int tmpl_yaml_read_quoted(struct yaml *y, struct tmpl_pos start, struct tmpl_node **ret) {
    str text;
    if (tmpl_yaml_quoted(y, &text) ||
        yaml_made(*ret = new_scalar(y, start, tmpl_yaml_pos(y, y->at))))
        return YAML_OVER;
    (*ret)->text = text;
    return 0;
}

int tmpl_yaml_read_block_text(struct yaml *y, int indent, struct tmpl_pos start,
                              struct tmpl_node **ret) {
    struct tmpl_pos end;
    str text;
    if (tmpl_yaml_block_scalar(y, indent, &text, &end) ||
        yaml_made(*ret = new_scalar(y, start, end)))
        return YAML_OVER;
    (*ret)->text = text;
    return 0;
}

/* ---- Tags, anchors, aliases ---- */

/* The next byte is "!". *ret: the long key; NULL: another tag, mending. */
int tmpl_yaml_read_tag(struct yaml *y, const char **ret) {
    size_t from = y->at++;
    while (ascii_is_alnum(y->p[y->at]) || ascii_is_one_of(y->p[y->at], ":_-."))
        y->at++;
    str tag = str_n(y->p + from, y->at - from);
    if (!yaml_is_blankz(y->p[y->at]) || tag.len == 1)
        return yaml_unsure(y);
    *ret = tmpl_yaml_long_key(tag);
    if (*ret || !yaml_is_mending(y))
        return *ret ? 0 : yaml_unsure(y);
    return tmpl_yaml_wrong(y, tmpl_yaml_pos(y, from), "the tag " STR_FMT " is not supported",
                           STR_ARG(tag));
}

/* The next byte is "*" or "&". */
int tmpl_yaml_pass_name(struct yaml *y, const char *what) {
    if (tmpl_yaml_wrong(y, tmpl_yaml_pos(y, y->at),
                        "YAML %s are not allowed in CloudFormation templates", what))
        return YAML_OVER;
    while (!yaml_is_blankz(y->p[y->at]) && !ascii_is_one_of(y->p[y->at], ",[]{}"))
        y->at++;
    return 0;
}

int tmpl_yaml_read_alias(struct yaml *y, struct tmpl_pos start, struct tmpl_node **ret) {
    return tmpl_yaml_pass_name(y, "aliases") || tmpl_yaml_read_unknown(y, start, ret);
}
