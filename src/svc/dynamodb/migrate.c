/*
 * dynamodb/migrate: up to format 3 items, index entries and images were sealed under a data key of
 * their table, bound to their row's key (an image: to its item's). The store seals them from format
 * 4 on; the table's key goes.
 */

#include "base/codec.h"
#include "base/json.h"
#include "store/key.h"
#include "store/seal.h"
#include "svc/dynamodb/dynamodb.h"

/* Account, region and table-id behind the kind of a key, and the key up to there. */
struct place {
    struct buf account, region;
    uint64_t table;
    size_t end;
};

static void place_deinit(struct place *place) {
    buf_deinit(&place->account);
    buf_deinit(&place->region);
}

static bool read_place(str key, struct place *ret) {
    struct cur c = cur_of(key);
    key_take_kind(&c);
    key_take_str(&c, &ret->account);
    key_take_str(&c, &ret->region);
    ret->table = key_take_u64(&c);
    ret->end = key.len - c.s.len;
    return !c.bad;
}

/* Of the row of a table; absent when it has none. */
static bool key_id_of(const json_t *doc, char ret[SEAL_KEY_ID_LEN]) {
    return codec_unhex(json_str(doc, "KeyId"), ret, SEAL_KEY_ID_LEN);
}

/* The key of the table, by its row: rows of tables are turned after all of their items. */
static int find_key(struct store *store, const struct place *place,
                    const struct seal_key **ret_key) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "ddb-table");
    key_str(&from, buf_view(&place->account));
    key_str(&from, buf_view(&place->region));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        char id[SEAL_KEY_ID_LEN];
        if ((uint64_t)json_int(doc, "Id", 0) == place->table && key_id_of(doc, id))
            return seal_key_get(store, str_n(id, sizeof id), ret_key, NULL);
    }
    int fault = store_iter_fault(it);
    return fault ? fault : STORE_E_DAMAGED;
}

/* What was sealed for the row of that key. Rows of a table follow each other. */
static int open_old(struct store *store, const struct place *place, struct store_memo *memo,
                    str sealed, str key, struct buf *out) {
    if (!memo->what || memo->owner != place->table) {
        const struct seal_key *found;
        int r = find_key(store, place, &found);
        if (r)
            return r < 0 ? r : STORE_E_DAMAGED;
        *memo = (struct store_memo){place->table, found};
    }
    return unseal_value(memo->what, sealed, key, out);
}

static int turn_item(struct store *store, struct store_batch *batch, str key, str value,
                     struct store_memo *memo) {
    CLEANUP_DEINIT(place) struct place place = {.table = 0};
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    if (!read_place(key, &place))
        return STORE_E_DAMAGED;
    int r = open_old(store, &place, memo, value, key, &plain);
    if (r == 0)
        store_put_blind(batch, STORE_ITEMS, key, buf_view(&plain));
    return r;
}

/* The image names its item by what stands behind the table's id in the item's key. */
static int turn_image(struct store *store, struct store_batch *batch, str key, str value,
                      struct store_memo *memo) {
    CLEANUP_DEINIT(place) struct place place = {.table = 0};
    CLEANUP_DEINIT(buf) struct buf item = {0}, image = {0};
    struct cur c = cur_of(value);
    str rest = cur_lstr(&c), sealed = c.s, kind = S("h\0\1");
    if (c.bad || !read_place(key, &place))
        return STORE_E_DAMAGED;
    key_begin(&item, "i");
    buf_str(&item, str_slice(key, kind.len, place.end));
    buf_str(&item, rest);
    buf_lstr(&image, rest);
    int r = sealed.len ? open_old(store, &place, memo, sealed, buf_view(&item), &image) : 0;
    if (r == 0)
        store_put_blind(batch, STORE_HISTORY, key, buf_view(&image));
    return r;
}

static int turn_table(struct store *, struct store_batch *batch, str key, str value,
                      struct store_memo *) {
    CLEANUP_JSON json_t *doc = json_parse(value, NULL);
    char id[SEAL_KEY_ID_LEN];
    if (!doc)
        return STORE_E_DAMAGED;
    if (!key_id_of(doc, id))
        return 0;
    store_put_blind(batch, STORE_META, key, value); /* its KeyId goes on as a name in answers */
    seal_key_drop(batch, str_n(id, sizeof id));
    return 0;
}

const struct store_migration ddb_migrations[] = {
    {3, STORE_ITEMS, "i", turn_item},
    {3, STORE_ITEMS, "x", turn_item},
    {3, STORE_HISTORY, "h", turn_image},
    {3, STORE_META, "ddb-table", turn_table},
    {0},
};
