/* cfn/event: adds the events of a stack, with the values of NoEcho parameters masked. */
#include "cfn/rows.h"

#include "base/clock.h"
#include "base/rand.h"

/* ---- Values of NoEcho parameters, and of answers with NoEcho, stay out of events ---- */

/*
 * What either version calls a secret, for a failing update still shows the resources of both; and
 * what functions hide: "all returned values are masked" ("Custom resource response objects").
 */
struct secrets {
    const json_t *lists[2], *hidden;
};

/* Of what functions hide, shorter texts are masked where they are all of a text: "1" is in many. */
enum { LEAST_WITHIN = 4 };

static size_t secret_at(const struct secrets *secrets, str text) {
    size_t longest = 0, i;
    json_t *one;
    for (size_t k = 0; k < ARRAY_LEN(secrets->lists); k++)
        json_array_foreach (secrets->lists[k], i, one)
            if (str_starts(text, json_text(one)) && json_string_length(one) > longest)
                longest = json_string_length(one);
    json_array_foreach (secrets->hidden, i, one)
        if (str_starts(text, json_text(one)) && json_string_length(one) > longest &&
            json_string_length(one) >= LEAST_WITHIN)
            longest = json_string_length(one);
    return longest;
}

static bool is_hidden(const struct secrets *secrets, str text) {
    size_t i;
    json_t *one;
    json_array_foreach (secrets->hidden, i, one)
        if (str_eq(text, json_text(one)))
            return true;
    return false;
}

static json_t *mask_text(const struct secrets *secrets, str text) {
    CLEANUP_DEINIT(buf) struct buf out = {0};
    while (text.len) {
        size_t cut = secret_at(secrets, text);
        if (cut)
            buf_c(&out, "****");
        else
            buf_char(&out, text.p[0]);
        text = str_skip(text, cut ? cut : 1);
    }
    return json_of_str(buf_view(&out));
}

static json_t *masked(const struct secrets *secrets, const json_t *value) {
    const char *name;
    json_t *one;
    size_t i;
    if (json_is_string(value) && is_hidden(secrets, json_text(value)))
        return json_string("****");
    if (json_is_string(value))
        return mask_text(secrets, json_text(value));
    json_t *copy = json_copy((json_t *)value);
    json_object_foreach (copy, name, one)
        json_object_set_new(copy, name, masked(secrets, one));
    json_array_foreach (copy, i, one)
        json_array_set_new(copy, i, masked(secrets, one));
    return copy;
}

static void write_properties(struct buf *text, const struct cfn_stack *stack,
                             const struct cfn_resource *resource) {
    const json_t *properties =
        resource->task.properties ? resource->task.properties : resource->now.properties;
    if (!properties || resource->now.no_echo)
        return;
    struct secrets secrets = {{stack->now.secrets, stack->old.secrets}, stack->hidden};
    CLEANUP_JSON json_t *shown = masked(&secrets, properties);
    json_write(text, shown);
}

/* ---- Events ---- */

/* Several events fall into one millisecond, and the clock may be set back. */
static int64_t next_time(const struct cfn_stack *stack) {
    int64_t now = clock_world_ms();
    return now > stack->event_ms ? now : stack->event_ms + 1;
}

void cfn_add_event(const struct rows *rows, struct cfn_stack *stack,
                   const struct cfn_resource *resource, enum cfn_status status, str reason) {
    char uuid[RAND_UUID_LEN + 1], when[CLOCK_ISO_MAX];
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf id = {0};
    CLEANUP_DEINIT(buf) struct buf properties = {0};
    int64_t now = stack->event_ms = next_time(stack);
    struct cfn_event event = {
        .stack_id = stack->id,
        .stack_name = stack->name,
        .time_ms = now,
        .status = status,
        .token = stack->op.token,
        .logical = resource ? resource->name : stack->name,
        .physical = resource ? resource->now.physical : stack->id,
        .type = resource ? resource->now.type : S("AWS::CloudFormation::Stack"),
        .reason = reason.len ? reason : STR_NONE,
    };
    if (resource) {
        buf_printf(&id, STR_FMT "-%s-%s", STR_ARG(resource->name), cfn_status_name(status),
                   clock_iso8601_ms(when, now));
        write_properties(&properties, stack, resource);
    } else {
        rand_uuid(uuid);
        buf_c(&id, uuid);
    }
    event.id = buf_view(&id);
    event.properties = properties.len ? buf_view(&properties) : STR_NONE;
    if (!event.token.len)
        event.token = STR_NONE;
    cfn_key_numbered(&key, "cfn-event", stack->place, stack->uuid, store_next_id(rows->store));
    cfn_put_blind(rows, &cfn_event_form, buf_view(&key), &event); /* under a number of its own */
}
