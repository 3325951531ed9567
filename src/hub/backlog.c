/* hub/backlog: how much due work there is, of each kind, for whoever asks how the daemon is. */
#include "hub/hub_priv.h"

#include "store/key.h"

/*
 * Ids grow, and a row that is written again keeps its own: the first row is the oldest. False: there
 * is none.
 */
static bool find_oldest(struct hub_due *due, int64_t *ret_ms) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    struct hub_due_item item = {0};
    key_begin(&from, "due");
    key_str(&from, str_c(due->kind.name));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(due->hub->store, NULL, STORE_QUEUE, buf_view(&from));
    store_iter_damaged_too(it); /* it counts, and hides nothing behind it */
    if (!store_iter_next(it))
        return false;
    *ret_ms = !it->damaged && hub_due_decode(it->value, &item) ? item.born_ms : 0;
    return true;
}

static uint64_t waiting(struct hub_due *due) {
    uint64_t owned = due->kind.owned ? due->kind.owned(due->kind.ctx) : 0;
    LOCK_SCOPE(&due->lock);
    return owned + due->queue.ready.n + due->queue.n + due->n_hands;
}

/* Without a row, what memory still has is a look that will find nothing. */
size_t hub_backlogs(struct hub *hub, struct hub_backlog ret[HUB_MOST_BACKLOGS]) {
    size_t n = 0;
    LIST_EACH (node, &hub->kinds) {
        struct hub_due *due = LIST_ENTRY(node, struct hub_due, node);
        if (due->kind.in_memory || n == HUB_MOST_BACKLOGS)
            continue;
        struct hub_backlog *one = &ret[n++];
        *one = (struct hub_backlog){.kind = due->kind.name};
        one->waiting = waiting(due);
        if (one->waiting && !find_oldest(due, &one->oldest_ms))
            one->waiting = 0;
    }
    return n;
}
