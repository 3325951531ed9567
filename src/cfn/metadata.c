/*
 * cfn/metadata: a resource's Metadata attribute as DescribeStackResource tells it, with its references
 * resolved: cfn-init reads it there ("Metadata attribute", CloudFormation User Guide).
 */
#include "cfn/cfn_priv.h"
#include "cfn/change.h"

struct telling {
    struct rq *rq;
    const struct cfn_stack *stack;
    const struct cfn_list *resources;
};

/* What is not there yet has no id: its logical one stands for it. */
static int tell_ref(void *ctx, const struct tmpl_resource *r, json_t **ret, struct err *err) {
    (void)err;
    const struct telling *t = ctx;
    const struct cfn_resource *there = cfn_resource_find(t->resources, r->name);
    *ret = json_of_str(there && there->now.physical.len ? there->now.physical : r->name);
    return 0;
}

static int tell_attribute(void *ctx, const struct tmpl_resource *r, str attribute, json_t **ret,
                          struct err *err) {
    const struct telling *t = ctx;
    const struct cfn_resource *there = cfn_resource_find(t->resources, r->name);
    json_t *value =
        there ? json_object_getn(there->now.attributes, attribute.p, attribute.len) : NULL;
    *ret = json_incref(value);
    return value ? 0
                 : err_set(err, TMPL_E_TEMPLATE, STR_FMT " has no attribute " STR_FMT,
                           STR_ARG(r->name), STR_ARG(attribute));
}

static int tell_import(void *ctx, str name, json_t **ret, struct err *err) {
    const struct telling *t = ctx;
    CLEANUP_DEINIT(cfn_export) struct cfn_export export = {0};
    cfn_key(&export.row.key, "cfn-export", t->stack->place, name, STR_NONE);
    if (cfn_peek(rq_rows(t->rq), &cfn_export_form, &t->rq->arena, &export))
        return err_set(err, TMPL_E_TEMPLATE, "No export named " STR_FMT " found.", STR_ARG(name));
    *ret = json_of_str(export.value);
    return 0;
}

/* What cannot be resolved is told as the template writes it. */
static void write_resolved(const struct tmpl_scope *scope, const struct tmpl_node *node,
                           struct buf *out) {
    CLEANUP_JSON json_t *value = NULL;
    if (tmpl_eval(scope, node, &value, NULL) == 0 && value)
        json_write(out, value);
    else
        tmpl_dump(out, node);
}

void cfn_add_metadata(struct rq *rq, const struct cfn_stack *stack,
                      const struct cfn_list *resources, str name, json_t *out) {
    CLEANUP_DEINIT(cfn_before) struct cfn_before now = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct telling t = {rq, stack, resources};
    cfn_before_read(rq_rows(rq), stack, &now);
    const struct tmpl_resource *r = now.model ? tmpl_find_resource(now.model, name) : NULL;
    const struct tmpl_node *node = r ? tmpl_get(r->body, "Metadata") : NULL;
    if (!node)
        return;
    struct tmpl_scope scope = now.scope;
    scope.ctx = &t;
    scope.ref = tell_ref;
    scope.get_att = tell_attribute;
    scope.import = tell_import;
    write_resolved(&scope, node, &text);
    json_set_str(out, "Metadata", buf_view(&text));
}
