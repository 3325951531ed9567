/* cfn/start: puts an operation's first rows into a batch. */
#include "cfn/start.h"

#include "base/arn.h"
#include "base/clock.h"
#include "base/rand.h"

#include <errno.h>

int cfn_stack_new(const struct rows *rows, struct arena *arena, struct cfn_place place, str name,
                  struct cfn_stack *ret) {
    char uuid[RAND_UUID_LEN + 1];
    rand_uuid(uuid);
    int r = cfn_get_stack(rows, arena, place, str_c(uuid), ret);
    if (r != STORE_E_ABSENT)
        return r ? r : -EEXIST; /* a number drawn twice */
    ret->id = arn_str(arena, "cloudformation", place.region, place.account, "stack/" STR_FMT "/%s",
                      STR_ARG(name), uuid);
    ret->name = arena_str(arena, name);
    ret->created_ms = clock_world_ms();
    return 0;
}

/* Both blind: that the name is free, or the stack that has it, was read and is a condition. */
void cfn_stack_put_name(const struct rows *rows, const struct cfn_stack *stack) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-name", stack->place, stack->name, STR_NONE);
    row_put_blind(rows, STORE_META, buf_view(&key), stack->uuid);
}
void cfn_stack_drop_name(const struct rows *rows, const struct cfn_stack *stack) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-name", stack->place, stack->name, STR_NONE);
    row_del_blind(rows, STORE_META, buf_view(&key));
}

/* Blind: under a generation that the stack's row, a condition, has not given yet. */
void cfn_stack_set_template(const struct rows *rows, struct cfn_stack *stack, str text) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    stack->now.generation++;
    cfn_key_numbered(&key, "cfn-tmpl", stack->place, stack->uuid, (uint64_t)stack->now.generation);
    row_put_blind(rows, STORE_META, buf_view(&key), text);
}

void cfn_stack_remember(struct cfn_stack *stack) {
    cfn_form_share(&cfn_version_form, &stack->old, &stack->now);
}

void cfn_operation_new(struct arena *arena, enum cfn_op_kind kind, struct cfn_operation *ret) {
    char id[RAND_UUID_LEN + 1];
    rand_uuid(id);
    *ret = (struct cfn_operation){.id = arena_str(arena, str_c(id)), .kind = kind};
}

void cfn_take_over(struct cfn_engine *engine, const struct rows *rows, struct cfn_stack *stack,
                   struct cfn_operation *op) {
    cfn_form_deinit(&cfn_operation_form, &stack->next);
    stack->next = *op;
    *op = (struct cfn_operation){0};
    cfn_put(rows, &cfn_stack_form, stack);
    store_after(rows->batch, cfn_engine_kick, engine);
}

void cfn_start(struct cfn_engine *engine, const struct rows *rows, struct cfn_stack *stack,
               struct cfn_operation *op, enum cfn_status status, str reason) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_form_deinit(&cfn_operation_form, &stack->op);
    stack->op = *op;
    *op = (struct cfn_operation){0};
    stack->status = status;
    stack->reason = reason.len ? reason : STR_NONE;
    cfn_add_event(rows, stack, NULL, status, reason);
    cfn_put(rows, &cfn_stack_form, stack);
    cfn_key(&key, "cfn-op", stack->place, stack->uuid, STR_NONE);
    /* the stack's row says that there is none */
    row_put_blind(rows, STORE_META, buf_view(&key), stack->op.id);
    store_after(rows->batch, cfn_engine_kick, engine);
}
