#include "cfn/rows.h"

#include "store/key.h"

/* ---- Names of numbers ---- */

static const unsigned meanings[] = {
    0,
#define STATUS(name, means) means,
#include "cfn/status.def"
#undef STATUS
};
static const char *const status_names[] = {
    "",
#define STATUS(name, means) #name,
#include "cfn/status.def"
#undef STATUS
};
static const char *const kind_names[] = {"", "CREATE", "UPDATE", "DELETE"};
static const char *const failure_names[] = {"", "ROLLBACK", "DO_NOTHING", "DELETE"};
static const char *const deletion_names[] = {"", "STANDARD", "FORCE_DELETE_STACK"};
static const char *const verb_names[] = {"none", "create", "replace", "update", "restore", "remove"};
static const char *const stage_names[] = {"", "doing", "finished", "broken"};
static const char *const keep_names[] = {"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"};
static const char *const set_names[] = {"", "CREATE_COMPLETE", "FAILED"};

const char *cfn_status_name(enum cfn_status status) { return status_names[status]; }
bool cfn_status_is(enum cfn_status status, unsigned meaning) { return meanings[status] & meaning; }

/* ---- Fields: where one is shown, its name is AWS's ---- */

#define FORM(name) const struct cfn_form cfn_##name##_form = CFN_FORM(struct cfn_##name, name##_fields)

static const struct cfn_field operation_fields[] = {
    CFN_F_TEXT(struct cfn_operation, id, "Id"),
    CFN_F_ENUM(struct cfn_operation, kind, "Kind", kind_names),
    CFN_F_ENUM(struct cfn_operation, on_failure, "OnFailure", failure_names),
    CFN_F_ENUM(struct cfn_operation, deletion, "DeletionMode", deletion_names),
    CFN_F_BOOL(struct cfn_operation, disable_rollback, "DisableRollback"),
    CFN_F_BOOL(struct cfn_operation, retain_except_on_create, "RetainExceptOnCreate"),
    CFN_F_INT(struct cfn_operation, deadline_ms, "Deadline"),
    CFN_F_JSON(struct cfn_operation, retained, "RetainResources"),
    CFN_F_TEXT(struct cfn_operation, token, "ClientRequestToken"),
    CFN_F_TEXT(struct cfn_operation, access_key, "AccessKey"),
    CFN_F_TEXT(struct cfn_operation, arn, "Arn"),
    CFN_F_TEXT(struct cfn_operation, role, "RoleARN"),
};
FORM(operation);

static const struct cfn_field version_fields[] = {
    CFN_F_INT(struct cfn_version, generation, "Generation"),
    CFN_F_TEXT(struct cfn_version, description, "Description"),
    CFN_F_JSON(struct cfn_version, parameters, "Parameters"),
    CFN_F_JSON(struct cfn_version, secrets, "Secrets"),
    CFN_F_JSON(struct cfn_version, tags, "Tags"),
    CFN_F_JSON(struct cfn_version, capabilities, "Capabilities"),
    CFN_F_JSON(struct cfn_version, outputs, "Outputs"),
    CFN_F_JSON(struct cfn_version, imports, "Imports"),
};
FORM(version);

static const struct cfn_field task_fields[] = {
    CFN_F_TEXT(struct cfn_task, op, "Op"),
    CFN_F_ENUM(struct cfn_task, phase, "Phase", status_names),
    CFN_F_ENUM(struct cfn_task, verb, "Verb", verb_names),
    CFN_F_ENUM(struct cfn_task, stage, "Stage", stage_names),
    CFN_F_TEXT(struct cfn_task, name, "Name"),
    CFN_F_JSON(struct cfn_task, properties, "Properties"),
    CFN_F_JSON(struct cfn_task, notes, "Notes"),
};
FORM(task);

static const struct cfn_field state_fields[] = {
    CFN_F_TEXT(struct cfn_state, type, "Type"),
    CFN_F_TEXT(struct cfn_state, physical, "PhysicalId"),
    CFN_F_JSON(struct cfn_state, properties, "Properties"),
    CFN_F_JSON(struct cfn_state, attributes, "Attributes"),
    CFN_F_ENUM(struct cfn_state, on_delete, "OnDelete", keep_names),
    CFN_F_ENUM(struct cfn_state, on_replace, "OnReplace", keep_names),
    CFN_F_INT(struct cfn_state, order, "Order"),
    CFN_F_BOOL(struct cfn_state, no_echo, "NoEcho"),
};
FORM(state);

static const struct cfn_field resource_fields[] = {
    CFN_F_TEXT(struct cfn_resource, name, "LogicalId"),
    CFN_F_ENUM(struct cfn_resource, status, "Status", status_names),
    CFN_F_TEXT(struct cfn_resource, reason, "Reason"),
    CFN_F_TIME(struct cfn_resource, time_ms, "Time"),
    CFN_F_JSON(struct cfn_resource, needs, "Needs"),
    CFN_F_BOOL(struct cfn_resource, is_garbage, "Garbage"),
    CFN_F_BOOL(struct cfn_resource, is_kept, "Keep"),
    CFN_F_PART(struct cfn_resource, now, NULL, &cfn_state_form),
    CFN_F_PART(struct cfn_resource, old, "Old", &cfn_state_form),
    CFN_F_PART(struct cfn_resource, task, "Task", &cfn_task_form),
};
FORM(resource);

static const struct cfn_field stack_fields[] = {
    CFN_F_TEXT(struct cfn_stack, id, "StackId"),
    CFN_F_TEXT(struct cfn_stack, name, "StackName"),
    CFN_F_ENUM(struct cfn_stack, status, "Status", status_names),
    CFN_F_TEXT(struct cfn_stack, reason, "StatusReason"),
    CFN_F_TIME(struct cfn_stack, created_ms, "CreationTime"),
    CFN_F_TIME(struct cfn_stack, updated_ms, "LastUpdatedTime"),
    CFN_F_TIME(struct cfn_stack, deleted_ms, "DeletionTime"),
    CFN_F_TEXT(struct cfn_stack, change_set, "ChangeSetId"),
    CFN_F_TEXT(struct cfn_stack, role, "RoleARN"),
    CFN_F_BOOL(struct cfn_stack, is_protected, "EnableTerminationProtection"),
    CFN_F_INT(struct cfn_stack, timeout_minutes, "TimeoutInMinutes"),
    CFN_F_PART(struct cfn_stack, now, NULL, &cfn_version_form),
    CFN_F_PART(struct cfn_stack, old, "Old", &cfn_version_form),
    CFN_F_PART(struct cfn_stack, op, "Op", &cfn_operation_form),
    CFN_F_PART(struct cfn_stack, next, "Next", &cfn_operation_form),
    CFN_F_LIST(struct cfn_stack, garbage, "Garbage", &cfn_resource_form),
};
FORM(stack);

static const struct cfn_field event_fields[] = {
    CFN_F_TEXT(struct cfn_event, id, "EventId"),
    CFN_F_TEXT(struct cfn_event, stack_id, "StackId"),
    CFN_F_TEXT(struct cfn_event, stack_name, "StackName"),
    CFN_F_TEXT(struct cfn_event, logical, "LogicalResourceId"),
    CFN_F_TEXT(struct cfn_event, physical, "PhysicalResourceId"),
    CFN_F_TEXT(struct cfn_event, type, "ResourceType"),
    CFN_F_TIME(struct cfn_event, time_ms, "Timestamp"),
    CFN_F_ENUM(struct cfn_event, status, "ResourceStatus", status_names),
    CFN_F_TEXT(struct cfn_event, reason, "ResourceStatusReason"),
    CFN_F_TEXT(struct cfn_event, properties, "ResourceProperties"),
    CFN_F_TEXT(struct cfn_event, token, "ClientRequestToken"),
};
FORM(event);

static const struct cfn_field set_fields[] = {
    CFN_F_TEXT(struct cfn_set, id, "ChangeSetId"),
    CFN_F_TEXT(struct cfn_set, name, "ChangeSetName"),
    CFN_F_TEXT(struct cfn_set, stack_id, "StackId"),
    CFN_F_TEXT(struct cfn_set, stack_name, "StackName"),
    CFN_F_TEXT(struct cfn_set, description, "Description"),
    CFN_F_ENUM(struct cfn_set, type, "Type", kind_names),
    CFN_F_TEXT(struct cfn_set, template, "Template"),
    CFN_F_TEXT(struct cfn_set, token, "ClientToken"),
    CFN_F_ENUM(struct cfn_set, on_failure, "OnStackFailure", failure_names),
    CFN_F_TIME(struct cfn_set, created_ms, "CreationTime"),
    CFN_F_TEXT(struct cfn_set, role, "RoleARN"),
    CFN_F_ENUM(struct cfn_set, status, "Status", set_names),
    CFN_F_JSON(struct cfn_set, changes, "Changes"),
    CFN_F_PART(struct cfn_set, to, "To", &cfn_version_form),
};
FORM(set);

static const struct cfn_field export_fields[] = {
    CFN_F_TEXT(struct cfn_export, name, "Name"),
    CFN_F_TEXT(struct cfn_export, value, "Value"),
    CFN_F_TEXT(struct cfn_export, stack_id, "StackId"),
    CFN_F_TEXT(struct cfn_export, stack_name, "StackName"),
};
FORM(export);

static const struct cfn_field import_fields[] = {CFN_F_TEXT(struct cfn_import, stack_name, "StackName")};
FORM(import);

static const struct cfn_field reply_fields[] = {
    CFN_F_TEXT(struct cfn_reply, stack_id, "StackId"),
    CFN_F_TEXT(struct cfn_reply, logical, "LogicalId"),
    CFN_F_JSON(struct cfn_reply, answer, "Answer"),
};
FORM(reply);

/* ---- Keys ---- */

void cfn_key(struct buf *key, const char *kind, struct cfn_place place, str first, str second) {
    key_begin(key, kind);
    key_str(key, place.account);
    key_str(key, place.region);
    if (first.p)
        key_str(key, first);
    if (second.p)
        key_str(key, second);
}

void cfn_key_numbered(struct buf *key, const char *kind, struct cfn_place place, str uuid, uint64_t n) {
    cfn_key(key, kind, place, uuid, STR_NONE);
    key_u64(key, n);
}

void cfn_key_reply(struct buf *key, str token) {
    key_begin(key, "cfn-reply");
    key_str(key, token);
}

str cfn_uuid_of(str stack_id) {
    ptrdiff_t slash = str_rchr(stack_id, '/');
    bool is_stack = str_starts(stack_id, S("arn:aws:cloudformation:")) && str_find(stack_id, S(":stack/")) > 0;
    return is_stack && slash > 0 ? str_skip(stack_id, (size_t)slash + 1) : STR_NONE;
}

bool cfn_read_key(str key, struct buf *account, struct buf *region, struct buf *first) {
    struct cur cur = cur_of(key);
    key_take_kind(&cur);
    return key_take_str(&cur, account) && key_take_str(&cur, region) && key_take_str(&cur, first);
}

/* ---- Reading and writing ---- */

static int read_into(int r, const struct cfn_form *form, struct arena *arena, void *what) {
    const struct row *row = what;
    return r || cfn_form_read(buf_view(&row->bytes), form, arena, what) ? r : STORE_E_DAMAGED;
}

int cfn_get(const struct rows *rows, const struct cfn_form *form, struct arena *arena, void *what) {
    return read_into(row_get(rows, what), form, arena, what);
}

int cfn_peek(const struct rows *rows, const struct cfn_form *form, struct arena *arena, void *what) {
    return read_into(row_peek(rows, what), form, arena, what);
}

void cfn_put(const struct rows *rows, const struct cfn_form *form, void *what) {
    struct row *row = what;
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    cfn_form_write(&bytes, form, what);
    if (row->there && str_eq(buf_view(&bytes), buf_view(&row->bytes)))
        return;
    row_still(rows, row);
    row_put(rows, row, buf_view(&bytes));
    buf_clear(&row->bytes);
    buf_str(&row->bytes, buf_view(&bytes));
    row->there = true;
}

void cfn_put_blind(const struct rows *rows, const struct cfn_form *form, str key, const void *what) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    cfn_form_write(&bytes, form, what);
    row_put_blind(rows, STORE_META, key, buf_view(&bytes));
}

static void place_stack(struct arena *arena, struct cfn_place place, str uuid, struct cfn_stack *stack) {
    stack->place = place;
    stack->uuid = arena_str(arena, uuid);
    cfn_key(&stack->row.key, "cfn-stack", place, uuid, STR_NONE);
}

int cfn_get_stack(const struct rows *rows, struct arena *arena, struct cfn_place place, str uuid, struct cfn_stack *ret) {
    place_stack(arena, place, uuid, ret);
    return cfn_get(rows, &cfn_stack_form, arena, ret);
}

int cfn_peek_stack(const struct rows *rows, struct arena *arena, struct cfn_place place, str uuid, struct cfn_stack *ret) {
    place_stack(arena, place, uuid, ret);
    return cfn_peek(rows, &cfn_stack_form, arena, ret);
}

/* ---- Many ---- */

static struct store_iter *iterate(const struct rows *rows, str prefix) {
    CLEANUP_DEINIT(buf) struct buf to = {0};
    buf_str(&to, prefix);
    key_after(&to);
    return store_iter_new(rows->store, rows->snap, STORE_META, prefix, buf_view(&to), false);
}

static bool take(const struct store_iter *it, const struct cfn_form *form, struct arena *arena, void *what) {
    struct row *row = what;
    buf_str(&row->key, it->key);
    buf_str(&row->bytes, it->value);
    row->there = true;
    return cfn_form_read(it->value, form, arena, what);
}

int cfn_each(const struct rows *rows, const struct cfn_form *form, str prefix, int (*each)(void *ctx, void *what), void *ctx) {
    CLEANUP(store_iter) struct store_iter *it = iterate(rows, prefix);
    int r = 0;
    while (r == 0 && store_iter_next(it)) {
        CLEANUP_DEINIT(arena) struct arena arena = {0};
        void *what = arena_zalloc(&arena, form->size);
        r = take(it, form, &arena, what) ? each(ctx, what) : STORE_E_DAMAGED;
        cfn_form_deinit(form, what);
        row_deinit(what);
    }
    return r ? r : store_iter_fault(it);
}

int cfn_load_list(const struct rows *rows, const struct cfn_form *form, struct arena *arena, str prefix, struct cfn_list *list) {
    CLEANUP(store_iter) struct store_iter *it = iterate(rows, prefix);
    while (store_iter_next(it)) {
        void *what = arena_zalloc(arena, form->size);
        cfn_list_add(list, arena, what);
        if (!take(it, form, arena, what))
            return STORE_E_DAMAGED;
    }
    return store_iter_fault(it);
}

void cfn_list_deinit(const struct cfn_form *form, struct cfn_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        cfn_form_deinit(form, list->items[i]);
        row_deinit(list->items[i]);
    }
    *list = (struct cfn_list){0};
}

int cfn_load_resources(const struct rows *rows, struct arena *arena, const struct cfn_stack *stack, struct cfn_list *list) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    cfn_key(&prefix, "cfn-res", stack->place, stack->uuid, STR_NONE);
    return cfn_load_list(rows, &cfn_resource_form, arena, buf_view(&prefix), list);
}

struct cfn_resource *cfn_resource_find(const struct cfn_list *resources, str name) {
    for (size_t i = 0; i < resources->n; i++) {
        struct cfn_resource *one = resources->items[i];
        if (str_eq(one->name, name))
            return one;
    }
    return NULL;
}

void cfn_set_json(json_t **field, json_t *value) {
    json_decref(*field);
    *field = value;
}
