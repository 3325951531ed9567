#include "svc/sns/topic.h"

#include "store/key.h"

#include <errno.h>

bool sns_arn_parse(str arn, struct sns_arn *ret) {
    str rest = arn, parts[7];
    size_t n = 0;
    for (bool more = true; more;) {
        if (n == ARRAY_LEN(parts))
            return false;
        more = str_cut(rest, ':', &parts[n++], &rest);
    }
    if (n < 6 || !str_is(parts[0], "arn") || !str_starts(parts[1], S("aws")) || !str_is(parts[2], "sns") ||
        parts[3].len == 0 || parts[4].len != 12 || parts[5].len == 0)
        return false;
    *ret = (struct sns_arn){parts[3], parts[4], parts[5], n == 7 ? parts[6] : STR_NONE};
    return n == 6 || parts[6].len > 0;
}

void sns_arn_add(struct buf *out, const struct sns_arn *arn) {
    buf_printf(out, "arn:aws:sns:" STR_FMT ":" STR_FMT ":" STR_FMT, STR_ARG(arn->region), STR_ARG(arn->account), STR_ARG(arn->topic));
    if (arn->subscription.len)
        buf_printf(out, ":" STR_FMT, STR_ARG(arn->subscription));
}

static void begin(struct buf *key, const char *kind, const struct sns_arn *arn) {
    key_begin(key, kind);
    key_str(key, arn->account);
    key_str(key, arn->region);
    key_str(key, arn->topic);
}

void sns_topic_key(struct buf *key, const struct sns_arn *arn) { begin(key, "sns", arn); }

void sns_subscription_key(struct buf *key, const struct sns_arn *arn) {
    begin(key, "snssub", arn);
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
    *ret = (struct sns_arn){.account = str_slice(all, 0, ends[0]), .region = str_slice(all, ends[0], ends[1]),
                            .topic = str_slice(all, ends[1], ends[2]), .subscription = str_slice(all, ends[2], ends[3])};
    return true;
}

void sns_walk_init(struct sns_walk *walk, struct store *store, const struct store_snap *snap, const struct sns_arn *topic) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    struct sns_arn all = *topic;
    all.subscription = STR_NONE;
    sns_subscription_key(&from, &all);
    sns_subscription_key(&to, &all);
    key_after(&to);
    *walk = (struct sns_walk){.it = store_iter_new(store, snap, STORE_META, buf_view(&from), buf_view(&to), false)};
}

int sns_walk_next(struct sns_walk *walk) {
    json_decref(STEAL(walk->doc));
    if (!store_iter_next(walk->it))
        return store_iter_fault(walk->it);
    walk->doc = json_parse(walk->it->value, NULL);
    return walk->doc && sns_subscription_key_parse(walk->it->key, &walk->text, &walk->arn) ? 1 : -EBADMSG;
}

void sns_walk_deinit(struct sns_walk *walk) {
    store_iter_free(walk->it);
    buf_deinit(&walk->text);
    json_decref(walk->doc);
    *walk = (struct sns_walk){0};
}
