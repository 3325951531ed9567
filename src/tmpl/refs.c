/* Every reference below a node. The walk is recursive; the tree is at most TMPL_MAX_DEPTH deep
 * (twice that with short tags). */
#include "tmpl/model.h"

struct walk {
    int (*fn)(void *ctx, const struct tmpl_reference *ref);
    void *ctx;
    const struct tmpl_way *way;
};

static int walk_node(const struct walk *w, const struct tmpl_node *node);

static int report(const struct walk *w, enum tmpl_ref_kind kind, str name, str attribute,
                  const struct tmpl_node *node) {
    struct tmpl_reference ref = {kind, name, attribute, node->start, node, w->way};
    return w->fn(w->ctx, &ref);
}

static int walk_members(const struct walk *w, const struct tmpl_node *node) {
    for (size_t i = 0; i < node->n; i++) {
        int r = walk_node(w, node->members[i].value);
        if (r)
            return r;
    }
    return 0;
}

static int walk_get_att(const struct walk *w, const struct tmpl_node *value) {
    str name, attribute;
    if (value->kind == TMPL_STRING && str_cut(value->text, '.', &name, &attribute))
        return report(w, TMPL_GET_ATT, name, attribute, value);
    if (value->kind == TMPL_LIST && value->n >= 1 && value->members[0].value->kind == TMPL_STRING) {
        const struct tmpl_node *first = value->members[0].value;
        int r = report(w, TMPL_GET_ATT, first->text,
                       value->n == 2 ? tmpl_text(value->members[1].value) : STR_NONE, first);
        return r ? r : walk_members(w, value);
    }
    return 0;
}

static int walk_sub(const struct walk *w, const struct tmpl_node *value) {
    const struct tmpl_node *text = value, *own = NULL;
    if (value->kind == TMPL_LIST && value->n == 2) {
        text = value->members[0].value;
        own = value->members[1].value;
        int r = walk_node(w, own);
        if (r)
            return r;
    }
    if (text->kind != TMPL_STRING)
        return 0;
    str piece;
    size_t at = 0;
    for (enum tmpl_sub what; (what = tmpl_sub_next(text->text, &at, &piece)) != TMPL_SUB_END;) {
        if (what != TMPL_SUB_NAME || tmpl_member(own, piece))
            continue;
        str name, attribute;
        bool is_att = str_cut(piece, '.', &name, &attribute);
        int r = report(w, is_att ? TMPL_GET_ATT : TMPL_REF, name, attribute, text);
        if (r)
            return r;
    }
    return 0;
}

/* [condition, value, value] */
static int walk_if(const struct walk *w, const struct tmpl_node *value) {
    const struct tmpl_node *condition = value->members[0].value;
    int r = report(w, TMPL_CONDITION, condition->text, STR_NONE, condition);
    for (size_t i = 1; i < value->n && !r; i++) {
        const struct tmpl_way way = {w->way, condition->text, i == 1};
        const struct walk within = {w->fn, w->ctx, &way};
        r = walk_node(&within, value->members[i].value);
    }
    return r;
}

static int walk_node(const struct walk *w, const struct tmpl_node *node) {
    const struct tmpl_member *f = tmpl_function(node);
    if (!f)
        return walk_members(w, node);
    const struct tmpl_node *value = f->value;
    if (str_is(f->key, "Ref") || str_is(f->key, "Condition"))
        return value->kind != TMPL_STRING
                   ? 0
                   : report(w, str_is(f->key, "Ref") ? TMPL_REF : TMPL_CONDITION, value->text,
                            STR_NONE, value);
    if (str_is(f->key, "Fn::GetAtt"))
        return walk_get_att(w, value);
    if (str_is(f->key, "Fn::Sub"))
        return walk_sub(w, value);
    if (str_is(f->key, "Fn::If") && value->kind == TMPL_LIST && value->n &&
        value->members[0].value->kind == TMPL_STRING)
        return walk_if(w, value);
    return walk_node(w, value);
}

int tmpl_each_reference(const struct tmpl_node *node,
                        int (*fn)(void *ctx, const struct tmpl_reference *ref), void *ctx) {
    struct walk w = {fn, ctx, NULL};
    return node ? walk_node(&w, node) : 0;
}
