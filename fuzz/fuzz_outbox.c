/* A damaged row of what is due, and the event in it; and the function's reading of S3's events. */
#include "fn/event.h"
#include "hub/due.h"
#include "hub/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct hub_due_item item;
    struct hub_event event;
    if (hub_due_decode(str_n(p, n), &item))
        hub_event_decode(item.payload, &event);
    hub_event_decode(str_n(p, n), &event);
    CLEANUP_JSON json_t *doc = json_parse(str_n(p, n), NULL);
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct fn_record *records;
    size_t kept, ignored;
    if (doc)
        fn_event_parse(doc, &arena, &records, &kept, &ignored, NULL);
    return 0;
}
