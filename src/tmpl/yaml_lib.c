/*
 * YAML by libyaml's events. The scanner never meets more than TMPL_MAX_DEPTH levels: the walk stops
 * at the event that opens one too many, before libyaml reads on.
 */
#include "tmpl/yaml_priv.h"

#include <yaml.h>

struct reader {
    struct tmpl_builder *b;
    yaml_parser_t parser;
    yaml_event_t event; /* the current one; owned */
};

static struct tmpl_pos pos_of(const struct reader *r, yaml_mark_t mark) {
    return (struct tmpl_pos){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1, r->b->file};
}

static int next_event(struct reader *r) {
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return 0;
    const char *problem = r->parser.problem ? r->parser.problem : "cannot be read";
    struct tmpl_pos at = pos_of(r, r->parser.problem_mark);
    return tmpl_fail(r->b->fault, at, "Template format error: YAML not well-formed: %s", problem);
}

static int refuse(struct reader *r, const char *what) {
    return tmpl_fail(r->b->fault, pos_of(r, r->event.start_mark), "Template format error: YAML %s",
                     what);
}

/* ---- Tags ---- */

static const char core_tag[] = "tag:yaml.org,2002:";

/* The long key of a tag; NULL and 0 for tags of YAML's own that change nothing. */
static int long_key(struct reader *r, const char *tag, const char **ret_key) {
    *ret_key = NULL;
    if (!tag || strcmp(tag, "!") == 0)
        return 0;
    *ret_key = tmpl_yaml_long_key(str_c(tag));
    if (*ret_key)
        return 0;
    static const char *const harmless[] = {"str", "int", "float", "bool", "map", "seq"};
    size_t prefix = strlen(core_tag);
    if (strncmp(tag, core_tag, prefix) == 0)
        for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
            if (strcmp(tag + prefix, harmless[i]) == 0)
                return 0;
    return tmpl_fail(r->b->fault, pos_of(r, r->event.start_mark),
                     "Template format error: the tag %.80s is not supported", tag);
}

/* ---- Nodes ---- */

static struct tmpl_node *read_node(struct reader *r);

/* YAML can write a NUL ("\\0"); AWS's APIs cannot carry one. */
static int refuse_nul(struct reader *r, str text) {
    return str_chr(text, '\0') < 0 ? 0 : refuse(r, "strings must not hold a NUL");
}

static struct tmpl_node *read_scalar(struct reader *r) {
    struct tmpl_node *node = tmpl_build_node(r->b, TMPL_STRING, pos_of(r, r->event.start_mark));
    if (!node)
        return NULL;
    node->end = pos_of(r, r->event.end_mark);
    str text =
        arena_str(r->b->arena, str_n(r->event.data.scalar.value, r->event.data.scalar.length));
    if (refuse_nul(r, text))
        return NULL;
    const char *tag = (const char *)r->event.data.scalar.tag;
    bool is_string = tag && (strcmp(tag, "!") == 0 || strcmp(tag, "tag:yaml.org,2002:str") == 0);
    if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !is_string)
        tmpl_type_plain(node, text);
    else
        node->text = text;
    return node;
}

/* The current event is a member's key. */
static int read_key(struct reader *r, str *ret_key, struct tmpl_pos *ret_at) {
    if (r->event.type == YAML_ALIAS_EVENT)
        return refuse(r, "aliases are not allowed in CloudFormation templates");
    if (r->event.type != YAML_SCALAR_EVENT)
        return refuse(r, "keys must be scalars");
    if (r->event.data.scalar.anchor)
        return refuse(r, "anchors are not allowed in CloudFormation templates");
    if (r->event.data.scalar.tag)
        return refuse(r, "keys must not be tagged");
    str key = str_n(r->event.data.scalar.value, r->event.data.scalar.length);
    if (str_is(key, "<<") && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return refuse(r, "merge keys are not allowed in CloudFormation templates");
    if (refuse_nul(r, key))
        return TMPL_E_TEMPLATE;
    *ret_key = arena_str(r->b->arena, key);
    *ret_at = pos_of(r, r->event.start_mark);
    return 0;
}

/* Reads members up to the closing event, which stays the current one. */
static int read_members(struct reader *r, struct tmpl_node *node, yaml_event_type_t closing) {
    for (;;) {
        if (next_event(r))
            return TMPL_E_TEMPLATE;
        if (r->event.type == closing)
            return 0;
        str key = STR_NONE;
        struct tmpl_pos key_at = pos_of(r, r->event.start_mark);
        if (node->kind == TMPL_MAP && (read_key(r, &key, &key_at) || next_event(r)))
            return TMPL_E_TEMPLATE;
        struct tmpl_node *value = read_node(r);
        if (!value)
            return TMPL_E_TEMPLATE;
        tmpl_build_push(r->b, key, key_at, value);
    }
}

static struct tmpl_node *read_collection(struct reader *r, enum tmpl_kind kind) {
    struct tmpl_pos start = pos_of(r, r->event.start_mark);
    bool flow = kind == TMPL_MAP ? r->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                                 : r->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    struct tmpl_node *node = tmpl_build_node(r->b, kind, start);
    size_t base = r->b->n;
    if (!node || tmpl_build_open(r->b, start) ||
        read_members(r, node, kind == TMPL_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT))
        return NULL;
    struct tmpl_pos end = pos_of(r, r->event.end_mark);
    if (tmpl_build_close(r->b, node, base))
        return NULL;
    /* A block ends for libyaml where the next token begins: we want where its last value ends. */
    node->end = flow || node->n == 0 ? end : node->members[node->n - 1].value->end;
    return node;
}

/* Reads the value that begins with the current event. NULL: the fault is set. */
static struct tmpl_node *read_node(struct reader *r) {
    const yaml_char_t *tag = NULL, *anchor = NULL;
    enum tmpl_kind kind = TMPL_STRING;
    if (r->event.type == YAML_SCALAR_EVENT) {
        tag = r->event.data.scalar.tag;
        anchor = r->event.data.scalar.anchor;
    } else if (r->event.type == YAML_SEQUENCE_START_EVENT) {
        tag = r->event.data.sequence_start.tag;
        anchor = r->event.data.sequence_start.anchor;
        kind = TMPL_LIST;
    } else if (r->event.type == YAML_MAPPING_START_EVENT) {
        tag = r->event.data.mapping_start.tag;
        anchor = r->event.data.mapping_start.anchor;
        kind = TMPL_MAP;
    } else {
        refuse(r, "aliases are not allowed in CloudFormation templates");
        return NULL;
    }
    if (anchor) {
        refuse(r, "anchors are not allowed in CloudFormation templates");
        return NULL;
    }
    const char *key;
    if (long_key(r, (const char *)tag, &key))
        return NULL;
    struct tmpl_node *node = kind == TMPL_STRING ? read_scalar(r) : read_collection(r, kind);
    return node && key ? tmpl_yaml_wrap(r->b, key, node) : node;
}

static int read_stream(struct reader *r, struct tmpl_node **ret) {
    if (next_event(r) || next_event(r)) /* stream start, document start */
        return TMPL_E_TEMPLATE;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return refuse(r, "is empty");
    if (next_event(r))
        return TMPL_E_TEMPLATE;
    struct tmpl_node *root = read_node(r);
    if (!root || next_event(r) || next_event(r)) /* document end, stream end */
        return TMPL_E_TEMPLATE;
    if (r->event.type != YAML_STREAM_END_EVENT)
        return refuse(r, "holds more than one document");
    *ret = root;
    return 0;
}

int tmpl_yaml_read_lib(struct tmpl_builder *b, str text, struct tmpl_node **ret) {
    struct reader reader = {.b = b};
    if (!yaml_parser_initialize(&reader.parser))
        abort(); /* out of memory */
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(text.p ? text.p : ""),
                                 text.len);
    int r = read_stream(&reader, ret);
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    return r;
}
