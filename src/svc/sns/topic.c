/*
 * sns/topic: the names and keys of topics and subscriptions, and the walk over a topic's
 * subscriptions.
 */
#include "svc/sns/topic.h"

#include "store/key.h"

#include <errno.h>

bool sns_arn_parse(str arn, struct sns_arn *ret) {
    struct arn parts;
    str topic, id;
    if (!arn_parse_regional(arn, "sns", &parts))
        return false;
    bool has_id = str_cut(parts.resource, ':', &topic, &id);
    *ret = (struct sns_arn){parts.region, parts.account, topic, id};
    return topic.len > 0 && (!has_id || (id.len > 0 && str_chr(id, ':') < 0));
}

struct sns_arn sns_topic_of(const struct sns_arn *subscription) {
    struct sns_arn topic = *subscription;
    topic.subscription = STR_NONE;
    return topic;
}

void sns_arn_add(struct buf *out, const struct sns_arn *arn) {
    arn_add(out, "sns", arn->region, arn->account, STR_FMT, STR_ARG(arn->topic));
    if (arn->subscription.len)
        buf_printf(out, ":" STR_FMT, STR_ARG(arn->subscription));
}

void sns_subscription_key(struct buf *key, const struct sns_arn *arn) {
    kit_doc_key(key, "snssub", arn->account, arn->region, arn->topic);
    if (arn->subscription.len)
        key_str(key, arn->subscription);
}

bool sns_subscription_key_parse(str key, struct buf *text, struct sns_arn *ret) {
    struct cur c = cur_of(key);
    size_t ends[4];
    buf_clear(text);
    if (!str_is(key_take_kind(&c), "snssub"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (!key_take_str(&c, text))
            return false;
        ends[i] = text->len;
    }
    str all = buf_view(text);
    *ret = (struct sns_arn){.account = str_slice(all, 0, ends[0]),
                            .region = str_slice(all, ends[0], ends[1]),
                            .topic = str_slice(all, ends[1], ends[2]),
                            .subscription = str_slice(all, ends[2], ends[3])};
    return true;
}

void sns_walk_init(struct sns_walk *walk, struct store *store, const struct store_snap *snap,
                   const struct sns_arn *topic, str after) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    struct sns_arn all = sns_topic_of(topic);
    sns_subscription_key(&from, &all);
    *walk = (struct sns_walk){.it = store_iter_below(store, snap, STORE_META, buf_view(&from)),
                              .store = store,
                              .snap = snap};
    if (after.len == 0)
        return;
    all.subscription = after;
    sns_subscription_key(&from, &all);
    key_after(&from);
    store_iter_seek(walk->it, buf_view(&from));
}

/* 0, STORE_E_ABSENT (gone since the iterator was made), STORE_E_DAMAGED or -errno. */
static int read_row(struct sns_walk *walk) {
    enum { SHARED = 16 };
    struct store_iter *it = walk->it;
    if (walk->n++ >= SHARED)
        return store_iter_show(it) ? kit_doc_of(it->key, it->value, &walk->row)
                                   : store_iter_fault(it);
    buf_str(&walk->row.row.key, it->key);
    return kit_doc_get(&(struct rows){walk->store, walk->snap, NULL}, &walk->row);
}

static void drop_row(struct sns_walk *walk) {
    kit_doc_deinit(&walk->row);
    walk->row = (struct kit_doc){0};
}

int sns_walk_next(struct sns_walk *walk) {
    int r;
    do {
        drop_row(walk);
        if (!store_iter_next_key(walk->it)) {
            r = store_iter_fault(walk->it);
            return r > 0 ? -EBADMSG : r;
        }
        r = read_row(walk);
    } while (r == STORE_E_ABSENT);
    if (r == 0 && !sns_subscription_key_parse(walk->it->key, &walk->text, &walk->arn))
        r = STORE_E_DAMAGED;
    return r == 0 ? 1 : r > 0 ? -EBADMSG : r;
}

void sns_walk_deinit(struct sns_walk *walk) {
    drop_row(walk);
    store_iter_free(walk->it);
    buf_deinit(&walk->text);
    *walk = (struct sns_walk){0};
}
