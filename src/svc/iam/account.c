/* Accounts: made at first start and by `calotype account add`; each with a root key. */
#include "base/arn.h"
#include "base/clock.h"
#include "svc/iam/iam_priv.h"

/* 0, STORE_E_ABSENT, or a fault with words. */
static int get_account(const struct rows *rows, str account, struct row *row, struct err *err) {
    iam_key_plain(&row->key, "iam.account", account);
    int r = row_get(rows, row);
    if (r && r != STORE_E_ABSENT)
        return err_set(err, r, "the row of account " STR_FMT " cannot be read: %s",
                       STR_ARG(account), outcome_words(r));
    return r;
}

int iam_create_account(struct iam_svc *iam, str account, struct aws_credentials *ret_root,
                       struct err *err) {
    if (!arn_is_account(account))
        return err_set(err, IAM_E_BAD_ACCOUNT, "An account id has 12 digits: \"" STR_FMT "\"",
                       STR_ARG(account));
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(row) struct row row = {0};
    struct rows rows = {iam->store, NULL, batch};
    int r = get_account(&rows, account, &row, err);
    if (r == STORE_E_ABSENT) {
        CLEANUP_JSON json_t *doc = json_object();
        json_set_int(doc, "CreateDate", clock_world_ms() / 1000);
        row_put_json(&rows, &row, doc);
        iam_key_create(&rows, account, S(""), clock_world_ms(), ret_root);
        r = store_commit(iam->store, batch, err);
    }
    if (row.there || r == STORE_E_CONDITION)
        return err_set(err, IAM_E_EXISTS, "Account " STR_FMT " exists already", STR_ARG(account));
    return r; /* with the store's words: it is full, or read-only */
}

int iam_create_root_key(struct iam_svc *iam, str account, struct aws_credentials *ret_root,
                        struct err *err) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(row) struct row row = {0};
    struct rows rows = {iam->store, NULL, batch};
    int r = get_account(&rows, account, &row, err);
    if (r == 0) {
        iam_key_create(&rows, account, S(""), clock_world_ms(), ret_root);
        r = store_commit(iam->store, batch, err);
    }
    if (r == STORE_E_ABSENT)
        return err_set(err, IAM_E_NO_ACCOUNT, "There is no account " STR_FMT, STR_ARG(account));
    return r;
}
