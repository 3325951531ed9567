/* IAM's paging: MaxItems and Marker in, IsTruncated and Marker out. */
#include "svc/iam/iam_priv.h"

enum { DEFAULT_ITEMS = 100 };

struct iam_page iam_page_begin(struct rq *rq) {
    return (struct iam_page){
        .items = json_array(),
        .marker = json_str(rq->in, "Marker"),
        .most = (size_t)json_int(rq->in, "MaxItems", DEFAULT_ITEMS),
    };
}

bool iam_page_add(struct iam_page *page, struct rq *rq, str name, json_t *item) {
    if (page->marker.p && str_cmp(name, page->marker) <= 0) {
        json_decref(item);
        return true;
    }
    if (json_array_size(page->items) == page->most) {
        page->truncated = true;
        json_decref(item);
        return false;
    }
    json_array_append_new(page->items, item);
    page->last = arena_str(&rq->arena, name);
    return true;
}

void iam_page_end(struct iam_page *page, struct rq *rq, const char *member) {
    rq->out = json_object();
    json_set(rq->out, member, STEAL(page->items));
    json_set_bool(rq->out, "IsTruncated", page->truncated);
    if (page->truncated)
        json_set_str(rq->out, "Marker", page->last);
}
