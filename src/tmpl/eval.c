/*
 * tmpl/eval: evaluates nodes: scalars, collections, references and Fn::Sub. The other functions
 * are in functions.c.
 */
#include "tmpl/eval_priv.h"

#include <errno.h>

enum { TOTAL_BUDGET = 16 << 20 };

static eval_fn eval_ref, eval_get_att, eval_sub;
static const struct eval_function functions[] = {
    {"Ref", eval_ref},
    {"Fn::GetAtt", eval_get_att},
    {"Fn::Sub", eval_sub},
    {"Fn::Join", eval_join},
    {"Fn::Select", eval_select},
    {"Fn::Split", eval_split},
    {"Fn::If", eval_if},
    {"Fn::FindInMap", eval_find_in_map},
    {"Fn::Base64", eval_base64},
    {"Fn::GetAZs", eval_get_azs},
    {"Fn::ImportValue", eval_import_value},
    {"Fn::Equals", eval_condition_function},
    {"Fn::And", eval_condition_function},
    {"Fn::Or", eval_condition_function},
    {"Fn::Not", eval_condition_function},
    {"Fn::Contains", eval_condition_function},
    {"Fn::EachMemberEquals", eval_condition_function},
    {"Fn::EachMemberIn", eval_condition_function},
};

/* ---- Text and budget ---- */

json_t *eval_string(const struct buf *text) { return json_of_str(buf_view(text)); }

bool eval_text(const json_t *value, struct buf *out) {
    if (json_is_string(value))
        buf_str(out, json_text(value));
    else if (json_is_boolean(value))
        buf_c(out, json_is_true(value) ? "true" : "false");
    else if (json_is_number(value))
        json_write(out, value);
    else
        return false;
    return true;
}

int eval_to_text(struct eval_run *run, const struct tmpl_node *node, const char *complaint,
                 struct buf *out) {
    CLEANUP_JSON json_t *value = NULL;
    if (eval_node(run, node, &value))
        return TMPL_E_TEMPLATE;
    if (!eval_text(value, out))
        return tmpl_fail(run->fault, node->start, "%s", complaint);
    return 0;
}

int eval_spend(struct eval_run *run, const struct tmpl_node *node, size_t n) {
    if (n > TMPL_MAX_VALUE || n > run->budget)
        return tmpl_fail(run->fault, node->start, "Template error: the value grows too large");
    run->budget -= n;
    return 0;
}

/* ---- Scalars and collections ---- */

static json_t *number_of(str text) {
    int64_t whole;
    if (str_to_i64(text, &whole))
        return json_integer(whole);
    char copy[64];
    size_t n = text.len < sizeof copy ? text.len : sizeof copy - 1;
    memcpy(copy, text.p, n);
    copy[n] = '\0';
    json_t *real = text.len < sizeof copy ? json_real(strtod(copy, NULL)) : NULL;
    return real ? real : json_of_str(text); /* beyond what JSON's numbers hold: as written */
}

static int refuse_dynamic(struct eval_run *run, const struct tmpl_node *node) {
    ptrdiff_t at = str_find(node->text, S("{{resolve:"));
    if (at < 0)
        return 0;
    str rest = str_skip(node->text, (size_t)at);
    ptrdiff_t close = str_find(rest, S("}}"));
    str name = close < 0 ? rest : str_slice(rest, 0, (size_t)close + 2);
    return tmpl_fail(run->fault, node->start,
                     "Template error: the dynamic reference " STR_FMT
                     " is not supported by calotype",
                     STR_ARG(name));
}

static int eval_scalar(struct eval_run *run, const struct tmpl_node *node, json_t **ret) {
    if (node->kind == TMPL_STRING && refuse_dynamic(run, node))
        return TMPL_E_TEMPLATE;
    if (eval_spend(run, node, node->text.len))
        return TMPL_E_TEMPLATE;
    *ret = node->kind == TMPL_STRING   ? json_of_str(node->text)
           : node->kind == TMPL_BOOL   ? json_boolean(node->truth)
           : node->kind == TMPL_NUMBER ? number_of(node->text)
                                       : json_null();
    return 0;
}

static int eval_collection(struct eval_run *run, const struct tmpl_node *node, json_t **ret) {
    bool is_map = node->kind == TMPL_MAP;
    CLEANUP_JSON json_t *all = is_map ? json_object() : json_array();
    for (size_t i = 0; i < node->n; i++) {
        json_t *one = NULL;
        if (eval_node(run, node->members[i].value, &one))
            return TMPL_E_TEMPLATE;
        if (!one)
            continue; /* AWS::NoValue */
        if (is_map)
            json_object_setn_new(all, node->members[i].key.p, node->members[i].key.len, one);
        else
            json_array_append_new(all, one);
    }
    *ret = STEAL(all);
    return 0;
}

/* The others that AWS has ("Intrinsic function reference", CloudFormation User Guide). */
static bool is_aws_function(str name) {
    static const char *const names[] = {"Fn::Cidr",         "Fn::GetStackOutput", "Fn::Length",
                                        "Fn::ToJsonString", "Fn::Transform",      "Fn::RefAll",
                                        "Fn::ValueOf",      "Fn::ValueOfAll"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is(name, names[i]))
            return true;
    return str_starts(name, S("Fn::ForEach::"));
}

static int eval_function(struct eval_run *run, const struct tmpl_member *f, json_t **ret) {
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (str_is(f->key, functions[i].name))
            return functions[i].run(run, f->value, ret);
    return tmpl_fail(run->fault, f->key_at,
                     is_aws_function(f->key)
                         ? "Template error: the function " STR_FMT " is not supported by calotype"
                         : "Template error: Encountered unsupported function: " STR_FMT,
                     STR_ARG(f->key));
}

int eval_node(struct eval_run *run, const struct tmpl_node *node, json_t **ret) {
    const struct tmpl_member *f = tmpl_function(node);
    if (f && !str_is(f->key, "Condition"))
        return eval_function(run, f, ret);
    if (node->kind == TMPL_MAP || node->kind == TMPL_LIST)
        return eval_collection(run, node, ret);
    return eval_scalar(run, node, ret);
}

int tmpl_eval(const struct tmpl_scope *scope, const struct tmpl_node *node, json_t **ret,
              struct tmpl_fault *reterr) {
    struct tmpl_fault mine = {{0}, {{0}}};
    struct eval_run run = {.scope = scope,
                           .fault = reterr ? reterr : &mine,
                           .budget = TOTAL_BUDGET};
    *run.fault = mine;
    return eval_node(&run, node, ret);
}

/* ---- References ---- */

/* The pseudo parameters that are texts; absent for the others. */
static str pseudo_text(const struct tmpl_scope *scope, str name) {
    const struct {
        const char *name;
        str value;
    } texts[] = {
        {"AWS::AccountId", scope->account},    {"AWS::Region", scope->region},
        {"AWS::StackName", scope->stack_name}, {"AWS::StackId", scope->stack_id},
        {"AWS::Partition", S("aws")},          {"AWS::URLSuffix", S("amazonaws.com")},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (str_is(name, texts[i].name))
            return texts[i].value.p ? texts[i].value : S("");
    return STR_NONE;
}

static int eval_pseudo(struct eval_run *run, str name, json_t **ret) {
    const json_t *arns = run->scope->notification_arns;
    str text = pseudo_text(run->scope, name);
    if (text.p)
        *ret = json_of_str(text);
    else if (str_is(name, "AWS::NotificationARNs"))
        *ret = arns ? json_incref((json_t *)arns) : json_array();
    else
        *ret = NULL; /* AWS::NoValue */
    return 0;
}

static int hook_answer(struct eval_run *run, const struct tmpl_node *node, int r,
                       const struct err *why) {
    return r == 0 ? 0 : tmpl_fail(run->fault, node->start, "%s", why->text);
}

static int ref_name(struct eval_run *run, const struct tmpl_node *node, str name, json_t **ret) {
    const struct tmpl_scope *scope = run->scope;
    if (tmpl_is_pseudo(name))
        return eval_pseudo(run, name, ret);
    const json_t *param = scope->params ? json_object_getn(scope->params, name.p, name.len) : NULL;
    if (param) {
        *ret = json_incref((json_t *)param);
        return eval_spend(run, node, json_is_string(param) ? json_string_length(param) : 0);
    }
    const struct tmpl_resource *resource = tmpl_find_resource(scope->model, name);
    if (!resource || !scope->ref || run->in_conditions)
        return tmpl_fail(run->fault, node->start,
                         "Template format error: Unresolved dependencies [" STR_FMT "]",
                         STR_ARG(name));
    struct err why = {{0}};
    return hook_answer(run, node, scope->ref(scope->ctx, resource, ret, &why), &why);
}

static int get_att(struct eval_run *run, const struct tmpl_node *node, str name, str attribute,
                   json_t **ret) {
    const struct tmpl_scope *scope = run->scope;
    const struct tmpl_resource *resource = tmpl_find_resource(scope->model, name);
    if (!resource || !scope->get_att || run->in_conditions)
        return tmpl_fail(
            run->fault, node->start,
            "Template error: instance of Fn::GetAtt references undefined resource " STR_FMT,
            STR_ARG(name));
    struct err why = {{0}};
    return hook_answer(run, node, scope->get_att(scope->ctx, resource, attribute, ret, &why), &why);
}

static int eval_ref(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    if (value->kind != TMPL_STRING)
        return tmpl_fail(run->fault, value->start,
                         "Template error: every Ref object must have a single String value.");
    return ref_name(run, value, value->text, ret);
}

static int eval_get_att(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    static const char complaint[] =
        "Template error: every Fn::GetAtt object requires two non-empty "
        "parameters, the resource name and the resource attribute";
    str name, attribute;
    if (value->kind == TMPL_STRING && str_cut(value->text, '.', &name, &attribute))
        return get_att(run, value, name, attribute, ret);
    if (value->kind != TMPL_LIST || value->n != 2 || eval_arg(value, 0)->kind != TMPL_STRING)
        return tmpl_fail(run->fault, value->start, complaint);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (eval_to_text(run, eval_arg(value, 1), complaint, &text))
        return TMPL_E_TEMPLATE;
    if (!text.len || !eval_arg(value, 0)->text.len)
        return tmpl_fail(run->fault, value->start, complaint);
    return get_att(run, value, eval_arg(value, 0)->text, buf_view(&text), ret);
}

/* ---- Fn::Sub ---- */

static int sub_name(struct eval_run *run, const struct tmpl_node *text, const struct tmpl_node *own,
                    str name, struct buf *out) {
    CLEANUP_JSON json_t *value = NULL;
    const struct tmpl_member *mine = tmpl_member(own, name);
    str resource, attribute;
    int r = mine ? eval_node(run, mine->value, &value)
            : str_cut(name, '.', &resource, &attribute)
                ? get_att(run, text, resource, attribute, &value)
                : ref_name(run, text, name, &value);
    if (r)
        return r;
    if (!eval_text(value, out))
        return tmpl_fail(run->fault, text->start,
                         "Template error: variable " STR_FMT
                         " in Fn::Sub expression does not resolve to a string",
                         STR_ARG(name));
    return 0;
}

static int eval_sub(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    const struct tmpl_node *text = value, *own = NULL;
    if (value->kind == TMPL_LIST && value->n == 2) {
        text = eval_arg(value, 0);
        own = eval_arg(value, 1);
    }
    if (text->kind != TMPL_STRING || (own && own->kind != TMPL_MAP))
        return tmpl_fail(
            run->fault, value->start,
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
            "arguments. Specify a string as first argument, and an optional second argument "
            "to specify a mapping of values to replace in the string");
    if (refuse_dynamic(run, text))
        return TMPL_E_TEMPLATE;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    str piece;
    size_t at = 0;
    for (enum tmpl_sub what; (what = tmpl_sub_next(text->text, &at, &piece)) != TMPL_SUB_END;) {
        size_t before = out.len;
        if (what == TMPL_SUB_BAD)
            return tmpl_fail(run->fault, text->start,
                             "Template error: variable names in Fn::Sub syntax must contain only "
                             "alphanumeric characters, underscores, periods, and colons");
        if (what == TMPL_SUB_TEXT)
            buf_str(&out, piece);
        else if (sub_name(run, text, own, piece, &out))
            return TMPL_E_TEMPLATE;
        if (out.len > TMPL_MAX_VALUE || eval_spend(run, text, out.len - before))
            return tmpl_fail(run->fault, text->start, "Template error: the value grows too large");
    }
    *ret = eval_string(&out);
    return 0;
}
