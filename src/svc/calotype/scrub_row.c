/* svc/calotype: the row of the last scrub, read and written. */
#include "svc/calotype/scrub_row.h"

#include "store/key.h"

#include <errno.h>

static void row_key(struct buf *key) { key_begin(key, "calotype.scrub"); }

int calotype_scrub_row_read(struct store *store, json_t **ret_doc, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    row_key(&key);
    int r = store_get(store, NULL, STORE_META, buf_view(&key), &value);
    if (r == STORE_E_ABSENT || r == STORE_E_DAMAGED) /* the store's log names the row */
        return 0;
    if (r)
        return err_set(err, r < 0 ? r : -EIO, "read the result of the last scrub: %s",
                       outcome_words(r));
    json_t *doc = json_parse(buf_view(&value), NULL);
    if (str_is(json_str(doc, "State"), "running"))
        json_set_str(doc, "State", S("interrupted"));
    *ret_doc = doc;
    return 0;
}

int calotype_scrub_row_write(struct store *store, const json_t *doc, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    row_key(&key);
    json_write(&value, doc);
    /* Blind: there is one scrub at a time, and nobody else writes this row. */
    store_put_blind(batch, STORE_META, buf_view(&key), buf_view(&value));
    store_batch_frees(batch); /* a few KiB, and known on a full disk too */
    return store_commit(store, batch, err);
}
