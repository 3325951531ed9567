/* prog/status: the words of `calotype status` that a service manager is told too. */
#include "prog/status.h"

#include <stdio.h>

/* "ok", or "read-only: the disk is full". */
static void add_with_reason(struct buf *out, const json_t *doc, const char *name,
                            const char *reason) {
    str why = json_str(doc, reason);
    buf_str(out, json_str(doc, name));
    if (why.len)
        buf_printf(out, ": " STR_FMT, STR_ARG(why));
}

void prog_status_state(struct buf *out, const json_t *doc) {
    add_with_reason(out, doc, "Status", "Reason");
}
void prog_status_isolation(struct buf *out, const json_t *doc) {
    add_with_reason(out, doc, "Isolation", "IsolationLacks");
}

void prog_status_size(struct buf *out, int64_t bytes) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double n = (double)bytes;
    size_t i = 0;
    for (; n >= 1024 && i + 1 < ARRAY_LEN(units); i++)
        n /= 1024;
    buf_printf(out, n < 10 && i > 0 ? "%.1f %s" : "%.0f %s", n, units[i]);
}

void prog_status_disk(struct buf *out, const json_t *doc) {
    int64_t free_bytes = json_int(doc, "FreeBytes", 0), kept = json_int(doc, "ReserveBytes", 0);
    prog_status_size(out, free_bytes);
    buf_c(out, " free, ");
    prog_status_size(out, kept);
    buf_c(out, " of it kept free");
    if (!json_bool(doc, "Writable", true))
        buf_c(out, "; changes are refused");
}

static const char *kind_in_words(str kind) {
    static const struct {
        const char *kind, *words;
    } kinds[] = {{"event", "events"},
                 {"invoke", "invocations"},
                 {"fanout", "messages to many"},
                 {"stack", "stack operations"}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_is(kind, kinds[i].kind))
            return kinds[i].words;
    return "others";
}

void prog_status_queue(struct buf *out, const json_t *doc) {
    const json_t *queue = json_object_get(doc, "Queue");
    str oldest = json_str(queue, "OldestWaiting");
    size_t i, begins = out->len;
    json_t *one;
    json_array_foreach (json_object_get(queue, "Kinds"), i, one)
        if (json_int(one, "Waiting", 0) > 0)
            buf_printf(out, "%s%lld %s", out->len > begins ? ", " : "",
                       (long long)json_int(one, "Waiting", 0),
                       kind_in_words(json_str(one, "Kind")));
    if (out->len == begins)
        buf_c(out, "nothing waits");
    else if (oldest.len)
        buf_printf(out, "; the oldest since " STR_FMT, STR_ARG(oldest));
}

void prog_status_line(struct buf *out, const json_t *doc) {
    prog_status_state(out, doc);
    buf_c(out, "; ");
    buf_str(out, json_str(doc, "Endpoint"));
    buf_c(out, "; isolation ");
    prog_status_isolation(out, doc);
    buf_c(out, "; ");
    prog_status_disk(out, doc);
    buf_c(out, "; ");
    prog_status_queue(out, doc);
}
