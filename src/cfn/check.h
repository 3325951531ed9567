#pragma once
/*
 * cfn/check: everything that is wrong with a template before anything is compared or made: types,
 * attributes and properties that AWS does not have, or that the engine does not make, references to
 * what is not there, values of the wrong kind. All of it at once, each with its line and column.
 *
 * What AWS has and we have not "is not supported by calotype"; all else is in AWS's words. A
 * resource whose condition is false is not made, so it may be of any type that AWS has.
 */
#include "cfn/plan.h"

/* What is checked; borrowed for the call. */
struct cfn_check {
    const struct tmpl_model *model;
    bool evaluates;                /* of tmpl_model_check: values can be told */
    const json_t *params;          /* resolved; NULL: not known, as for ValidateTemplate */
    const struct cfn_stack *stack; /* with params */
    struct tmpl_faults *faults;    /* added to */
};
void cfn_check_template(const struct cfn_check *check);
