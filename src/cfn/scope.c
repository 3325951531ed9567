/* What a template's references mean in a run: rows, exports. */
#include "cfn/plan.h"
#include "cfn/run.h"

#include <errno.h>

static int hook_ref(void *ctx, const struct tmpl_resource *resource, json_t **ret,
                    struct err *err) {
    const struct cfn_run *run = ctx;
    const struct cfn_resource *made = cfn_resource_find(&run->resources, resource->name);
    if (!made || !made->now.physical.p)
        return err_set(err, TMPL_E_TEMPLATE, "Unresolved resource dependencies [" STR_FMT "]",
                       STR_ARG(resource->name));
    *ret = json_of_str(made->now.physical);
    return 0;
}

static int hook_get_att(void *ctx, const struct tmpl_resource *resource, str attribute,
                        json_t **ret, struct err *err) {
    const struct cfn_run *run = ctx;
    const struct cfn_resource *made = cfn_resource_find(&run->resources, resource->name);
    const json_t *value =
        made ? json_object_getn(made->now.attributes, attribute.p, attribute.len) : NULL;
    if (!value && tmpl_is_custom(resource->type))
        return err_set(err, TMPL_E_TEMPLATE,
                       "CustomResource attribute error: Vendor response doesn't contain " STR_FMT
                       " attribute in object " STR_FMT "|" STR_FMT "|" STR_FMT,
                       STR_ARG(attribute), STR_ARG(run->stack.id), STR_ARG(resource->name),
                       STR_ARG(json_str(made ? made->task.notes : NULL, "RequestId")));
    if (!value)
        return err_set(err, TMPL_E_TEMPLATE,
                       "Requested attribute " STR_FMT " does not exist in schema for the resource",
                       STR_ARG(attribute));
    *ret = json_incref((json_t *)value);
    return 0;
}

int cfn_run_export(struct cfn_run *run, str name, struct cfn_export *ret) {
    cfn_key(&ret->row.key, "cfn-export", run->stack.place, name, STR_NONE);
    int r = cfn_get(&run->rows, &cfn_export_form, &run->arena, ret);
    return r == 0 || r == STORE_E_ABSENT || r < 0 ? r : -EBADMSG;
}

static int hook_import(void *ctx, str name, json_t **ret, struct err *err) {
    struct cfn_run *run = ctx;
    CLEANUP_DEINIT(cfn_export) struct cfn_export export = {0};
    if (cfn_run_export(run, name, &export))
        return err_set(err, TMPL_E_TEMPLATE, "No export named " STR_FMT " found.", STR_ARG(name));
    json_object_setn_new(run->imports, name.p, name.len, json_true());
    *ret = json_of_str(export.value);
    return 0;
}

void cfn_run_scope(struct cfn_run *run) {
    run->scope = (struct tmpl_scope){
        .model = run->model,
        .params = run->params,
        .account = run->stack.place.account,
        .region = run->stack.place.region,
        .stack_name = run->stack.name,
        .stack_id = run->stack.id,
        .ctx = run,
        .ref = hook_ref,
        .get_att = hook_get_att,
        .import = hook_import,
    };
}

/* ---- Tags ---- */

void cfn_merge_tags(const struct tmpl_type *type, const json_t *stack_tags, json_t *props) {
    if (!type->tag_property.p || !json_array_size(stack_tags))
        return;
    json_t *tags = json_arr(props, type->tag_property.p);
    if (!tags) {
        tags = json_array();
        json_set(props, type->tag_property.p, tags);
    }
    size_t i;
    json_t *tag;
    json_array_foreach (stack_tags, i, tag)
        if (!cfn_find_in(tags, "Key", json_str(tag, "Key")))
            json_array_append(tags, tag);
}

int cfn_run_properties(struct cfn_run *run, const struct tmpl_resource *resource, json_t **ret) {
    CLEANUP_JSON json_t *value = NULL;
    CLEANUP_JSON json_t *coerced = NULL;
    struct tmpl_fault fault = {{0}, {{0}}};
    const struct tmpl_type *type = tmpl_type_find(resource->type);
    if (resource->properties && tmpl_eval(&run->scope, resource->properties, &value, &fault)) {
        run->why = fault.why;
        return CFN_FAILED;
    }
    if (tmpl_type_coerce(type, value, &coerced, &run->why))
        return CFN_FAILED;
    *ret = json_deep_copy(coerced); /* parts of it may be shared with rows */
    cfn_merge_tags(type, run->stack.now.tags, *ret);
    return 0;
}

/* ---- Outputs ---- */

static int one_output(const struct tmpl_scope *scope, const struct tmpl_output *output,
                      json_t *list, struct err *why) {
    CLEANUP_JSON json_t *value = NULL;
    CLEANUP_JSON json_t *name = NULL;
    struct tmpl_fault fault = {{0}, {{0}}};
    if (tmpl_eval(scope, output->value, &value, &fault) ||
        (output->export_name && tmpl_eval(scope, output->export_name, &name, &fault)))
        return err_set(why, CFN_FAILED, "%s", fault.why.text);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (json_is_string(value))
        buf_str(&text, json_text(value));
    else if (json_is_number(value) || json_is_boolean(value))
        json_write(&text, value);
    else
        return err_set(
            why, CFN_FAILED,
            "Template format error: Output " STR_FMT
            " is malformed. The Value field of every Outputs member must evaluate to a String.",
            STR_ARG(output->name));
    json_t *one = json_object();
    json_set_str(one, "OutputKey", output->name);
    json_set_str(one, "OutputValue", buf_view(&text));
    json_set_str(one, "Description", output->description);
    json_set_str(one, "ExportName", json_text(name));
    json_array_append_new(list, one);
    return 0;
}

int cfn_outputs(const struct tmpl_scope *scope, json_t **ret, struct err *why) {
    CLEANUP_JSON json_t *list = json_array();
    for (size_t i = 0; i < scope->model->n_outputs; i++) {
        const struct tmpl_output *output = &scope->model->outputs[i];
        if (tmpl_condition_holds(scope, output->condition) && one_output(scope, output, list, why))
            return CFN_FAILED;
    }
    *ret = STEAL(list);
    return 0;
}
