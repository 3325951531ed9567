#include "cfn/rows.h"

#include "base/clock.h"
#include "base/rand.h"
#include "store/key.h"

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

int cfn_load(struct store *store, const struct store_snap *snap, str key, json_t **ret) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    int rc = store_get(store, snap, STORE_META, key, &value);
    if (rc)
        return rc;
    *ret = json_parse(buf_view(&value), NULL);
    return *ret ? 0 : STORE_E_DAMAGED;
}

void cfn_save(struct store_batch *batch, str key, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, doc);
    store_put(batch, STORE_META, key, buf_view(&text));
}

int cfn_each(struct store *store, const struct store_snap *snap, str prefix, bool reverse,
             int (*each)(void *ctx, str key, const json_t *doc), void *ctx) {
    CLEANUP_DEINIT(buf) struct buf to = {0};
    buf_str(&to, prefix);
    key_after(&to);
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(store, snap, STORE_META, prefix, buf_view(&to), reverse);
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        int rc = doc ? each(ctx, it->key, doc) : STORE_E_DAMAGED;
        if (rc)
            return rc;
    }
    return store_iter_fault(it);
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

/* "LOGICAL-STATUS-2026-11-22T05:20:59.123Z" for resources, a UUID for the stack itself. */
static void add_event_id(json_t *event, const json_t *row, const char *status, int64_t now) {
    char text[CLOCK_ISO_MAX], uuid[RAND_UUID_LEN + 1];
    rand_uuid(uuid);
    if (row)
        json_set(event, "EventId", json_sprintf("%s-%s-%s", json_string_value(json_object_get(row, "LogicalId")),
                                                status, clock_iso8601_ms(text, now)));
    else
        json_set_str(event, "EventId", str_c(uuid));
}

/* ---- Values of NoEcho parameters stay out of events ---- */

static json_t *mask_text(const json_t *secrets, str text) {
    CLEANUP_DEINIT(buf) struct buf out = {0};
    while (text.len) {
        size_t i, cut = 0;
        json_t *secret;
        json_array_foreach(secrets, i, secret)
            if (str_starts(text, json_text(secret)) && json_string_length(secret) > cut)
                cut = json_string_length(secret);
        if (cut)
            buf_c(&out, "****");
        else
            buf_char(&out, text.p[0]);
        text = str_skip(text, cut ? cut : 1);
    }
    return json_of_str(buf_view(&out));
}

static json_t *masked(const json_t *secrets, const json_t *value) {
    const char *name;
    json_t *one;
    size_t i;
    if (json_is_string(value))
        return mask_text(secrets, json_text(value));
    json_t *copy = json_copy((json_t *)value);
    json_object_foreach(copy, name, one)
        json_object_set_new(copy, name, masked(secrets, one));
    json_array_foreach(copy, i, one)
        json_array_set_new(copy, i, masked(secrets, one));
    return copy;
}

static void add_properties(json_t *event, const json_t *stack, const json_t *row) {
    const json_t *properties = json_obj(json_obj(row, "Task"), "Properties");
    if (!properties)
        properties = json_obj(row, "Properties");
    if (!properties || json_bool(row, "NoEcho", false))
        return;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_JSON json_t *shown = masked(json_arr(stack, "Secrets"), properties);
    json_write(&text, shown);
    json_set_str(event, "ResourceProperties", buf_view(&text));
}

void cfn_add_event(struct store *store, struct store_batch *batch, struct cfn_place place, const json_t *stack,
                   const json_t *row, const char *status, str reason) {
    CLEANUP_JSON json_t *event = json_object();
    int64_t now = clock_world_ms();
    str id = json_str(stack, "StackId"), name = json_str(stack, "StackName");
    add_event_id(event, row, status, now);
    json_set_str(event, "StackId", id);
    json_set_str(event, "StackName", name);
    json_set_str(event, "LogicalResourceId", row ? json_str(row, "LogicalId") : name);
    json_set_str(event, "PhysicalResourceId", row ? json_str(row, "PhysicalId") : id);
    json_set_str(event, "ResourceType", row ? json_str(row, "Type") : S("AWS::CloudFormation::Stack"));
    json_set_int(event, "Timestamp", now);
    json_set_str(event, "ResourceStatus", str_c(status));
    if (reason.len)
        json_set_str(event, "ResourceStatusReason", reason);
    if (row)
        add_properties(event, stack, row);
    str token = json_str(json_obj(stack, "Op"), "ClientRequestToken");
    if (token.len)
        json_set_str(event, "ClientRequestToken", token);
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key_numbered(&key, "cfn-event", place, cfn_uuid_of(id), store_next_id(store));
    cfn_save(batch, buf_view(&key), event);
}
