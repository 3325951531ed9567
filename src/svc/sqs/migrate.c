/*
 * sqs/migrate: up to format 3 messages were sealed under a data key of their queue, bound to their
 * row's key. The store seals them from format 4 on; the queue's key goes.
 */
#include "base/codec.h"
#include "store/seal.h"
#include "svc/sqs/sqs.h"

#include "base/json.h"
#include "store/key.h"

static bool key_id_of(const json_t *doc, char ret[SEAL_KEY_ID_LEN]) {
    return codec_unhex(json_str(doc, "Seal"), ret, SEAL_KEY_ID_LEN);
}

/* The key of the queue, by its row: rows of queues are turned after all messages. */
static int find_key(struct store *store, uint64_t queue, const struct seal_key **ret_key) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "sqs");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        char id[SEAL_KEY_ID_LEN];
        if ((uint64_t)json_int(doc, "Id", 0) == queue && key_id_of(doc, id))
            return seal_key_get(store, str_n(id, sizeof id), ret_key, NULL);
    }
    int fault = store_iter_fault(it);
    return fault ? fault : STORE_E_DAMAGED;
}

static int turn_message(struct store *store, struct store_batch *batch, str key, str value,
                        struct store_memo *memo) {
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    struct cur c = cur_of(key);
    key_take_kind(&c);
    uint64_t queue = key_take_u64(&c);
    if (c.bad)
        return STORE_E_DAMAGED;
    if (!memo->what || memo->owner != queue) {
        const struct seal_key *found;
        int r = find_key(store, queue, &found);
        if (r)
            return r < 0 ? r : STORE_E_DAMAGED;
        *memo = (struct store_memo){queue, found};
    }
    int r = unseal_value(memo->what, value, key, &plain);
    if (r == 0)
        store_put_blind(batch, STORE_QUEUE, key, buf_view(&plain));
    return r;
}

static int turn_queue(struct store *, struct store_batch *batch, str key, str value,
                      struct store_memo *) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    char id[SEAL_KEY_ID_LEN];
    if (!doc)
        return STORE_E_DAMAGED;
    if (!key_id_of(doc, id))
        return 0;
    json_object_del(doc, "Seal");
    json_write(&text, doc);
    store_put_blind(batch, STORE_META, key, buf_view(&text));
    seal_key_drop(batch, str_n(id, sizeof id));
    return 0;
}

const struct store_migration sqs_migrations[] = {
    {3, STORE_QUEUE, "sqsb", turn_message},
    {3, STORE_META, "sqs", turn_queue},
    {0},
};
