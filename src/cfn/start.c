#include "cfn/start.h"

#include "base/clock.h"
#include "base/rand.h"

json_t *cfn_stack_new(struct cfn_place place, str name, str template_description) {
    char uuid[RAND_UUID_LEN + 1];
    rand_uuid(uuid);
    json_t *stack = json_object();
    json_set(stack, "StackId", json_sprintf("arn:aws:cloudformation:" STR_FMT ":" STR_FMT ":stack/" STR_FMT "/%s",
                                            STR_ARG(place.region), STR_ARG(place.account), STR_ARG(name), uuid));
    json_set_str(stack, "StackName", name);
    json_set_str(stack, "Description", template_description);
    json_set_int(stack, "CreationTime", clock_world_ms());
    json_set_int(stack, "Generation", 0);
    json_set(stack, "Garbage", json_array());
    return stack;
}

void cfn_save_stack(struct store_batch *batch, struct cfn_place place, const json_t *stack) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-stack", place, cfn_uuid_of(json_str(stack, "StackId")), STR_NONE);
    cfn_save(batch, buf_view(&key), stack);
}

void cfn_stack_set_template(struct store_batch *batch, struct cfn_place place, json_t *stack, str text) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    int64_t generation = json_int(stack, "Generation", 0) + 1;
    json_set_int(stack, "Generation", generation);
    cfn_key_numbered(&key, "cfn-tmpl", place, cfn_uuid_of(json_str(stack, "StackId")), (uint64_t)generation);
    store_put(batch, STORE_META, buf_view(&key), text);
}

void cfn_stack_remember(json_t *stack) {
    static const char *const kept[] = {"Generation", "Parameters", "Tags", "Description", "Capabilities", "Outputs", "Imports"};
    json_t *old = json_object();
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        json_t *value = json_object_get(stack, kept[i]);
        json_set(old, kept[i], value ? json_deep_copy(value) : json_null());
    }
    json_set(stack, "Old", old);
}

static void name_op(json_t *op, const char *kind) {
    char id[RAND_UUID_LEN + 1];
    rand_uuid(id);
    json_set_str(op, "Id", str_c(id));
    json_set_str(op, "Kind", str_c(kind));
}

void cfn_take_over(struct cfn_engine *engine, struct store_batch *batch, struct cfn_place place, const json_t *stack,
                   json_t *options, const json_t *who) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    name_op(options, "DELETE");
    CLEANUP_JSON json_t *row = json_pack("{soso}", "Op", options, "Who", json_deep_copy(who));
    cfn_key(&key, "cfn-cancel", place, cfn_uuid_of(json_str(stack, "StackId")), STR_NONE);
    cfn_save(batch, buf_view(&key), row);
    store_after(batch, cfn_engine_kick, engine);
}

void cfn_start(struct cfn_engine *engine, struct store_batch *batch, struct cfn_place place, json_t *stack,
               const char *kind, const char *status, json_t *options, const json_t *who, str reason) {
    json_t *op = options ? options : json_object();
    name_op(op, kind);
    json_set(stack, "Op", op);
    json_set_str(stack, "Status", str_c(status));
    json_object_del(stack, "StatusReason");
    if (reason.len)
        json_set_str(stack, "StatusReason", reason);
    cfn_add_event(cfn_engine_store(engine), batch, place, stack, NULL, status, reason);
    cfn_save_stack(batch, place, stack);

    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-op", place, cfn_uuid_of(json_str(stack, "StackId")), STR_NONE);
    store_expect_absent(batch, STORE_META, buf_view(&key));
    cfn_save(batch, buf_view(&key), who);
    store_after(batch, cfn_engine_kick, engine);
}
