#pragma once
/*
 * cfn/plan: what an operation would do, found out before it touches anything: for change sets, and
 * to refuse what is not supported while nothing has been made.
 *
 * The template has passed cfn/check: every resource is of a type that is made. Refused here, by
 * name: updates that cannot be done in place and must not be done by replacing, custom-named
 * resources that need replacing, another type under the same name, exports that are not there.
 */
#include "cfn/engine.h"
#include "tmpl/eval.h"

/* The higher one decides: a new resource is made with every property, whether it can change or not. */
#define CFN_SAME_TOKEN "Modifying service token is not allowed." /* AWS's words */
enum cfn_change { CFN_SAME, CFN_IN_PLACE, CFN_UNSUPPORTED, CFN_NEW_ONE };
/*
 * How a resource gets from old to new properties. *ret_property (NULL allowed): the first that
 * decides. Properties that are unknown yet count as changed in place, if they can be.
 */
enum cfn_change cfn_compare(const struct cfn_type *type, const struct tmpl_type *known,
                            str old_type, str new_type, const json_t *old, const json_t *new,
                            str *ret_property);

/* The same for one property of the type. */
enum cfn_change cfn_compare_property(const struct cfn_type *type, const struct tmpl_prop *p,
                                     const json_t *old, const json_t *new);

/*
 * The properties that a resource is to be compared by with the wanted ones: those that were applied
 * last. After an update that broke off, each property may be the one before or the one that was
 * tried: whichever is not wanted, so that it is set. A new reference.
 */
json_t *cfn_may_have(const struct cfn_resource *resource, const json_t *wanted);

/* The outputs whose conditions hold, as a stack keeps them: a new list. CFN_FAILED: why. */
int cfn_outputs(const struct tmpl_scope *scope, json_t **ret, struct err *why);
/* Is the resource among those whose conditions hold? */
bool cfn_is_active(const struct tmpl_model *model, const struct tmpl_graph *graph, str name);

/* What is to be planned, and the answer. The question's fields are borrowed for the call. */
struct cfn_plan {
    const struct cfn_backend *backend;
    const struct rows *rows; /* for exports */
    struct arena *arena;
    const struct tmpl_model *model;
    const json_t *params;             /* resolved */
    const struct cfn_stack *stack;    /* as it is now */
    const json_t *tags;               /* as they will be; NULL */
    const struct cfn_list *resources; /* as they are now */

    /* answer: ResourceChange documents, the caller's, also when it is refused */
    json_t *changes;
    bool outputs_change; /* answer */
};
/* 0, or 1 with AWS's sentence in err. */
int cfn_plan_make(struct cfn_plan *plan, struct err *err);
