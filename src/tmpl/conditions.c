/* The Conditions and Rules sections, and the functions that are true or false. */
#include "tmpl/eval_priv.h"

#define FAIL(run, node, ...) tmpl_fail((run)->fault, (node)->start, __VA_ARGS__)

/* ---- Functions ---- */

static int truth_equals(struct eval_run *run, const struct tmpl_node *value, bool *ret) {
    if (value->kind != TMPL_LIST || value->n != 2)
        return FAIL(
            run, value,
            "Template error: every Fn::Equals object requires a list of 2 string parameters.");
    CLEANUP_JSON json_t *a = NULL;
    CLEANUP_JSON json_t *b = NULL;
    if (eval_node(run, eval_arg(value, 0), &a) || eval_node(run, eval_arg(value, 1), &b))
        return TMPL_E_TEMPLATE;
    CLEANUP_DEINIT(buf) struct buf left = {0};
    CLEANUP_DEINIT(buf) struct buf right = {0};
    if (eval_text(a, &left) && eval_text(b, &right))
        *ret = str_eq(buf_view(&left), buf_view(&right));
    else
        *ret = a && b && json_equal(a, b);
    return 0;
}

/* Fn::And and Fn::Or take two to ten conditions; all are evaluated, so that each is checked. */
static int truth_many(struct eval_run *run, const struct tmpl_node *value, bool is_and, bool *ret) {
    if (value->kind != TMPL_LIST || value->n < 2 || value->n > 10)
        return FAIL(
            run, value,
            "Template error: every Fn::%s object requires a list of at least 2 and at most 10 boolean parameters.",
            is_and ? "And" : "Or");
    *ret = is_and;
    for (size_t i = 0; i < value->n; i++) {
        bool one = false;
        if (eval_truth(run, eval_arg(value, i), &one))
            return TMPL_E_TEMPLATE;
        *ret = is_and ? *ret && one : *ret || one;
    }
    return 0;
}

static int truth_and(struct eval_run *run, const struct tmpl_node *value, bool *ret) {
    return truth_many(run, value, true, ret);
}
static int truth_or(struct eval_run *run, const struct tmpl_node *value, bool *ret) {
    return truth_many(run, value, false, ret);
}

static int truth_not(struct eval_run *run, const struct tmpl_node *value, bool *ret) {
    if (value->kind != TMPL_LIST || value->n != 1)
        return FAIL(run, value,
                    "Template error: every Fn::Not object requires one boolean parameter.");
    bool inner = false;
    if (eval_truth(run, eval_arg(value, 0), &inner))
        return TMPL_E_TEMPLATE;
    *ret = !inner;
    return 0;
}

static bool list_has(const json_t *list, const json_t *value) {
    CLEANUP_DEINIT(buf) struct buf wanted = {0};
    CLEANUP_DEINIT(buf) struct buf one = {0};
    bool found = false;
    eval_text(value, &wanted);
    for (size_t i = 0; i < json_array_size(list) && !found; i++) {
        buf_clear(&one);
        found =
            eval_text(json_array_get(list, i), &one) && str_eq(buf_view(&one), buf_view(&wanted));
    }
    return found;
}

/* [list, value or list]: Fn::Contains, Fn::EachMemberEquals and Fn::EachMemberIn of Rules. */
static int truth_members(struct eval_run *run, const struct tmpl_node *value, const char *name,
                         bool *ret) {
    CLEANUP_JSON json_t *both = NULL;
    if (value->kind != TMPL_LIST || value->n != 2)
        return FAIL(run, value, "Template error: every %s object requires two parameters.", name);
    if (eval_node(run, value, &both))
        return TMPL_E_TEMPLATE;
    const json_t *list = json_array_get(both, 0), *other = json_array_get(both, 1);
    if (!json_is_array(list))
        return FAIL(run, value, "Template error: the first parameter of %s must be a list.", name);
    if (strcmp(name, "Fn::Contains") == 0) {
        *ret = list_has(list, other);
        return 0;
    }
    *ret = true;
    for (size_t i = 0; i < json_array_size(list); i++) {
        CLEANUP_JSON json_t *single =
            json_is_array(other) ? json_incref((json_t *)other) : json_pack("[O]", other);
        *ret = *ret && list_has(single, json_array_get(list, i));
    }
    return 0;
}
static int truth_contains(struct eval_run *run, const struct tmpl_node *value, bool *ret) {
    return truth_members(run, value, "Fn::Contains", ret);
}
static int truth_each_equals(struct eval_run *run, const struct tmpl_node *value, bool *ret) {
    return truth_members(run, value, "Fn::EachMemberEquals", ret);
}
static int truth_each_in(struct eval_run *run, const struct tmpl_node *value, bool *ret) {
    return truth_members(run, value, "Fn::EachMemberIn", ret);
}

/* ---- Named conditions ---- */

static int truth_named(struct eval_run *run, const struct tmpl_node *value, bool *ret) {
    const struct tmpl_node *all = run->scope->model->conditions;
    const struct tmpl_member *m = tmpl_member(all, value->text);
    if (!m)
        return FAIL(run, value,
                    "Template format error: Unresolved condition dependency " STR_FMT
                    " in the Conditions block of the template",
                    STR_ARG(value->text));
    if (!run->done) {
        *ret = tmpl_condition_holds(run->scope, m->key);
        return 0;
    }
    const json_t *known = json_object_getn(run->done, m->key.p, m->key.len);
    if (known) {
        *ret = json_is_true(known);
        return 0;
    }
    size_t i = (size_t)(m - all->members);
    if (run->open[i])
        return tmpl_fail(run->fault, m->key_at,
                         "Circular dependency between conditions: [" STR_FMT "]", STR_ARG(m->key));
    run->open[i] = 1;
    if (eval_truth(run, m->value, ret))
        return TMPL_E_TEMPLATE;
    run->open[i] = 0;
    json_object_setn_new(run->done, m->key.p, m->key.len, json_boolean(*ret));
    return 0;
}

static const struct {
    const char *name;
    int (*run)(struct eval_run *run, const struct tmpl_node *value, bool *ret);
} truths[] = {
    {"Condition", truth_named},
    {"Fn::Equals", truth_equals},
    {"Fn::And", truth_and},
    {"Fn::Or", truth_or},
    {"Fn::Not", truth_not},
    {"Fn::Contains", truth_contains},
    {"Fn::EachMemberEquals", truth_each_equals},
    {"Fn::EachMemberIn", truth_each_in},
};

int eval_truth(struct eval_run *run, const struct tmpl_node *node, bool *ret) {
    const struct tmpl_member *f = tmpl_function(node);
    for (size_t i = 0; f && i < ARRAY_LEN(truths); i++)
        if (str_is(f->key, truths[i].name))
            return truths[i].run(run, f->value, ret);
    /* AWS accepts literal true and false, as booleans and as strings. */
    CLEANUP_JSON json_t *value = NULL;
    if (eval_node(run, node, &value))
        return TMPL_E_TEMPLATE;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    bool has = eval_text(value, &text);
    if (has && (str_is(buf_view(&text), "true") || str_is(buf_view(&text), "false"))) {
        *ret = str_is(buf_view(&text), "true");
        return 0;
    }
    return FAIL(
        run, node,
        "Template format error: Conditions can only be boolean operations on parameters and other conditions");
}

int eval_condition_function(struct eval_run *run, const struct tmpl_node *value, json_t **ret) {
    (void)ret;
    return FAIL(
        run, value,
        "Template error: condition functions may only be used in the Conditions and Rules sections");
}

/* ---- Sections ---- */

int tmpl_conditions(const struct tmpl_scope *scope, json_t **ret, struct tmpl_fault *reterr) {
    struct tmpl_fault mine = {{0}, {{0}}};
    const struct tmpl_node *all = scope->model->conditions;
    size_t n = all ? all->n : 0;
    CLEANUP_JSON json_t *done = json_object();
    CLEANUP_MEM unsigned char *open = mem_zalloc(n + 1);
    struct eval_run run = {scope, reterr ? reterr : &mine, TMPL_MAX_VALUE, true, done, open};
    *run.fault = mine;
    for (size_t i = 0; i < n; i++) {
        struct tmpl_node name = {.kind = TMPL_STRING,
                                 .start = all->members[i].key_at,
                                 .text = all->members[i].key};
        bool holds;
        if (truth_named(&run, &name, &holds))
            return TMPL_E_TEMPLATE;
    }
    *ret = STEAL(done);
    return 0;
}

bool tmpl_condition_holds(const struct tmpl_scope *scope, str name) {
    return !name.p || (scope->conditions &&
                       json_is_true(json_object_getn(scope->conditions, name.p, name.len)));
}

bool *tmpl_active_resources(const struct tmpl_scope *scope, struct arena *arena) {
    const struct tmpl_model *m = scope->model;
    bool *active = arena_zalloc(arena, m->n_resources * sizeof *active);
    for (size_t i = 0; i < m->n_resources; i++)
        active[i] = tmpl_condition_holds(scope, m->resources[i].condition);
    return active;
}

static int check_rule(struct eval_run *run, const struct tmpl_member *rule) {
    const struct tmpl_node *when = tmpl_get(rule->value, "RuleCondition");
    const struct tmpl_node *assertions = tmpl_get(rule->value, "Assertions");
    bool holds = true;
    if (!tmpl_is(assertions, TMPL_LIST))
        return tmpl_fail(
            run->fault, rule->key_at,
            "Template format error: Every Rules member must contain a list of Assertions");
    if (when && eval_truth(run, when, &holds))
        return TMPL_E_TEMPLATE;
    for (size_t i = 0; holds && i < assertions->n; i++) {
        const struct tmpl_node *one = assertions->members[i].value,
                               *assert = tmpl_get(one, "Assert");
        bool kept = false;
        if (!assert)
            return FAIL(run, one,
                        "Template format error: Every Assertions member must contain an Assert");
        if (eval_truth(run, assert, &kept))
            return TMPL_E_TEMPLATE;
        str said = tmpl_text(tmpl_get(one, "AssertDescription"));
        if (!kept)
            return FAIL(run, one, "Template rule " STR_FMT " failed: " STR_FMT, STR_ARG(rule->key),
                        STR_ARG(said.p ? said : S("an assertion does not hold")));
    }
    return 0;
}

int tmpl_check_rules(const struct tmpl_scope *scope, struct tmpl_fault *reterr) {
    struct tmpl_fault mine = {{0}, {{0}}};
    struct eval_run run = {scope, reterr ? reterr : &mine, TMPL_MAX_VALUE, true, NULL, NULL};
    *run.fault = mine;
    const struct tmpl_node *rules = scope->model->rules;
    for (size_t i = 0; rules && i < rules->n; i++)
        if (check_rule(&run, &rules->members[i]))
            return TMPL_E_TEMPLATE;
    return 0;
}
