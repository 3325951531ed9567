/* Signing keys: HMAC(HMAC(HMAC(HMAC("AWS4" secret, date), region), service), "aws4_request"). */
#include "base/codec.h"
#include "sign/sign.h"

enum { KEPT_KEYS = 8, KEPT_ID_MAX = 192 };

/* The last keys this thread derived, by secret and scope; the oldest is given up. */
static __thread struct kept_key {
    char id[KEPT_ID_MAX];
    size_t id_len;
    struct sign_key key;
} kept_keys[KEPT_KEYS];
static __thread unsigned next_key;

static bool make_id(char id[KEPT_ID_MAX], size_t *ret_len, str secret, struct sign_scope scope) {
    const str parts[] = {secret, scope.date, scope.region, scope.service};
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        /* Lengths in front: no two lists of parts make the same id. */
        if (parts[i].len > 255 || at + 1 + parts[i].len > KEPT_ID_MAX)
            return false;
        id[at++] = (char)parts[i].len;
        if (parts[i].len)
            memcpy(id + at, parts[i].p, parts[i].len);
        at += parts[i].len;
    }
    *ret_len = at;
    return true;
}

static void derive(struct sign_key *ret_key, str secret, struct sign_scope scope) {
    struct buf first = {0};
    unsigned char key[32];
    buf_str(&first, S("AWS4"));
    buf_str(&first, secret);
    sign_hmac(key, buf_view(&first), scope.date);
    explicit_bzero(first.p, first.len);
    buf_deinit(&first);
    sign_hmac(key, str_n(key, sizeof key), scope.region);
    sign_hmac(key, str_n(key, sizeof key), scope.service);
    sign_hmac(ret_key->bytes, str_n(key, sizeof key), S("aws4_request"));
}

void sign_derive(struct sign_key *ret_key, str secret, struct sign_scope scope) {
    char id[KEPT_ID_MAX];
    size_t len = 0;
    bool keepable = make_id(id, &len, secret, scope);
    for (size_t i = 0; keepable && i < KEPT_KEYS; i++)
        if (str_eq(str_n(kept_keys[i].id, kept_keys[i].id_len), str_n(id, len))) {
            *ret_key = kept_keys[i].key;
            return;
        }
    derive(ret_key, secret, scope);
    if (!keepable)
        return;
    struct kept_key *kept = &kept_keys[next_key];
    next_key = (next_key + 1) % KEPT_KEYS;
    memcpy(kept->id, id, len);
    kept->id_len = len;
    kept->key = *ret_key;
}

void sign_add_scope(struct buf *out, struct sign_scope scope) {
    buf_str(out, scope.date);
    buf_char(out, '/');
    buf_str(out, scope.region);
    buf_char(out, '/');
    buf_str(out, scope.service);
    buf_str(out, S("/aws4_request"));
}

void sign_signature(char out[SIGN_HEX + 1], const struct sign_key *key, str string_to_sign) {
    unsigned char mac[32];
    sign_hmac(mac, str_n(key->bytes, sizeof key->bytes), string_to_sign);
    codec_hex(out, mac, sizeof mac);
    out[SIGN_HEX] = '\0';
}
