/*
 * In format 1 the rows of stacks were JSON documents. Their members have the names of our fields; what differs: an
 * operation's caller was the value of its cfn-op row, and a deletion that was to take over was a row cfn-cancel.
 */
#include "cfn/cfn.h"
#include "cfn/rows.h"

/* A row on its way; it says nothing more once it has been turned. */
struct old {
    struct arena arena;
    struct rows rows;
    struct row row;
    json_t *doc;
};
static void old_deinit(struct old *old) {
    json_decref(old->doc);
    row_deinit(&old->row);
    arena_deinit(&old->arena);
}

/* False: it has been turned already. */
static bool open_row(struct old *old, struct store *store, struct store_batch *batch, str key, str value) {
    if (!str_starts(value, S("{")))
        return false;
    old->rows = (struct rows){store, NULL, batch};
    row_seen(&old->rows, &old->row, key, value);
    old->doc = json_parse(value, NULL);
    return true;
}

static int close_row(struct old *old, const struct cfn_form *form, void *what, bool ok) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    if (ok) {
        cfn_form_write(&bytes, form, what);
        row_put(&old->rows, &old->row, buf_view(&bytes));
    }
    cfn_form_deinit(form, what);
    return ok ? 0 : STORE_E_DAMAGED;
}

static int turn(const struct cfn_form *form, struct store *store, struct store_batch *batch, str key, str value) {
    CLEANUP_DEINIT(old) struct old old = {0};
    if (!open_row(&old, store, batch, key, value))
        return 0;
    void *what = arena_zalloc(&old.arena, form->size);
    return close_row(&old, form, what, old.doc && cfn_form_take(form, old.doc, &old.arena, what));
}

#define TURN(name)                                                                                                     \
    static int turn_##name(struct store *store, struct store_batch *batch, str key, str value) {                       \
        return turn(&cfn_##name##_form, store, batch, key, value);                                                     \
    }
TURN(resource)
TURN(event)
TURN(export)
TURN(import)
TURN(reply)

/* ---- Change sets: the version was among the set's own members ---- */

static int turn_set(struct store *store, struct store_batch *batch, str key, str value) {
    CLEANUP_DEINIT(old) struct old old = {0};
    struct cfn_set set = {0};
    if (!open_row(&old, store, batch, key, value))
        return 0;
    bool ok = old.doc && cfn_form_take(&cfn_set_form, old.doc, &old.arena, &set) &&
              cfn_form_take(&cfn_version_form, old.doc, &old.arena, &set.to);
    set.to.description = json_str(old.doc, "TemplateDescription");
    return close_row(&old, &cfn_set_form, &set, ok);
}

/* ---- Stacks ---- */

/* The row of another kind beside the stack's: 0, or STORE_E_ABSENT when it is not there or has been turned. */
static int open_beside(struct old *old, const struct old *stack, const char *kind) {
    CLEANUP_DEINIT(buf) struct buf account = {0};
    CLEANUP_DEINIT(buf) struct buf region = {0};
    CLEANUP_DEINIT(buf) struct buf uuid = {0};
    if (!cfn_read_key(buf_view(&stack->row.key), &account, &region, &uuid))
        return STORE_E_DAMAGED;
    old->rows = stack->rows;
    cfn_key(&old->row.key, kind, (struct cfn_place){buf_view(&account), buf_view(&region)}, buf_view(&uuid), STR_NONE);
    int r = row_get(&old->rows, &old->row);
    if (r || !str_starts(buf_view(&old->row.bytes), S("{")))
        return r ? r : STORE_E_ABSENT;
    old->doc = json_parse(buf_view(&old->row.bytes), NULL);
    return old->doc ? 0 : STORE_E_DAMAGED;
}

static int take_caller(struct old *stack, struct cfn_operation *op) {
    CLEANUP_DEINIT(old) struct old old = {0};
    int r = open_beside(&old, stack, "cfn-op");
    if (r || !op->id.len)
        return r == STORE_E_ABSENT ? 0 : r;
    cfn_form_take(&cfn_operation_form, old.doc, &stack->arena, op);
    row_put(&old.rows, &old.row, op->id);
    return 0;
}

static int take_cancel(struct old *stack, const struct cfn_stack *of, struct cfn_operation *next) {
    CLEANUP_DEINIT(old) struct old old = {0};
    int r = open_beside(&old, stack, "cfn-cancel");
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    if (cfn_status_is(of->status, CFN_YIELDS)) { /* else it came too late, and was forgotten */
        cfn_form_take(&cfn_operation_form, json_obj(old.doc, "Op"), &stack->arena, next);
        cfn_form_take(&cfn_operation_form, json_obj(old.doc, "Who"), &stack->arena, next);
    }
    row_del(&old.rows, &old.row);
    return 0;
}

static int turn_stack(struct store *store, struct store_batch *batch, str key, str value) {
    CLEANUP_DEINIT(old) struct old old = {0};
    struct cfn_stack stack = {0};
    if (!open_row(&old, store, batch, key, value))
        return 0;
    bool ok = old.doc && cfn_form_take(&cfn_stack_form, old.doc, &old.arena, &stack);
    int r = ok ? take_caller(&old, &stack.op) : 0;
    r = r ? r : ok ? take_cancel(&old, &stack, &stack.next) : 0;
    int closed = close_row(&old, &cfn_stack_form, &stack, ok && r == 0);
    return r ? r : closed;
}

const struct store_migration cfn_migrations[] = {
    {1, STORE_META, "cfn-stack", turn_stack},   {1, STORE_META, "cfn-res", turn_resource},
    {1, STORE_META, "cfn-event", turn_event},   {1, STORE_META, "cfn-set", turn_set},
    {1, STORE_META, "cfn-export", turn_export}, {1, STORE_META, "cfn-import", turn_import},
    {1, STORE_META, "cfn-reply", turn_reply},   {0},
};
