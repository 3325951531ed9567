#pragma once
/*
 * cfn inside: the service's state, and what its handlers share. A handler only reads rows, checks,
 * and puts the rows with which an operation begins (start.h); all else is done by the engine's
 * workers, which share nothing with handlers but rows.
 */
#include "cfn/cfn.h"
#include "cfn/errors.h"
#include "cfn/late.h"
#include "cfn/plan.h"
#include "cfn/start.h"

struct cfn_svc {
    struct store *store;
    struct aws_cloud *cloud;
    struct cfn_engine *engine;
};

#define KIT_OPS    "cfn/ops.def"
#define KIT_PREFIX cfn
#include "svc/kit/op_handlers.h"

/* ---- backend.c ---- */
struct cfn_backend cfn_cloud_backend(struct aws_cloud *cloud);

/*
 * ---- find.c: all read the request's rows (conditions, in operations that write); 0, or AWS_FAILED
 * with AWS's sentence set. Texts live as long as the request; the caller frees the structs. ----
 */
static inline struct cfn_place cfn_here(const struct rq *rq) {
    return (struct cfn_place){rq->account, rq->region};
}
/* A stack by name or id. STORE_E_ABSENT without an error set when there is none. */
int cfn_look_up(struct rq *rq, str name_or_id, struct cfn_stack *ret);
/* As cfn_look_up, but an absent stack is refused: "Stack with id X does not exist". */
int cfn_find_stack_of(struct rq *rq, str name_or_id, struct cfn_stack *ret);
/*
 * The one that the request's StackName names. An absent one is refused in AWS's words for the
 * operation, a format of the name: clients look for them to see that a stack has gone.
 */
int cfn_find_stack_in_words(struct rq *rq, const char *words, struct cfn_stack *ret);
/* The same, in the words of most. */
#define CFN_NO_STACK "Stack with id " STR_FMT " does not exist"
int cfn_find_stack(struct rq *rq, struct cfn_stack *ret);
/*
 * The stack's resources. No conditions: only an operation under way changes them, and then the
 * stack's row too.
 */
int cfn_find_resources(struct rq *rq, const struct cfn_stack *stack, struct cfn_list *ret);
/* The text of the stack's present template. */
int cfn_find_template(struct rq *rq, const struct cfn_stack *stack, str *ret_text);
/*
 * The stack that has such a resource, and its resources. STORE_E_ABSENT without an error set when
 * there is none.
 */
int cfn_look_up_physical(struct rq *rq, str physical, struct cfn_stack *ret,
                         struct cfn_list *ret_resources);
bool cfn_is_set_id(str name_or_id);
/* STORE_E_ABSENT without an error set when there is none. */
int cfn_look_up_set(struct rq *rq, str id, struct cfn_set *ret);
/*
 * The change set that the request's ChangeSetName names: by id, whatever StackName says, or by name
 * in that stack, which must be there; and its stack. STORE_E_ABSENT without an error set when there
 * is no such set.
 */
int cfn_look_up_named_set(struct rq *rq, struct cfn_set *ret, struct cfn_stack *ret_stack);
/* As cfn_look_up_named_set, but an absent set is refused: ChangeSetNotFound. */
int cfn_find_set(struct rq *rq, struct cfn_set *ret, struct cfn_stack *ret_stack);
/* All change sets of the stack, or with NULL of the account and region: cfn_each. */
int cfn_each_set(struct rq *rq, const struct cfn_stack *stack, int (*each)(void *ctx, void *set),
                 void *ctx);
/*
 * What cfn_each or cfn_load_list answered, in an operation that tells what can be read: damage is
 * logged.
 */
int cfn_listed(struct rq *rq, int r, const char *what);
/* A list of rows for CLEANUP_DEINIT. */
struct cfn_stacks {
    struct cfn_list list;
};
struct cfn_resources {
    struct cfn_list list;
};
static inline void cfn_stacks_deinit(struct cfn_stacks *s) {
    cfn_list_deinit(&cfn_stack_form, &s->list);
}
static inline void cfn_resources_deinit(struct cfn_resources *r) {
    cfn_list_deinit(&cfn_resource_form, &r->list);
}

/* ---- request.c: what CreateStack, UpdateStack and CreateChangeSet have in common ---- */
struct cfn_request {
    str text; /* of the template; arena */
    struct tmpl *tree;
    const struct tmpl_model *model;
    json_t *given;   /* parameters as given or kept, name → text */
    json_t *params;  /* resolved */
    json_t *tags;    /* list of {Key, Value}; NULL: not said */
    json_t *changes; /* ResourceChange documents */
    bool is_empty;   /* nothing changes, no output, no tag */
};
void cfn_request_deinit(struct cfn_request *req);
/*
 * Reads and checks all: template, parameters, tags, capabilities, and the plan against what the
 * stack has. stack: a new one, or the present one for UsePreviousTemplate, UsePreviousValue. ret is
 * zeroed, and the caller's to release, also on failure: a request that waits keeps no tree.
 */
int cfn_read_request(struct rq *rq, const struct cfn_stack *stack, struct cfn_request *ret);
/*
 * Template alone (ValidateTemplate, GetTemplateSummary): ret->text where it is set already, or what
 * the request says. checked: types and attributes too, as far as parameters do not decide.
 */
int cfn_read_template(struct rq *rq, struct cfn_request *ret, bool checked);
/* Puts what was read into the fields of a stack, or of a change set. */
void cfn_apply_request(struct rq *rq, const struct cfn_request *req, struct cfn_version *to,
                       str *role);
/* Which capability the template needs; NULL for none. reason: the types that want it. */
const char *cfn_needed_capability(const struct tmpl_model *m, struct buf *reason);

/* ---- stack.c ---- */
/* ValidationError unless it is a stack's name: a letter, then letters, digits and hyphens. */
int cfn_check_name(struct rq *rq, str name);
/* ValidationError while the stack's status does not let the verb ("updated") begin. */
int cfn_check_ready(struct rq *rq, const struct cfn_stack *stack, const char *verb);
/*
 * An update is refused of a stack that keeps so much: one more adds its template's resources to it.
 * Each step of removing one writes the row with all of them, so the cost grows with the square.
 */
enum { CFN_LEFTOVERS_MOST = TMPL_MAX_RESOURCES };
/*
 * ValidationError while it has failed and stayed so, unless rollback is disabled, api: for words;
 * LimitExceededException where it keeps CFN_LEFTOVERS_MOST.
 */
int cfn_check_retry(struct rq *rq, const struct cfn_stack *stack, bool disable_rollback,
                    const char *api);
/*
 * An operation as the request's caller, or the stack's role, with the request's OnFailure,
 * DisableRollback, …
 */
struct cfn_operation cfn_new_operation(struct rq *rq, enum cfn_op_kind kind,
                                       const struct cfn_stack *stack);

/*
 * The handler's return once its batch begins the stack's operation, and rq->out is set: the answer
 * waits for the end, but not long (cfn/late.h).
 */
static inline int cfn_answer_late(const struct cfn_svc *cfn, struct rq *rq,
                                  const struct cfn_stack *stack) {
    return cfn_late_hold(cfn_engine_late(cfn->engine), rq, stack->op.due);
}

/* ---- describe.c ---- */
/*
 * [{ParameterKey, ParameterValue}]; NoEcho values as ****. text: of the template that names them.
 */
json_t *cfn_params_list(str template, const json_t *values);

/* ---- metadata.c ---- */
/* Sets Metadata of out, as text, where the template says something there of the resource. */
void cfn_add_metadata(struct rq *rq, const struct cfn_stack *stack,
                      const struct cfn_list *resources, str name, json_t *out);

/* ---- changeset.c ---- */
/* Deletes all of the stack's sets: they were made for a stack that is about to change. */
int cfn_drop_sets(struct rq *rq, const struct cfn_stack *stack);
/*
 * Keeps them as OBSOLETE, since another update goes before them ("ExecutionStatus",
 * DescribeChangeSet, CloudFormation API reference): none is executed.
 */
int cfn_outdate_sets(struct rq *rq, const struct cfn_stack *stack);

/* ---- page.c: 0 or AWS_FAILED; rq->out is made where it is missing ---- */
/* What a listing tells of a row: a new reference, or NULL to pass it by. 0 or AWS_FAILED. */
typedef int cfn_show_fn(struct rq *rq, void *what, json_t **ret);
/* A page of the rows with this prefix. */
int cfn_page_rows(struct rq *rq, const char *list, const struct cfn_form *form, str prefix,
                  cfn_show_fn *show);
/* A page of a list that stays as it is; scope: whose it is. */
int cfn_page(struct rq *rq, const char *list, str scope, const json_t *all);
