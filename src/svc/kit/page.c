/* kit/page: walks rows or lists for a page, and seals where to go on into a token. */
#include "svc/kit/page.h"

#include "aws/op.h"
#include "base/codec.h"
#include "base/crc.h"
#include "store/key.h"

enum { TOKEN_VERSION = 1, TOKEN_MAX = 8192 };

/* ---- Tokens ---- */

void kit_token_add(struct buf *out, uint32_t scope, str place) {
    CLEANUP_DEINIT(buf) struct buf raw = {0};
    buf_u8(&raw, TOKEN_VERSION);
    buf_u32(&raw, scope);
    buf_str(&raw, place);
    codec_add_base64(out, raw.p, raw.len);
}

bool kit_token_read(str token, uint32_t scope, struct buf *place) {
    CLEANUP_DEINIT(buf) struct buf raw = {0};
    if (token.len > TOKEN_MAX || !codec_unbase64(&raw, token))
        return false;
    struct cur c = cur_of(buf_view(&raw));
    bool ours = cur_u8(&c) == TOKEN_VERSION && cur_u32(&c) == scope && !c.bad;
    if (ours)
        buf_str(place, c.s);
    return ours;
}

static uint32_t scope_of(const struct rq *rq, str scope) {
    CLEANUP_DEINIT(buf) struct buf parts = {0};
    key_begin(&parts, rq->op->name);
    key_str(&parts, rq->account);
    key_str(&parts, rq->region);
    key_str(&parts, scope);
    return crc32_ieee(0, parts.p, parts.len);
}

/* ---- Begin ---- */

static size_t page_size(const struct rq *rq, const struct kit_paging *paging) {
    size_t otherwise = paging->otherwise ? paging->otherwise : paging->most;
    int64_t asked = paging->limit ? json_int(rq->in, paging->limit, 0) : 0;
    if (asked < 1)
        return otherwise;
    return (uint64_t)asked < paging->most ? (size_t)asked : paging->most;
}

int kit_page_begin(struct kit_page *page, struct rq *rq, const struct kit_paging *paging,
                   str scope) {
    str token = json_str(rq->in, paging->token);
    *page = (struct kit_page){.rq = rq,
                              .paging = paging,
                              .items = json_array(),
                              .most = page_size(rq, paging),
                              .scope = scope_of(rq, scope)};
    if (paging->plain)
        buf_str(&page->after, token);
    else if ((paging->no_empty ? token.p != NULL : token.len > 0) &&
             !kit_token_read(token, page->scope, &page->after))
        return aws_fail(rq, paging->error, STR_FMT,
                        STR_ARG(str_c(paging->text ? paging->text : paging->error->text)));
    return 0;
}

void kit_page_deinit(struct kit_page *page) {
    json_decref(page->items);
    buf_deinit(&page->after);
    buf_deinit(&page->last);
    store_iter_free(page->it);
}

/* ---- Rows ---- */

/*
 * A name's own row stands at the key that begins with it; an opaque place is the rest of the last
 * key.
 */
void kit_page_rows(struct kit_page *page, enum store_cf cf, str prefix) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    buf_str(&from, prefix);
    buf_str(&to, prefix);
    key_after(&to);
    page->prefix = prefix.len;
    if (page->after.len && page->paging->plain) {
        key_str(&from, buf_view(&page->after));
        key_after(&from);
    } else if (page->after.len) {
        buf_str(&from, buf_view(&page->after));
        buf_u8(&from, 0);
    }
    page->it = store_iter_new(rq_store(page->rq), rq_snap(page->rq), cf, buf_view(&from),
                              buf_view(&to), false);
}

bool kit_page_next(struct kit_page *page) {
    if (page->more || !store_iter_next(page->it))
        return false;
    page->key = page->it->key;
    page->value = page->it->value;
    return true;
}

/* ---- Items ---- */

bool kit_page_add(struct kit_page *page, str place, json_t *item) {
    CLEANUP_JSON json_t *mine = item;
    bool before = !page->it && page->after.len && str_cmp(place, buf_view(&page->after)) <= 0;
    if (before)
        return true;
    if (json_array_size(page->items) == page->most) {
        page->more = true;
        return false;
    }
    json_array_append(page->items, mine);
    buf_clear(&page->last);
    buf_str(&page->last, place.p ? place : str_skip(page->key, page->prefix));
    return true;
}

int kit_page_end(struct kit_page *page) {
    const struct kit_paging *paging = page->paging;
    struct rq *rq = page->rq;
    CLEANUP_DEINIT(buf) struct buf token = {0};
    int fault = page->it ? store_iter_fault(page->it) : 0;
    if (fault)
        return aws_fault(rq, fault, "reading a listing");
    if (!rq->out)
        rq->out = json_object();
    json_object_set(rq->out, paging->list, page->items);
    if (paging->truncated)
        json_set_bool(rq->out, paging->truncated, page->more);
    if (!page->more)
        return 0;
    if (paging->plain)
        buf_str(&token, buf_view(&page->last));
    else
        kit_token_add(&token, page->scope, buf_view(&page->last));
    json_set_str(rq->out, paging->next ? paging->next : paging->token, buf_view(&token));
    return 0;
}
