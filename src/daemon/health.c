/* daemon/health: the documents of the two doors /health, made of what GetStatus says. */
#include "daemon/health.h"

#include "base/ascii.h"
#include "base/clock.h"

/* "MemoryBytes" is "memory_bytes" here. Names that are data ("memory") are as they are. */
static void add_name(struct buf *out, const char *name) {
    for (const char *c = name; *c; c++) {
        if (ascii_is_upper(*c) && c != name)
            buf_char(out, '_');
        buf_char(out, ascii_lower(*c));
    }
}

static json_t *renamed(const json_t *value) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    const char *key;
    json_t *one, *out;
    size_t i;
    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach (value, i, one)
            json_array_append_new(out, renamed(one));
        return out;
    }
    if (!json_is_object(value))
        return json_incref((json_t *)(uintptr_t)value);
    out = json_object();
    json_object_foreach ((json_t *)(uintptr_t)value, key, one) {
        buf_clear(&name);
        add_name(&name, key);
        json_set(out, buf_cstr(&name), renamed(one));
    }
    return out;
}

json_t *daemon_health_in_full(const struct calotype_facts *facts, json_t *scrub) {
    char when[CLOCK_ISO_MAX];
    CLEANUP_JSON json_t *status = calotype_status(facts);
    json_set(status, "Scrub", scrub);
    json_t *doc = renamed(status);
    json_object_del(doc, "process_id");
    json_set_int(doc, "pid", json_int(status, "ProcessId", 0));
    json_set_str(doc, "world_time", str_c(clock_iso8601_ms(when, clock_world_ms())));
    return doc;
}

/* Whoever may connect may ask this, so it tells no more than a load balancer needs. */
json_t *daemon_health_for_strangers(const struct calotype_facts *facts) {
    json_t *doc = json_object();
    json_set_str(doc, "status", str_c(calotype_state_name(facts->state)));
    json_set_str(doc, "version", S(CALOTYPE_VERSION));
    json_set_str(doc, "isolation", str_c(facts->isolation));
    return doc;
}
