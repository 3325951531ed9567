/*
 * What format 1 kept elsewhere. An operation's caller was the value of its cfn-op row, a deletion
 * that was to take over was a row cfn-cancel, the version of a change set was among the set's own
 * members. Rows of other kinds, and all other members, are as they were.
 *
 * Turning a row that has been turned, by a start that was killed, changes nothing.
 */
#include "cfn/cfn.h"
#include "cfn/rows.h"

/*
 * ---- Resources: an update that found nothing to do for one did not keep what the old template
 * said of it ----
 */

static int turn_resource(struct store *store, struct store_batch *batch, str key, str value) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_resource) struct cfn_resource resource = {0};
    if (!cfn_seen(&cfn_resource_form, &arena, key, value, &resource))
        return STORE_E_DAMAGED;
    if (resource.task.verb == CFN_NO_VERB)
        cfn_form_share(&cfn_state_form, &resource.old, &resource.now);
    if (!resource.old.needs)
        resource.old.needs = json_incref(resource.now.needs);
    cfn_put(&(struct rows){store, NULL, batch}, &cfn_resource_form, &resource);
    return 0;
}

/* ---- Change sets ---- */

static int turn_set(struct store *store, struct store_batch *batch, str key, str value) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_set) struct cfn_set set = {0};
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    if (!cfn_seen(&cfn_set_form, &arena, key, value, &set))
        return STORE_E_DAMAGED;
    if (json_has(doc, "To"))
        return 0;
    if (!cfn_form_take(&cfn_version_form, doc, &arena, &set.to))
        return STORE_E_DAMAGED;
    set.to.description = json_str(doc, "TemplateDescription");
    cfn_put(&(struct rows){store, NULL, batch}, &cfn_set_form, &set);
    return 0;
}

/* ---- Stacks ---- */

/*
 * The row of another kind beside the stack's, a document. STORE_E_ABSENT: it is not there, or has
 * been turned; or it is damaged: an operation that has no caller fails, and the stack can be
 * deleted.
 */
static int get_beside(const struct rows *rows, const struct cfn_stack *stack, const char *kind,
                      struct row *row, json_t **ret_doc) {
    cfn_key(&row->key, kind, stack->place, stack->uuid, STR_NONE);
    int r = row_get(rows, row);
    if (r || !str_starts(buf_view(&row->bytes), S("{")))
        return r ? r : STORE_E_ABSENT;
    *ret_doc = json_parse(buf_view(&row->bytes), NULL);
    return *ret_doc ? 0 : STORE_E_ABSENT;
}

static int take_caller(const struct rows *rows, struct arena *arena, struct cfn_stack *stack) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    int r = get_beside(rows, stack, "cfn-op", &row, &doc);
    if (r || !stack->op.id.len)
        return r == STORE_E_ABSENT ? 0 : r;
    cfn_form_take(&cfn_operation_form, doc, arena, &stack->op);
    row_put(rows, &row, stack->op.id);
    return 0;
}

static int take_cancel(const struct rows *rows, struct arena *arena, struct cfn_stack *stack) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    int r = get_beside(rows, stack, "cfn-cancel", &row, &doc);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    if (cfn_status_is(stack->status, CFN_YIELDS)) { /* else it came too late, and was forgotten */
        cfn_form_take(&cfn_operation_form, json_obj(doc, "Op"), arena, &stack->next);
        cfn_form_take(&cfn_operation_form, json_obj(doc, "Who"), arena, &stack->next);
    }
    row_del(rows, &row);
    return 0;
}

static int turn_stack(struct store *store, struct store_batch *batch, str key, str value) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(buf) struct buf account = {0}, region = {0}, uuid = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    const struct rows rows = {store, NULL, batch};
    if (!cfn_read_key(key, &account, &region, &uuid) ||
        !cfn_seen(&cfn_stack_form, &arena, key, value, &stack))
        return STORE_E_DAMAGED;
    stack.place = (struct cfn_place){buf_view(&account), buf_view(&region)};
    stack.uuid = buf_view(&uuid);
    int r = take_caller(&rows, &arena, &stack);
    r = r ? r : take_cancel(&rows, &arena, &stack);
    if (r == 0)
        cfn_put(&rows, &cfn_stack_form, &stack);
    return r;
}

const struct store_migration cfn_migrations[] = {
    {1, STORE_META, "cfn-stack", turn_stack},
    {1, STORE_META, "cfn-res", turn_resource},
    {1, STORE_META, "cfn-set", turn_set},
    {0},
};
