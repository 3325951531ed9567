/* Where functions answer custom resources. The token in the path is the whole secret. */
#include "cfn/engine.h"

enum { MOST_BODY = 64 * 1024 }; /* AWS takes 4096 bytes; ours leaves room for Data */
static const char prefix[] = "/_calotype/cfn-response/";

bool cfn_is_answer(str path) { return str_starts(path, str_c(prefix)); }

int cfn_take_answer(struct cfn_engine *engine, const struct cfn_answer *answer) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf row = {0};
    CLEANUP_JSON json_t *said = answer->body.len <= MOST_BODY ? json_parse(answer->body, NULL) : NULL;
    struct store *store = cfn_engine_store(engine);
    if (!cfn_is_answer(answer->path))
        return 404;
    cfn_key_reply(&key, str_skip(answer->path, sizeof prefix - 1));
    int rc = store_get(store, NULL, STORE_META, buf_view(&key), &row);
    if (rc)
        return rc == STORE_E_ABSENT ? 403 : 500;
    CLEANUP_JSON json_t *reply = json_parse(buf_view(&row), NULL);
    if (!json_is_object(said) || !reply)
        return 400;
    if (json_obj(reply, "Answer"))
        return 200; /* the first answer counts */
    json_set(reply, "Answer", json_incref(said));
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct err why = {{0}};
    store_expect_value(batch, STORE_META, buf_view(&key), buf_view(&row));
    cfn_save(batch, buf_view(&key), reply);
    store_after(batch, cfn_engine_kick, engine);
    rc = store_commit(store, batch, &why);
    return rc == 0 || rc == STORE_E_CONDITION ? 200 : 500;
}
