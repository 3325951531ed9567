#pragma once
/*
 * tmpl/eval: what a node of a template means in one stack: intrinsic functions applied, references
 * resolved, the result as json_t.
 *
 * Scalars keep their kind (a number stays a number, as far as JSON can hold it); Ref of a parameter
 * gives a string or a list of strings; callers bring them to the kind a property wants. Dynamic
 * references ({{resolve:…}}) are refused by name. Everything that the evaluation makes is bounded
 * by TMPL_MAX_VALUE bytes a value, because Fn::Join and Fn::Sub multiply what they are given.
 */
#include "base/json.h"
#include "tmpl/model.h"

enum { TMPL_MAX_VALUE = 4 << 20 };

/*
 * For planning, while the ids of some resources are not known yet: hooks answer a string that holds
 * TMPL_UNKNOWN. Selecting from a list made of such a value gives an unknown value again.
 * TMPL_UNKNOWN_ANY stands for what may turn out to be a list as well (Data of a custom resource):
 * Fn::Join and Fn::Select take it where they want a list, and give an unknown value.
 */
#define TMPL_UNKNOWN     "\x01unknown"
#define TMPL_UNKNOWN_ANY TMPL_UNKNOWN " of any kind"
bool tmpl_is_unknown(const json_t *value); /* it or anything within it */

struct tmpl_scope {
    const struct tmpl_model *model;
    const json_t *params;     /* from tmpl_params_resolve */
    const json_t *conditions; /* from tmpl_conditions; name → boolean */
    str account, region, stack_name, stack_id;
    const json_t *notification_arns; /* array of strings, or NULL */

    /*
     * What a resource or an export answers; each gives a new reference, or TMPL_E_TEMPLATE with a
     * sentence in err. NULL: such references are refused. Conditions never call them.
     */
    void *ctx;
    int (*ref)(void *ctx, const struct tmpl_resource *resource, json_t **ret, struct err *err);
    int (*get_att)(void *ctx, const struct tmpl_resource *resource, str attribute, json_t **ret,
                   struct err *err);
    int (*import)(void *ctx, str export_name, json_t **ret, struct err *err);
};

/*
 * New reference in *ret, or NULL with 0 when the value is AWS::NoValue (the member is to be left
 * out; inside maps and lists that has been done). TMPL_E_TEMPLATE with *reterr filled otherwise.
 */
int tmpl_eval(const struct tmpl_scope *scope, const struct tmpl_node *node, json_t **ret,
              struct tmpl_fault *reterr);

/* Evaluates all conditions; scope->conditions need not be set. New object of name → boolean. */
int tmpl_conditions(const struct tmpl_scope *scope, json_t **ret, struct tmpl_fault *reterr);
/* Evaluates the Rules section's assertions. */
int tmpl_check_rules(const struct tmpl_scope *scope, struct tmpl_fault *reterr);
/* Does the condition of that name hold, by scope->conditions? An absent name: true. */
bool tmpl_condition_holds(const struct tmpl_scope *scope, str name);
/* For each of the model's resources: does its condition hold? In arena; for tmpl_graph_new. */
bool *tmpl_active_resources(const struct tmpl_scope *scope, struct arena *arena);
