/* The functions that make values from values. Wordings are CloudFormation's. */
#include "tmpl/eval_priv.h"

#include "base/codec.h"

#define FAIL(run, node, ...) tmpl_fail((run)->fault, (node)->start, __VA_ARGS__)

static bool may_be_list(const json_t *value) {
    return json_is_string(value) && str_is(json_text(value), TMPL_UNKNOWN_ANY);
}

int eval_join(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    static const char complaint[] =
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a "
        "list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) "
        "to be joined.";
    if (value->kind != TMPL_LIST || value->n != 2 || !tmpl_text(eval_arg(value, 0)).p)
        return FAIL(run, value, complaint);
    str delimiter = tmpl_text(eval_arg(value, 0));
    CLEANUP_JSON json_t *list = NULL;
    if (eval_node(run, eval_arg(value, 1), &list))
        return TMPL_E_TEMPLATE;
    if (may_be_list(list)) {
        *ret = json_string(TMPL_UNKNOWN);
        return 0;
    }
    if (!json_is_array(list))
        return FAIL(run, value, complaint);
    CLEANUP_DEINIT(buf) struct buf out = {0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        size_t before = out.len;
        if (i)
            buf_str(&out, delimiter);
        if (!eval_text(json_array_get(list, i), &out))
            return FAIL(run, value, complaint);
        if (out.len > TMPL_MAX_VALUE || eval_spend(run, value, out.len - before))
            return FAIL(run, value, "Template error: the value grows too large");
    }
    *ret = eval_string(&out);
    return 0;
}

int eval_select(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    static const char complaint[] =
        "Template error: Fn::Select requires a list argument with two elements: "
        "an integer index and a list";
    if (value->kind != TMPL_LIST || value->n != 2)
        return FAIL(run, value, complaint);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_JSON json_t *list = NULL;
    uint64_t index;
    if (eval_to_text(run, eval_arg(value, 0), complaint, &text) ||
        eval_node(run, eval_arg(value, 1), &list))
        return TMPL_E_TEMPLATE;
    if (!str_to_u64(buf_view(&text), &index) || (!json_is_array(list) && !may_be_list(list)))
        return FAIL(run, value, complaint);
    if (index >= json_array_size(list) && tmpl_is_unknown(list)) {
        *ret = json_string(TMPL_UNKNOWN);
        return 0;
    }
    if (index >= json_array_size(list))
        return FAIL(run, value,
                    "Template error: Fn::Select cannot select nonexistent value at index %s",
                    buf_cstr(&text));
    *ret = json_incref(json_array_get(list, index));
    return 0;
}

int eval_split(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    static const char complaint[] =
        "Template error: every Fn::Split object requires two parameters, (1) a "
        "string delimiter and (2) a string to be split or a function that "
        "returns a string to be split.";
    if (value->kind != TMPL_LIST || value->n != 2 || !tmpl_text(eval_arg(value, 0)).len)
        return FAIL(run, value, complaint);
    str delimiter = tmpl_text(eval_arg(value, 0));
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (eval_to_text(run, eval_arg(value, 1), complaint, &text))
        return TMPL_E_TEMPLATE;
    json_t *list = json_array();
    str rest = buf_view(&text);
    for (ptrdiff_t at; (at = str_find(rest, delimiter)) >= 0;
         rest = str_skip(rest, (size_t)at + delimiter.len))
        json_push_str(list, str_slice(rest, 0, (size_t)at));
    json_push_str(list, rest);
    *ret = list;
    return 0;
}

int eval_if(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    if (value->kind != TMPL_LIST || value->n != 3 || eval_arg(value, 0)->kind != TMPL_STRING)
        return FAIL(run, value,
                    "Template error: Fn::If requires a list argument with three elements");
    bool holds;
    if (run->in_conditions) {
        struct tmpl_member named = {S("Condition"), eval_arg(value, 0)->start,
                                    (struct tmpl_node *)eval_arg(value, 0)};
        struct tmpl_node node = {.kind = TMPL_MAP,
                                 .start = named.key_at,
                                 .members = &named,
                                 .n = 1};
        if (eval_truth(run, &node, &holds))
            return TMPL_E_TEMPLATE;
    } else {
        holds = tmpl_condition_holds(run->scope, eval_arg(value, 0)->text);
    }
    return eval_node(run, eval_arg(value, holds ? 1 : 2), ret);
}

int eval_find_in_map(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    static const char complaint[] =
        "Template error: every Fn::FindInMap object requires three parameters, "
        "the map name, map key and the attribute for return value";
    if (value->kind != TMPL_LIST || value->n != 3)
        return FAIL(run, value, complaint);
    struct buf names[3] = {{0}};
    const struct tmpl_node *at = run->scope->model->mappings;
    int r = 0;
    for (size_t i = 0; i < 3 && !r; i++)
        r = eval_to_text(run, eval_arg(value, i), complaint, &names[i]);
    if (!r && !tmpl_member(at, buf_view(&names[0])))
        r = FAIL(
            run, value,
            "Template error: Mapping named '%s' is not present in the 'Mappings' section of template.",
            buf_cstr(&names[0]));
    for (size_t i = 0; i < 3 && !r; i++) {
        const struct tmpl_member *m = tmpl_member(at, buf_view(&names[i]));
        at = m ? m->value : NULL;
        if (!m)
            r = FAIL(run, value, "Template error: Unable to get mapping for %s::%s::%s",
                     buf_cstr(&names[0]), buf_cstr(&names[1]), buf_cstr(&names[2]));
    }
    for (size_t i = 0; i < 3; i++)
        buf_deinit(&names[i]);
    return r ? r : eval_node(run, at, ret);
}

int eval_base64(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_DEINIT(buf) struct buf coded = {0};
    if (eval_to_text(run, value,
                     "Template error: every Fn::Base64 object must have a String-typed value.",
                     &text))
        return TMPL_E_TEMPLATE;
    codec_add_base64(&coded, text.p ? text.p : "", text.len);
    if (eval_spend(run, value, coded.len))
        return TMPL_E_TEMPLATE;
    *ret = eval_string(&coded);
    return 0;
}

int eval_get_azs(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    CLEANUP_DEINIT(buf) struct buf region = {0};
    if (eval_to_text(run, value, "Template error: Fn::GetAZs requires a region name", &region))
        return TMPL_E_TEMPLATE;
    str name = region.len ? buf_view(&region) : run->scope->region;
    json_t *list = json_array();
    for (const char *zone = "abc"; *zone; zone++)
        json_array_append_new(list, json_sprintf(STR_FMT "%c", STR_ARG(name), *zone));
    *ret = list;
    return 0;
}

int eval_import_value(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    if (eval_to_text(run, value,
                     "Template error: Fn::ImportValue requires a String-typed export name", &name))
        return TMPL_E_TEMPLATE;
    if (!run->scope->import || run->in_conditions)
        return FAIL(run, value, "Template error: Cannot use Fn::ImportValue in Conditions.");
    struct err why = {{0}};
    if (run->scope->import(run->scope->ctx, buf_view(&name), ret, &why))
        return FAIL(run, value, "%s", why.text);
    return 0;
}
