/* audit/fix: writes values in brackets: JSON, and flow YAML. */
#include "audit/fix_priv.h"

#include "base/ascii.h"
#include "base/json.h"

static const struct flow_style on_a_line = {.colon_blank = true, .comma_blank = true};

/* The bracket of a last element says more of a list than its own does. */
static const struct tmpl_node *speaker_of(const struct fixer *x, const struct tmpl_node *node) {
    const struct tmpl_node *last = node->members[node->n - 1].value;
    return node->kind == TMPL_LIST && last->kind == TMPL_MAP && last->n && !last->short_form &&
                   audit_fixer_is_flow(x, last)
               ? last
               : node;
}

static void look_at_marks(const struct fixer *x, const struct tmpl_node *node,
                          struct flow_style *s) {
    const char *p = x->file->text.p;
    const struct tmpl_node *speaker = speaker_of(x, node);
    size_t open = audit_fixer_content(x, speaker),
           key = audit_offset(x->file, speaker->members[0].key_at),
           value = audit_offset(x->file, speaker->members[0].value->start),
           last = audit_offset(x->file, node->members[node->n - 1].key_at);
    s->is_quoted = p[key] == '"';
    s->has_pad = audit_fixer_is_blank(p[open + 1]);
    s->colon_blank = speaker->kind == TMPL_MAP ? audit_fixer_is_space(p[value - 1])
                                               : !x->style.is_json || x->style.colon_blank;
    s->comma_blank = node->n > 1 ? audit_fixer_is_space(p[last - 1]) : s->colon_blank;
}

struct flow_style audit_fixer_flow_style(const struct fixer *x, const struct tmpl_node *node) {
    const struct tmpl_member *member = &node->members[node->n - 1];
    size_t last = audit_offset(x->file, member->key_at), line = audit_fixer_line(x, last),
           indent = audit_fixer_indent(x, last);
    struct flow_style s = {
        .is_lines = node->members[0].key_at.line != node->start.line && indent == last,
        .is_flat = member->value->n > 1 && member->value->start.line == member->value->end.line,
        .indent = str_slice(x->file->text, line, indent),
    };
    look_at_marks(x, node, &s);
    return s;
}

/* A function of a word, or a collection of one word: what people write on a line. */
static bool is_small(const struct fix_value *v) {
    if (v->n != 1)
        return false;
    const struct fix_value *inner = v->members[0].value;
    return inner->kind != TMPL_MAP && inner->n <= 2 && (inner->n == 0 || v->dotted.p);
}

void audit_fixer_put_flow_key(struct buf *out, str key, const struct flow_style *style) {
    audit_fixer_put_key(out, key, style->is_quoted ? '"' : '\0');
    buf_c(out, style->colon_blank ? ": " : ":");
}

static void put_scalar(const struct fixer *x, struct buf *out, const struct fix_value *v,
                       const struct flow_style *style) {
    audit_fixer_put_scalar(out, v, true, style->is_quoted || x->style.is_json);
}

static void put_line_start(struct buf *out, str indent) {
    buf_char(out, '\n');
    buf_str(out, indent);
}

static void put_members(const struct fixer *x, struct buf *out, const struct fix_value *v,
                        const struct flow_style *style) {
    for (size_t i = 0; i < v->n; i++) {
        if (i)
            buf_c(out, style->comma_blank && !style->is_lines ? ", " : ",");
        if (style->is_lines)
            put_line_start(out, style->indent);
        if (v->kind == TMPL_MAP)
            audit_fixer_put_flow_key(out, v->members[i].key, style);
        audit_fixer_put_flow(x, out, v->members[i].value, style);
    }
}

void audit_fixer_put_flow(const struct fixer *x, struct buf *out, const struct fix_value *v,
                          const struct flow_style *style) {
    bool is_collection = v->kind == TMPL_MAP || v->kind == TMPL_LIST;
    if (!is_collection) {
        put_scalar(x, out, v, style);
        return;
    }
    if (v->short_form && !x->style.is_long && !x->style.is_json) {
        buf_printf(out, "!" STR_FMT " ", STR_ARG(audit_fixer_tag(v)));
        if (v->dotted.p)
            buf_str(out, v->dotted);
        else
            audit_fixer_put_flow(x, out, v->members[0].value, style);
        return;
    }
    struct flow_style inner = *style;
    CLEANUP_DEINIT(buf) struct buf indent = {0};
    inner.is_lines =
        style->is_lines && !style->is_flat && v->n && !(is_small(v) && x->style.has_inline);
    if (inner.is_lines) {
        buf_str(&indent, style->indent);
        buf_str(&indent, x->style.flow_unit);
        inner.indent = buf_view(&indent);
    }
    bool has_pad = inner.has_pad && !inner.is_lines && v->kind == TMPL_MAP && v->n;
    buf_c(out, v->kind == TMPL_MAP ? "{" : "[");
    buf_c(out, has_pad ? " " : "");
    put_members(x, out, v, &inner);
    if (inner.is_lines)
        put_line_start(out, style->indent);
    buf_c(out, has_pad ? " " : "");
    buf_c(out, v->kind == TMPL_MAP ? "}" : "]");
}

void audit_fixer_put_line(const struct fixer *x, struct buf *out, const struct fix_value *v) {
    if (v->kind == TMPL_MAP || v->kind == TMPL_LIST)
        audit_fixer_put_flow(x, out, v, &on_a_line);
    else
        audit_fixer_put_scalar(out, v, false, false);
}

str audit_fixer_tag(const struct fix_value *v) {
    str key = v->members[0].key;
    return str_starts(key, S("Fn::")) ? str_skip(key, 4) : key;
}
