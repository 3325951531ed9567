/*
 * iam/migrate: up to format 3 the secrets in rows of keys and sessions were base64 of what a data
 * key of IAM's own had sealed, bound to the access key. The store seals the rows from format 4 on.
 * The row that names the data key, iam.seal, stays: it is read until the last session is turned. A
 * secret that does not verify becomes an empty one, with which nobody signs (source.c): its sealed
 * text was readable, so it must not become a secret itself.
 */
#include "base/codec.h"
#include "base/json.h"
#include "store/key.h"
#include "store/seal.h"
#include "svc/iam/iam.h"

static int find_key(struct store *store, struct store_memo *memo) {
    CLEANUP_DEINIT(buf) struct buf row = {0}, id = {0};
    const struct seal_key *found;
    if (memo->what)
        return 0;
    key_begin(&row, "iam.seal");
    int r = store_get(store, NULL, STORE_META, buf_view(&row), &id);
    r = r ? r : seal_key_get(store, buf_view(&id), &found, NULL);
    if (r)
        return r < 0 ? r : STORE_E_DAMAGED;
    memo->what = found;
    return 0;
}

static int open_old(struct store *store, struct store_memo *memo, str key, str sealed,
                    struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf access_key = {0}, raw = {0};
    struct cur c = cur_of(key);
    int r = find_key(store, memo);
    if (r)
        return r;
    key_take_kind(&c);
    if (!key_take_str(&c, &access_key) || !codec_unbase64(&raw, sealed))
        return STORE_E_DAMAGED;
    return unseal_value(memo->what, buf_view(&raw), buf_view(&access_key), out);
}

static void put(struct store_batch *batch, str key, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, doc);
    store_put_blind(batch, STORE_META, key, buf_view(&text));
}

static int turn_key(struct store *store, struct store_batch *batch, str key, str value,
                    struct store_memo *memo) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    CLEANUP_DEINIT(buf) struct buf secret = {0};
    if (!doc)
        return STORE_E_DAMAGED;
    int r = open_old(store, memo, key, json_str(doc, "Secret"), &secret);
    if (r < 0)
        return r;
    json_set_str(doc, "Secret", buf_view(&secret)); /* empty where it was damaged: no key at all */
    put(batch, key, doc);
    return 0;
}

static int turn_session(struct store *store, struct store_batch *batch, str key, str value,
                        struct store_memo *memo) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    str secret, token;
    int r = open_old(store, memo, key, json_str(doc, "Sealed"), &plain);
    if (r < 0 || !doc)
        return r < 0 ? r : STORE_E_DAMAGED;
    str_cut(buf_view(&plain), '\n', &secret, &token);
    json_object_del(doc, "Sealed");
    json_set_str(doc, "Secret", secret);
    json_set_str(doc, "Token", token);
    put(batch, key, doc);
    return 0;
}

const struct store_migration iam_migrations[] = {
    {3, STORE_META, "iam.key", turn_key},
    {3, STORE_META, "iam.session", turn_session},
    {0},
};
