/* Access keys of users, and of root (user ""). */
#include "base/rand.h"
#include "svc/iam/iam_priv.h"

#include <stdio.h>

enum { MAX_KEYS = 2 };

static void index_key(struct buf *key, str account, str user, str access_key) {
    iam_key_named(key, "iam.keys", account, user);
    key_str(key, access_key);
}

void iam_key_create(const struct rows *rows, str account, str user, int64_t now_ms,
                    struct aws_credentials *ret_key) {
    memcpy(ret_key->access_key, "AKIA", 4);
    rand_base32(ret_key->access_key + 4, 16);
    iam_make_secret(ret_key->secret_key);
    ret_key->expires_ms = 0;
    str id = str_c(ret_key->access_key);
    CLEANUP_DEINIT(buf) struct buf key = {0}, text = {0};
    CLEANUP_JSON json_t *doc = json_object();
    json_set_str(doc, "Account", account);
    json_set_str(doc, "User", user);
    json_set_str(doc, "Status", S("Active"));
    json_set_int(doc, "CreateDate", now_ms / 1000);
    json_set_str(doc, "Secret", str_c(ret_key->secret_key));
    json_write(&text, doc);
    /* Blind: the id is of this call alone. */
    iam_key_plain(&key, "iam.key", id);
    row_put_blind(rows, STORE_META, buf_view(&key), buf_view(&text));
    index_key(&key, account, user, id);
    row_put_blind(rows, STORE_META, buf_view(&key), S(""));
}

/* Whose keys the request means: a user's name, or "" for root. 0 or AWS_FAILED. */
static int owner(struct rq *rq, str *ret_user) {
    if (!json_has(rq->in, "UserName") && rq->caller &&
        rq->caller->principal.kind == PRINCIPAL_ROOT) {
        *ret_user = S("");
        return 0;
    }
    CLEANUP_DEINIT(iam_entity) struct iam_entity entity = {0};
    if (iam_entity_get(&iam_kind_user, rq, &entity))
        return AWS_FAILED;
    *ret_user = arena_str(&rq->arena, json_str(entity.doc, "UserName"));
    return 0;
}

int iam_count_keys(struct rq *rq, str user, size_t *ret_n) {
    CLEANUP(store_iter) struct store_iter *it = iam_rows(rq, "iam.keys", user);
    store_iter_keys_only(it);
    while (store_iter_next(it))
        ++*ret_n;
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "list access keys") : 0;
}

static void set_user(json_t *out, str user) {
    json_set_str(out, "UserName", user.len ? user : S("root"));
}

int iam_op_CreateAccessKey(struct iam_svc *, struct rq *rq) {
    str user;
    size_t n = 0;
    if (owner(rq, &user) || iam_count_keys(rq, user, &n))
        return AWS_FAILED;
    if (n >= MAX_KEYS)
        return aws_fail(rq, &IAM_LimitExceeded, "Cannot exceed quota for AccessKeysPerUser: %d",
                        MAX_KEYS);
    if (iam_touch(rq))
        return AWS_FAILED;
    struct aws_credentials made = {.expires_ms = 0};
    iam_key_create(rq_rows(rq), rq->account, user, rq->now_ms, &made);
    json_t *key = json_object();
    set_user(key, user);
    json_set_str(key, "AccessKeyId", str_c(made.access_key));
    json_set_str(key, "Status", S("Active"));
    json_set_str(key, "SecretAccessKey", str_c(made.secret_key));
    json_set_int(key, "CreateDate", rq->now_ms / 1000);
    rq->out = json_object();
    json_set(rq->out, "AccessKey", key);
    return 0;
}

/* The row of a key that belongs to user. 0 or AWS_FAILED. */
static int get_key(struct rq *rq, str user, str access_key, struct row *row, json_t **ret_doc) {
    iam_key_plain(&row->key, "iam.key", access_key);
    CLEANUP_JSON json_t *doc = NULL;
    int r = rq_row_get_json(rq, row, &doc);
    if (r && r != STORE_E_ABSENT)
        return r;
    if (r || !str_eq(json_str(doc, "Account"), rq->account) ||
        !str_eq_nocase(json_str(doc, "User"), user))
        return aws_fail(rq, &IAM_NoSuchEntity,
                        "The Access Key with id " STR_FMT " cannot be found.", STR_ARG(access_key));
    *ret_doc = STEAL(doc);
    return 0;
}

static int list_key(struct kit_page *page, str user) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(buf) struct buf access_key = {0};
    CLEANUP_JSON json_t *doc = NULL;
    struct cur c = cur_of(str_skip(page->key, page->prefix));
    key_take_str(&c, &access_key);
    if (get_key(page->rq, user, buf_view(&access_key), &row, &doc))
        return AWS_FAILED;
    json_t *item = json_object();
    set_user(item, user);
    json_set_str(item, "AccessKeyId", buf_view(&access_key));
    json_set_str(item, "Status", json_str(doc, "Status"));
    json_set_int(item, "CreateDate", json_int(doc, "CreateDate", 0));
    kit_page_add(page, buf_view(&access_key), item);
    return 0;
}

int iam_op_ListAccessKeys(struct iam_svc *, struct rq *rq) {
    str user;
    CLEANUP_DEINIT(buf) struct buf below = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    const struct kit_paging paging = iam_paging("AccessKeyMetadata");
    if (kit_page_begin(&page, rq, &paging, STR_NONE) || owner(rq, &user))
        return AWS_FAILED;
    iam_key_named(&below, "iam.keys", rq->account, user);
    kit_page_rows(&page, STORE_META, buf_view(&below));
    while (kit_page_next(&page))
        if (list_key(&page, user))
            return AWS_FAILED;
    return kit_page_end(&page);
}

int iam_op_UpdateAccessKey(struct iam_svc *, struct rq *rq) {
    str user, access_key = json_str(rq->in, "AccessKeyId"), status = json_str(rq->in, "Status");
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (!str_is(status, "Active") && !str_is(status, "Inactive"))
        return aws_fail(rq, &IAM_ValidationError, "Status must be Active or Inactive");
    if (owner(rq, &user) || get_key(rq, user, access_key, &row, &doc) || iam_touch(rq))
        return AWS_FAILED;
    json_set_str(doc, "Status", status);
    row_put_json(rq_rows(rq), &row, doc);
    return 0;
}

int iam_op_DeleteAccessKey(struct iam_svc *, struct rq *rq) {
    str user, access_key = json_str(rq->in, "AccessKeyId");
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (owner(rq, &user) || get_key(rq, user, access_key, &row, &doc) || iam_touch(rq))
        return AWS_FAILED;
    row_del(rq_rows(rq), &row);
    index_key(&key, rq->account, json_str(doc, "User"), access_key);
    row_del_blind(rq_rows(rq), STORE_META, buf_view(&key)); /* goes with the key's row */
    store_batch_frees(rq_batch(rq));
    return 0;
}

int iam_account_of_key(struct rq *rq, str access_key, str *ret_account) {
    static const char *const kinds[] = {"iam.key", "iam.session"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CLEANUP_DEINIT(row) struct row row = {0};
        CLEANUP_JSON json_t *doc = NULL;
        iam_key_plain(&row.key, kinds[i], access_key);
        int r = rq_row_get_json(rq, &row, &doc);
        if (r == 0)
            *ret_account = arena_str(&rq->arena, json_str(doc, "Account"));
        if (r != STORE_E_ABSENT)
            return r;
    }
    return STORE_E_ABSENT;
}
