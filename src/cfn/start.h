#pragma once
/*
 * cfn/start: the rows with which an operation begins. The engine finds them by itself once
 * committed.
 */
#include "cfn/engine.h"

/*
 * A stack that is not there yet: its id, and its row read as absent. 0 or a fault. Texts go into
 * the arena.
 */
int cfn_stack_new(const struct rows *rows, struct arena *arena, struct cfn_place place, str name,
                  struct cfn_stack *ret);
/*
 * The name is this stack's from now on (it was read as free), or free again (the caller writes the
 * live stack).
 */
void cfn_stack_put_name(const struct rows *rows, const struct cfn_stack *stack);
void cfn_stack_drop_name(const struct rows *rows, const struct cfn_stack *stack);
/* The next generation's template. */
void cfn_stack_set_template(const struct rows *rows, struct cfn_stack *stack, str text);
/* Keeps what an update that fails goes back to. */
void cfn_stack_remember(struct cfn_stack *stack);

/* A new operation with a kind and an id; its other fields are the caller's. */
void cfn_operation_new(struct arena *arena, enum cfn_op_kind kind, struct cfn_operation *ret);
/*
 * Puts the stack (read, and so a condition: one operation at a time) into the operation: its status
 * and event, the operation's row, and a kick for the engine once it is committed. op is taken.
 */
void cfn_start(struct cfn_engine *engine, const struct rows *rows, struct cfn_stack *stack,
               struct cfn_operation *op, enum cfn_status status, str reason);
/*
 * Deletion of a stack whose creation or rollback is under way: the engine meets it before its next
 * step. op is taken.
 */
void cfn_take_over(struct cfn_engine *engine, const struct rows *rows, struct cfn_stack *stack,
                   struct cfn_operation *op);
