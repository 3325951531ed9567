/* Pages of listings: of rows, and of what a request has made out. */
#include "cfn/cfn_priv.h"
#include "svc/kit/page.h"

static struct kit_paging paging_of(const char *list) {
    return (struct kit_paging){.token = "NextToken",
                               .list = list,
                               .most = 100,
                               .error = &CFN_ValidationError,
                               .text = "Invalid NextToken"};
}

/* 0, STORE_E_DAMAGED (the row is passed by) or AWS_FAILED. */
static int add_row(struct rq *rq, struct kit_page *page, const struct cfn_form *form,
                   cfn_show_fn *show) {
    void *what = arena_zalloc(&rq->arena, form->size);
    json_t *item = NULL;
    bool whole = cfn_seen(form, &rq->arena, page->key, page->value, &page->it->stamp, what);
    int r = whole ? show(rq, what, &item) : STORE_E_DAMAGED;
    if (r == 0 && item)
        kit_page_add(page, STR_NONE, item);
    cfn_form_deinit(form, what);
    row_deinit(what);
    return r;
}

int cfn_page_rows(struct rq *rq, const char *list, const struct cfn_form *form, str prefix,
                  cfn_show_fn *show) {
    const struct kit_paging paging = paging_of(list);
    CLEANUP_DEINIT(kit_page) struct kit_page page;
    int damage = 0;
    if (kit_page_begin(&page, rq, &paging, prefix))
        return AWS_FAILED;
    kit_page_rows(&page, STORE_META, prefix);
    while (kit_page_next(&page)) {
        int r = add_row(rq, &page, form, show);
        if (r && r != STORE_E_DAMAGED)
            return r;
        damage = r ? r : damage;
    }
    return cfn_listed(rq, damage, list) ? AWS_FAILED : kit_page_end(&page);
}

int cfn_page(struct rq *rq, const char *list, str scope, const json_t *all) {
    const struct kit_paging paging = paging_of(list);
    CLEANUP_DEINIT(kit_page) struct kit_page page;
    size_t i;
    json_t *one;
    if (kit_page_begin(&page, rq, &paging, scope))
        return AWS_FAILED;
    json_array_foreach (all, i, one)
        if (!kit_page_add(&page, arena_printf(&rq->arena, "%08zu", i), json_incref(one)))
            break;
    return kit_page_end(&page);
}
