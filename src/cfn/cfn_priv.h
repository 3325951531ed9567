#pragma once
/* cfn inside: the service's state, and what its handlers share. */
#include "cfn/cfn.h"
#include "cfn/errors.h"
#include "cfn/plan.h"
#include "cfn/start.h"

struct svc {
    struct store *store;
    struct aws_cloud *cloud;
    struct cfn_engine *engine;
};

#define KIT_OPS "cfn/ops.def"
#define KIT_PREFIX cfn
#include "svc/kit/op_handlers.h"

/* ---- backend.c ---- */
struct cfn_backend cfn_cloud_backend(struct aws_cloud *cloud);

/* ---- find.c: all read the request's snapshot; 0, or AWS_FAILED with AWS's sentence set ---- */
static inline struct cfn_place cfn_here(const struct rq *rq) { return (struct cfn_place){rq->account, rq->region}; }
/* A stack by name or id; new reference. STORE_E_ABSENT without an error set when there is none. */
int cfn_look_up(struct rq *rq, str name_or_id, json_t **ret_stack);
/* As above, but absent is refused: "Stack with id X does not exist". */
int cfn_find_stack(struct rq *rq, str name_or_id, json_t **ret_stack);
/* The resource rows, logical id → row; new reference. */
int cfn_find_rows(struct rq *rq, const json_t *stack, json_t **ret_rows);
/* The text of the stack's present template; arena. */
int cfn_find_template(struct rq *rq, const json_t *stack, str *ret_text);
/* A change set by id, or by name with the stack's; and its stack (ret_stack may be NULL). */
int cfn_find_set(struct rq *rq, str name_or_id, str stack_name, json_t **ret_set, json_t **ret_stack);
void cfn_key_set(struct rq *rq, struct buf *key, const json_t *stack, str set_name);

/* ---- request.c: what CreateStack, UpdateStack and CreateChangeSet have in common ---- */
struct cfn_request {
    str text;               /* of the template; arena */
    struct tmpl *tree;      /* freed when the request is done */
    const struct tmpl_model *model;
    json_t *given;          /* parameters as given or kept, name → text; freed likewise */
    json_t *params;         /* resolved */
    json_t *tags;           /* list of {Key, Value}; NULL: not said */
};
/* stack: the present one, for UsePreviousTemplate, UsePreviousValue; or NULL. */
int cfn_read_request(struct rq *rq, const json_t *stack, struct cfn_request *ret);
/* Template alone (ValidateTemplate, GetTemplateSummary); with UsePreviousTemplate: the stack's. */
int cfn_read_template(struct rq *rq, const json_t *stack, struct cfn_request *ret);
/* Puts what was read into the stack's fields (parameters, tags, capabilities, role). */
void cfn_apply_request(struct rq *rq, const struct cfn_request *req, json_t *stack);
/* Which capability the template needs; NULL for none. reason: the types that want it. */
const char *cfn_needed_capability(const struct tmpl_model *m, struct buf *reason);
int cfn_check_capabilities(struct rq *rq, const struct tmpl_model *m);
/* Plans against the stack's rows; refused plans are ValidationErrors. Changes: new reference. */
int cfn_plan_request(struct rq *rq, const struct cfn_request *req, const json_t *stack, json_t **ret_changes, bool *ret_outputs_change);
/* Who the operation acts as: {AccessKey, Arn, RoleARN}; new reference. */
json_t *cfn_who(struct rq *rq, const json_t *stack);
/* Frees a json_t at the end of the request. */
json_t *cfn_keep(struct rq *rq, json_t *owned);

/* ---- stack.c ---- */
int cfn_check_name(struct rq *rq, str name);
int cfn_check_ready(struct rq *rq, const json_t *stack, const char *verb);
/* The request's OnFailure, DisableRollback, …, as cfn_start takes them; new reference. */
json_t *cfn_operation_options(struct rq *rq);
void cfn_put_name(struct rq *rq, const json_t *stack);

/* ---- describe.c ---- */
/* Stored milliseconds as the documents' epoch seconds. */
void cfn_set_time(json_t *out, const char *name, const json_t *from, const char *from_name);
/* [{ParameterKey, ParameterValue}]; NoEcho values as ****. text: of the template that names them. */
json_t *cfn_params_list(const struct tmpl_model *m, const json_t *values);
/* Cuts a list to a page: NextToken is the position. 0 or AWS_FAILED. Takes list; sets out[name]. */
int cfn_page(struct rq *rq, const char *name, json_t *list, size_t per_page);
