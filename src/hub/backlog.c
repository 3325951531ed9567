/* hub/backlog: how much due work there is, of each kind, for whoever asks how the daemon is. */
#include "hub/hub_priv.h"

#include "store/key.h"

/* Ids grow, and a row that is written again keeps its own: the first row is the oldest. */
static int64_t oldest_ms(struct hub_due *due) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    struct hub_due_item item = {0};
    key_begin(&from, "due");
    key_str(&from, str_c(due->kind.name));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(due->hub->store, NULL, STORE_QUEUE, buf_view(&from));
    return store_iter_next(it) && hub_due_decode(it->value, &item) ? item.born_ms : 0;
}

static uint64_t waiting(struct hub_due *due) {
    uint64_t owned = due->kind.owned ? due->kind.owned(due->kind.ctx) : 0;
    LOCK_SCOPE(&due->lock);
    return owned + due->queue.ready.n + due->queue.n + due->n_hands;
}

size_t hub_backlogs(struct hub *hub, struct hub_backlog ret[HUB_MOST_BACKLOGS]) {
    size_t n = 0;
    LIST_EACH (node, &hub->kinds) {
        struct hub_due *due = LIST_ENTRY(node, struct hub_due, node);
        if (due->kind.in_memory || n == HUB_MOST_BACKLOGS)
            continue;
        ret[n++] = (struct hub_backlog){due->kind.name, waiting(due), oldest_ms(due)};
    }
    return n;
}
