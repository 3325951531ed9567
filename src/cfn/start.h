#pragma once
/* cfn/start: the rows with which an operation begins. The engine finds them by itself once committed. */
#include "cfn/engine.h"

/* One stack; its fields beyond these are the caller's: see docs/formats/cfn.md. */
json_t *cfn_stack_new(struct cfn_place place, str name, str template_description);

/*
 * Puts the stack into an operation: its status and event, the operation's row (which must not be
 * there: one operation a stack at a time), and a kick for the engine once it is committed.
 *
 * options (taken, may be NULL): OnFailure, DisableRollback, Deadline, RetainExceptOnCreate,
 * RetainResources, DeletionMode, ClientRequestToken. who: the operation's caller, as the backend's
 * identity() reads it (borrowed).
 */
void cfn_start(struct cfn_engine *engine, struct store_batch *batch, struct cfn_place place, json_t *stack,
               const char *kind, const char *status, json_t *options, const json_t *who, str reason);

/*
 * Deletion of a stack whose creation or rollback is under way: a row (cfn-cancel) that the engine
 * meets before its next step. options is taken, who borrowed.
 */
void cfn_take_over(struct cfn_engine *engine, struct store_batch *batch, struct cfn_place place, const json_t *stack,
                   json_t *options, const json_t *who);

/* Keeps what an update that fails goes back to, and takes the new template. */
void cfn_stack_set_template(struct store_batch *batch, struct cfn_place place, json_t *stack, str text);
void cfn_stack_remember(json_t *stack);
void cfn_save_stack(struct store_batch *batch, struct cfn_place place, const json_t *stack);
