#pragma once
/*
 * tmpl/model: the sections of a template, checked: what CloudFormation refuses before it makes
 * anything, in its words, with line and column.
 *
 * Checked here: known sections and attributes, shapes, names, limits, that every reference names
 * something that exists, and that conditions and mappings do not refer to resources. Not checked
 * here: resource types and properties (cfn's and audit's table). The model lives in the tree's
 * memory and is immutable.
 */
#include "tmpl/tmpl.h"

/* CloudFormation's quotas. */
enum {
    TMPL_MAX_RESOURCES = 500,
    TMPL_MAX_PARAMETERS = 200,
    TMPL_MAX_OUTPUTS = 200,
    TMPL_MAX_MAPPINGS = 200,
    TMPL_MAX_CONDITIONS = 500,
};

/* What becomes of a resource when the stack does not want it. */
enum tmpl_keep { TMPL_DELETE, TMPL_RETAIN, TMPL_RETAIN_EXCEPT_ON_CREATE, TMPL_SNAPSHOT };

/* One resource. The nodes are the tree's. */
struct tmpl_resource {
    str name, type;
    struct tmpl_pos at, type_at;                  /* of its name, of its type */
    const struct tmpl_node *body;                 /* the whole resource */
    const struct tmpl_node *properties;           /* a map, or NULL */
    str condition;                                /* name, or absent */
    enum tmpl_keep on_delete, on_replace;         /* DeletionPolicy, UpdateReplacePolicy */
    bool has_deletion_policy, has_replace_policy; /* written in the template */
};

/* One output. Its value is not evaluated here. */
struct tmpl_output {
    str name;
    struct tmpl_pos at;
    const struct tmpl_node *value, *export_name; /* export_name NULL without Export */
    str description, condition;
};

/* The types of parameters, as far as the form of a value is concerned. */
enum tmpl_param_type {
    TMPL_PARAM_STRING,
    TMPL_PARAM_NUMBER,
    TMPL_PARAM_LIST,
    TMPL_PARAM_NUMBER_LIST
};
struct tmpl_param {
    str name, type_name; /* type_name as written */
    struct tmpl_pos at;
    enum tmpl_param_type type;
    const struct tmpl_node *body;
    str default_value; /* as text; absent without Default */
    bool no_echo;
};

/* The sections that are there, in the template's order. */
struct tmpl_model {
    struct tmpl *tree;
    str description;
    const struct tmpl_node *metadata, *mappings, *conditions, *rules; /* maps, or NULL */
    const struct tmpl_param *params;
    size_t n_params;
    const struct tmpl_resource *resources;
    size_t n_resources;
    const struct tmpl_output *outputs;
    size_t n_outputs;
};

/* Checks the tree and makes its model, in the tree's memory. 0 or TMPL_E_TEMPLATE. */
int tmpl_model_new(struct tmpl *tree, const struct tmpl_model **ret, struct tmpl_fault *reterr);
/*
 * The same, but all faults are added to *faults. TMPL_E_TEMPLATE: there are some, and *ret is what
 * can be said all the same: a resource may lack its type, an output its value; NULL where the tree
 * is no map. *ret_evaluates: no fault is in what parameters and conditions are made of.
 */
int tmpl_model_check(struct tmpl *tree, const struct tmpl_model **ret, bool *ret_evaluates,
                     struct tmpl_faults *faults);

/*
 * What CloudFormation refuses in the form of any template, be it for us or not: sections, shapes, names,
 * limits. Not looked at: what is named; and what macros may replace, where there is a Transform.
 */
void tmpl_model_form(struct tmpl *tree, struct tmpl_faults *faults);

/* By name, borrowed; NULL: the template has none. */
const struct tmpl_resource *tmpl_find_resource(const struct tmpl_model *m, str name);
const struct tmpl_param *tmpl_find_param(const struct tmpl_model *m, str name);
/* AWS::Region and its like. */
bool tmpl_is_pseudo(str name);

/*
 * Calls fn for each reference below node: the names that Ref, Fn::GetAtt, Fn::Sub (less its own
 * variables), Fn::If and Condition name. Stops at and returns the first non-zero answer.
 * A GetAtt without a literal resource name, and any misshapen function, is not reported here.
 */
enum tmpl_ref_kind { TMPL_REF, TMPL_GET_ATT, TMPL_CONDITION };
/* The Fn::If around a reference, innermost first: it is there only where the condition holds, or not. */
struct tmpl_way {
    const struct tmpl_way *up;
    str condition;
    bool holds;
};
struct tmpl_reference {
    enum tmpl_ref_kind kind;
    str name;
    str attribute; /* GetAtt; absent when it is computed */
    struct tmpl_pos at;
    const struct tmpl_node *node; /* the scalar that names it */
    const struct tmpl_way *way;   /* NULL: no Fn::If around; lives as long as the call of fn */
};
int tmpl_each_reference(const struct tmpl_node *node,
                        int (*fn)(void *ctx, const struct tmpl_reference *ref), void *ctx);

/*
 * The order of creation: each resource after those it refers to or DependsOn, otherwise in the
 * template's order. Resources whose condition is false are left out (active NULL: all are in).
 * A cycle is refused with its path: "Circular dependency between resources: [A -> B -> A]".
 */
struct tmpl_graph {
    size_t n;            /* resources of the model; edges are by index into them */
    const size_t *order; /* n_order indices */
    size_t n_order;
    const size_t *const *needs; /* needs[i]: what i waits for, each once; counts in n_needs */
    const size_t *n_needs;
};
int tmpl_graph_new(const struct tmpl_model *m, const bool *active, struct arena *arena,
                   struct tmpl_graph *ret, struct tmpl_fault *reterr);
