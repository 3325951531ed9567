/*
 * Role sessions: {Account, Role, RoleId, RoleArn, Name, Expires (real ms), Issued, Secret, Token,
 * Policy, PolicyArns, Key {Name, Value}}. A session whose role is gone, or was made anew, is gone
 * with it.
 */
#include "base/arn.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/rand.h"
#include "svc/iam/iam_priv.h"

enum {
    TOKEN_BYTES = 96,
    /* so that a late caller is told ExpiredToken, not an unknown key */
    KEPT_AFTER_END_MS = 60 * 60 * 1000,
    SWEEP_EVERY_MS = 10 * 60 * 1000,
    SWEEP_AT_ONCE = 1000,
};

bool iam_role_arn_parts(str text, str *ret_account, str *ret_name) {
    struct arn arn;
    if (!arn_parse(text, &arn) || !str_is(arn.service, "iam") || !arn_is_account(arn.account) ||
        !str_starts(arn.resource, S("role/")))
        return false;
    *ret_account = arn.account;
    *ret_name = str_skip(arn.resource, (size_t)str_rchr(arn.resource, '/') + 1);
    return ret_name->len > 0;
}

static void make_credentials(struct aws_credentials *c, int64_t seconds) {
    unsigned char token[TOKEN_BYTES];
    memcpy(c->access_key, "ASIA", 4);
    rand_base32(c->access_key + 4, 16);
    iam_make_secret(c->secret_key);
    rand_bytes(token, sizeof token);
    buf_clear(&c->session_token);
    codec_add_base64(&c->session_token, token, sizeof token);
    c->expires_ms = clock_real_ms() + seconds * 1000;
}

void iam_session_put(const struct rows *rows, str account, const json_t *role,
                     const struct iam_session_terms *terms,
                     struct aws_credentials *ret_credentials) {
    make_credentials(ret_credentials, terms->seconds);
    str id = str_c(ret_credentials->access_key);
    CLEANUP_DEINIT(buf) struct buf key = {0}, text = {0};
    CLEANUP_JSON json_t *doc = json_object();
    json_set_str(doc, "Account", account);
    json_set_str(doc, "Role", json_str(role, "RoleName"));
    json_set_str(doc, "RoleId", json_str(role, "RoleId"));
    json_set_str(doc, "RoleArn", json_str(role, "Arn"));
    json_set_str(doc, "Name", terms->name);
    json_set_int(doc, "Expires", ret_credentials->expires_ms);
    json_set_int(doc, "Issued", clock_real_ms());
    json_set_str(doc, "Secret", str_c(ret_credentials->secret_key));
    json_set_str(doc, "Token", buf_view(&ret_credentials->session_token));
    if (terms->document.len)
        json_set_str(doc, "Policy", terms->document);
    if (terms->arns)
        json_set(doc, "PolicyArns", json_deep_copy(terms->arns));
    if (terms->key.name.len) {
        json_t *session_key = json_object();
        json_set_str(session_key, "Name", terms->key.name);
        json_set_str(session_key, "Value", terms->key.value);
        json_set(doc, "Key", session_key);
    }
    json_write(&text, doc);
    /* Blind: the id is of this call alone. */
    iam_key_plain(&key, "iam.session", id);
    row_put_blind(rows, STORE_META, buf_view(&key), buf_view(&text));
    key_begin(&key, "iam.expiry");
    key_u64(&key, (uint64_t)ret_credentials->expires_ms);
    key_str(&key, id);
    row_put_blind(rows, STORE_META, buf_view(&key), S(""));
}

void iam_session_create(struct rq *rq, const struct iam_role_view *role,
                        const struct iam_session_terms *terms,
                        struct aws_credentials *ret_credentials) {
    CLEANUP_JSON json_t *doc = json_object();
    json_set_str(doc, "RoleName", role->name);
    json_set_str(doc, "RoleId", role->id);
    json_set_str(doc, "Arn", role->arn);
    iam_session_put(rq_rows(rq), role->account, doc, terms, ret_credentials);
}

/*
 * Removes one lot of ended sessions; true when there may be more. Blind: a session is written once,
 * and deleted here.
 */
static bool sweep_some(struct iam_svc *iam, int64_t before_ms) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0}, id = {0}, key = {0};
    key_begin(&from, "iam.expiry");
    key_begin(&to, "iam.expiry");
    key_u64(&to, (uint64_t)before_ms);
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct rows rows = {iam->store, NULL, batch};
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(iam->store, NULL, STORE_META, buf_view(&from), buf_view(&to), false);
    store_iter_keys_only(it);
    size_t n = 0;
    while (n < SWEEP_AT_ONCE && store_iter_next(it)) {
        struct cur c = cur_of(it->key);
        key_take_kind(&c);
        key_take_u64(&c);
        buf_clear(&id);
        key_take_str(&c, &id);
        iam_key_plain(&key, "iam.session", buf_view(&id));
        row_del_blind(&rows, STORE_META, buf_view(&key));
        row_del_blind(&rows, STORE_META, it->key);
        n++;
    }
    store_batch_frees(batch);
    if (n == 0 || store_commit(iam->store, batch, NULL))
        return false;
    return n == SWEEP_AT_ONCE;
}

int64_t iam_session_sweep(void *ctx) {
    while (sweep_some(ctx, clock_real_ms() - KEPT_AFTER_END_MS))
        ;
    return clock_world_ms() + SWEEP_EVERY_MS;
}
