/* Making SigV4 signatures, for clients. */
#include "base/arena.h"
#include "base/ascii.h"
#include "base/codec.h"
#include "sign/sign.h"

static int cmp_str(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* The names of all headers, lower case, sorted, each once, joined by ';'. */
static str list_headers(struct arena *arena, const struct sign_request *request) {
    struct buf list = {0};
    str *names = arena_alloc(arena, (request->n_headers + 1) * sizeof *names);
    for (size_t i = 0; i < request->n_headers; i++) {
        char *name = arena_cstr(arena, request->headers[i].name);
        ascii_lower_all(name, request->headers[i].name.len);
        names[i] = str_n(name, request->headers[i].name.len);
    }
    qsort(names, request->n_headers, sizeof *names, cmp_str);
    for (size_t i = 0; i < request->n_headers; i++) {
        if (i && str_eq(names[i], names[i - 1]))
            continue;
        if (list.len)
            buf_char(&list, ';');
        buf_str(&list, names[i]);
    }
    str made = arena_str(arena, buf_view(&list));
    buf_deinit(&list);
    return made;
}

static void sign_it(char out[SIGN_HEX + 1], const struct sign_request *request, str secret,
                    str amz_date, struct sign_scope scope) {
    struct sign_key key;
    sign_derive(&key, secret, scope);
    sign_request(out, &key, request, amz_date, scope);
}

void sign_authorize(struct buf *authorization, const struct sign_request *request,
                    const struct sign_credentials *credentials, str amz_date, str region,
                    str service, char signature[SIGN_HEX + 1]) {
    struct arena arena = {0};
    struct sign_request all = *request;
    struct sign_scope scope = {str_slice(amz_date, 0, 8), region, service};
    char made[SIGN_HEX + 1];
    all.signed_headers = list_headers(&arena, request);
    sign_it(made, &all, credentials->secret_key, amz_date, scope);

    buf_str(authorization, S("AWS4-HMAC-SHA256 Credential="));
    buf_str(authorization, credentials->access_key);
    buf_char(authorization, '/');
    sign_add_scope(authorization, scope);
    buf_str(authorization, S(", SignedHeaders="));
    buf_str(authorization, all.signed_headers);
    buf_str(authorization, S(", Signature="));
    buf_c(authorization, made);
    if (signature)
        memcpy(signature, made, sizeof made);
    arena_deinit(&arena);
}

void sign_presign(struct buf *query, const struct sign_request *request,
                  const struct sign_credentials *credentials, str amz_date, str region, str service,
                  uint32_t expires_s) {
    struct arena arena = {0};
    struct buf text = {0};
    struct sign_request all = *request;
    struct sign_scope scope = {str_slice(amz_date, 0, 8), region, service};
    char signature[SIGN_HEX + 1];
    all.signed_headers = list_headers(&arena, request);

    buf_str(&text, request->query);
    if (text.len)
        buf_char(&text, '&');
    buf_str(&text, S("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="));
    struct buf credential = {0};
    buf_str(&credential, credentials->access_key);
    buf_char(&credential, '/');
    sign_add_scope(&credential, scope);
    codec_add_uri(&text, buf_view(&credential), false);
    buf_deinit(&credential);
    buf_str(&text, S("&X-Amz-Date="));
    codec_add_uri(&text, amz_date, false);
    buf_printf(&text, "&X-Amz-Expires=%u&X-Amz-SignedHeaders=", expires_s);
    codec_add_uri(&text, all.signed_headers, false);
    if (credentials->session_token.len) {
        buf_str(&text, S("&X-Amz-Security-Token="));
        codec_add_uri(&text, credentials->session_token, false);
    }
    all.query = buf_view(&text);
    sign_it(signature, &all, credentials->secret_key, amz_date, scope);

    buf_str(query, buf_view(&text));
    buf_str(query, S("&X-Amz-Signature="));
    buf_c(query, signature);
    buf_deinit(&text);
    arena_deinit(&arena);
}
