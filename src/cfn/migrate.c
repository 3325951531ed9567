/*
 * Rows of older formats.
 *
 * What format 1 kept elsewhere. An operation's caller was the value of its cfn-op row, a deletion
 * that was to take over was a row cfn-cancel, the version of a change set was among the set's own
 * members. Rows of other kinds, and all other members, are as they were.
 *
 * Formats 1 and 2 had a row cfn-op for each operation under way; it becomes a due row, whose id the
 * stack and the replies that are awaited keep.
 *
 * Turning a row that has been turned, by a start that was killed, changes nothing.
 */
#include "base/arn.h"
#include "cfn/cfn.h"
#include "cfn/engine.h"
#include "hub/due.h"

/* Rows of formats before the fourth have no edition: their bytes are it. */
static const struct store_stamp raw;

/*
 * ---- Resources: an update that found nothing to do for one did not keep what the old template
 * said of it ----
 */

static int turn_resource(struct store *store, struct store_batch *batch, str key, str value,
                         struct store_memo *) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_resource) struct cfn_resource resource = {0};
    if (!cfn_seen(&cfn_resource_form, &arena, key, value, &raw, &resource))
        return STORE_E_DAMAGED;
    if (resource.task.verb == CFN_NO_VERB)
        cfn_form_share(&cfn_state_form, &resource.old, &resource.now);
    if (!resource.old.needs)
        resource.old.needs = json_incref(resource.now.needs);
    cfn_put(&(struct rows){store, NULL, batch}, &cfn_resource_form, &resource);
    return 0;
}

/* ---- Change sets ---- */

static int turn_set(struct store *store, struct store_batch *batch, str key, str value,
                    struct store_memo *) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_set) struct cfn_set set = {0};
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    if (!cfn_seen(&cfn_set_form, &arena, key, value, &raw, &set))
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

static int turn_stack(struct store *store, struct store_batch *batch, str key, str value,
                      struct store_memo *) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(buf) struct buf account = {0}, region = {0}, uuid = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    const struct rows rows = {store, NULL, batch};
    if (!cfn_read_key(key, &account, &region, &uuid) ||
        !cfn_seen(&cfn_stack_form, &arena, key, value, &raw, &stack))
        return STORE_E_DAMAGED;
    stack.place = (struct cfn_place){buf_view(&account), buf_view(&region)};
    stack.uuid = buf_view(&uuid);
    int r = take_caller(&rows, &arena, &stack);
    r = r ? r : take_cancel(&rows, &arena, &stack);
    if (r == 0)
        cfn_put(&rows, &cfn_stack_form, &stack);
    return r;
}

/* ---- Operations under way ---- */

static void put_due(struct store_batch *batch, const struct cfn_stack *stack, uint64_t id) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, payload = {0}, row = {0};
    cfn_queue_row_encode(&payload, stack);
    hub_due_key(&key, CFN_QUEUE, id);
    hub_due_encode(&row, &(struct hub_due_item){.payload = buf_view(&payload)});
    store_put_blind(batch, STORE_QUEUE, buf_view(&key), buf_view(&row));
}

/* The operation of a stack whose row is damaged waits: its due row stays. */
static int turn_operation(struct store *store, struct store_batch *batch, str key, str,
                          struct store_memo *) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(buf) struct buf account = {0}, region = {0}, uuid = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    const struct rows rows = {store, NULL, batch};
    if (!cfn_read_key(key, &account, &region, &uuid))
        return STORE_E_DAMAGED;
    const struct cfn_place place = {buf_view(&account), buf_view(&region)};
    int r = cfn_get_stack(&rows, &arena, place, buf_view(&uuid), &stack);
    if (r < 0)
        return r;
    uint64_t id = store_next_id(store);
    if (r != STORE_E_ABSENT)
        put_due(batch, &stack, id);
    if (r == 0) {
        stack.op.due = (int64_t)id;
        cfn_put(&rows, &cfn_stack_form, &stack);
    }
    store_del_blind(batch, STORE_META, key);
    return 0;
}

/* After the operations: the stack's row has the id. A reply whose stack is gone wakes nobody. */
static int turn_reply(struct store *store, struct store_batch *batch, str key, str value,
                      struct store_memo *) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_reply) struct cfn_reply reply = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    struct arn arn;
    if (!cfn_seen(&cfn_reply_form, &arena, key, value, &raw, &reply))
        return STORE_E_DAMAGED;
    arn_parse(reply.stack_id, &arn);
    int r = cfn_peek_stack(&(struct rows){store, NULL, NULL}, &arena,
                           (struct cfn_place){arn.account, arn.region}, cfn_uuid_of(reply.stack_id),
                           &stack);
    if (r || reply.due == stack.op.due)
        return r < 0 ? r : 0;
    reply.due = stack.op.due;
    cfn_put(&(struct rows){store, NULL, batch}, &cfn_reply_form, &reply);
    return 0;
}

const struct store_migration cfn_migrations[] = {
    {1, STORE_META, "cfn-stack", turn_stack}, {1, STORE_META, "cfn-res", turn_resource},
    {1, STORE_META, "cfn-set", turn_set},     {2, STORE_META, "cfn-op", turn_operation},
    {2, STORE_META, "cfn-reply", turn_reply}, {0},
};
