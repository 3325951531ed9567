#pragma once
/*
 * cfn/change: what differs between a resource and what its template wants, as the ResourceChange
 * of a change set tells it ("ResourceChange", "ResourceTargetDefinition", CloudFormation API
 * reference). A change of DeletionPolicy, UpdateReplacePolicy or Metadata alone is a change; one of
 * DependsOn alone is none.
 */
#include "cfn/plan.h"

/* The template that the stack has, with what its parameters are; model NULL: there is none. */
struct cfn_before {
    struct tmpl *tree;
    const struct tmpl_model *model;
    json_t *params, *conditions;
    struct tmpl_scope scope;
};
/* A template that cannot be read is as one that is not there. */
void cfn_before_read(const struct rows *rows, const struct cfn_stack *stack,
                     struct cfn_before *ret);
void cfn_before_deinit(struct cfn_before *before);

/* One resource that is there, and stays. All borrowed. */
struct cfn_diff {
    const struct cfn_type *type;
    const struct tmpl_type *known;
    const struct cfn_state *state;   /* of what is there */
    const struct tmpl_resource *now; /* in the new template */
    const struct tmpl_scope *scope;  /* of the new template */
    const struct cfn_before *before;
    const json_t *old, *new; /* properties; new ones may be unknown (tmpl/eval.h) */
    enum cfn_change how;     /* cfn_compare of these */
    /* whether the id or the attribute that is referred to may be another after the operation */
    bool (*is_open)(void *ctx, const struct tmpl_reference *ref);
    void *ctx;
};
/*
 * Is a property that only a new resource can have certain to change? Otherwise its value is not
 * known before the operation is under way, and may turn out to be the same.
 */
bool cfn_must_replace(const struct cfn_diff *diff);
/* Does anything differ? */
bool cfn_differs(const struct cfn_diff *diff);
/* The document with "Modify": a new object. */
json_t *cfn_change_modify(const struct cfn_diff *diff);
/* Action, LogicalResourceId and so on, with empty lists. physical: absent where there is none. */
json_t *cfn_change_new(const char *action, str logical, str type, str physical);
/* For what goes: PolicyAction, by its DeletionPolicy. */
json_t *cfn_change_remove(const struct cfn_resource *resource);
