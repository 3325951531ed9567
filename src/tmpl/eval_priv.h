#pragma once
/*
 * tmpl/eval inside: one run of the evaluator, and its functions by name. Results are new references
 * of the caller's. What refuses answers TMPL_E_TEMPLATE with run->fault filled.
 */
#include "tmpl/eval.h"

/* One evaluation, on the stack of tmpl_eval or of the evaluation of conditions. */
struct eval_run {
    const struct tmpl_scope *scope;
    struct tmpl_fault *fault;
    size_t budget; /* bytes that may still be made */
    /* While the Conditions section itself is evaluated: */
    bool in_conditions;
    json_t *done;        /* name → boolean, so far */
    unsigned char *open; /* open[i]: condition i is being evaluated (a cycle, when met again) */
};

/* tmpl_eval within a run. */
int eval_node(struct eval_run *run, const struct tmpl_node *node, json_t **ret);
/* Truth of a condition expression or, in_conditions, of a named one. */
int eval_truth(struct eval_run *run, const struct tmpl_node *node, bool *ret);
/*
 * The text of a value that is a string, number or boolean; false for others and for NULL. Appends.
 */
bool eval_text(const json_t *value, struct buf *out);
/* Evaluates node to text, or refuses with `complaint`. Appends. */
int eval_to_text(struct eval_run *run, const struct tmpl_node *node, const char *complaint,
                 struct buf *out);
/* Takes n bytes from the budget; refused at node when they are not left. */
int eval_spend(struct eval_run *run, const struct tmpl_node *node, size_t n);
/* A new string, or NULL when the bytes are not UTF-8. */
json_t *eval_string(const struct buf *text);
/* The item of a list value (a function's argument). */
static inline const struct tmpl_node *eval_arg(const struct tmpl_node *list, size_t i) {
    return list->members[i].value;
}

/* value: what stands behind the function's key. A NULL result with 0 is AWS::NoValue. */
typedef int eval_fn(struct eval_run *run, const struct tmpl_node *value, json_t **ret);
struct eval_function {
    const char *name;
    eval_fn *run;
};
eval_fn eval_join, eval_select, eval_split, eval_if, eval_find_in_map, eval_base64, eval_get_azs,
    eval_import_value, eval_condition_function;
