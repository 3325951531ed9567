/* Requests that are signed as a client would sign them. */
#include "lib/signed.h"

static void fixture_no_free(struct aws_identity *id) { (void)id; }

static int fixture_find(void *ctx, str key, struct aws_identity **ret) {
    (void)ctx;
    static struct aws_identity user, session;
    user = (struct aws_identity){.refs = 2,
                                 .access_key = S(ACCESS),
                                 .secret_key = S(SECRET),
                                 .free_data = fixture_no_free};
    session = (struct aws_identity){.refs = 2,
                                    .access_key = S(SESSION_ACCESS),
                                    .secret_key = S(SECRET),
                                    .session_token = S(SESSION_TOKEN),
                                    .expires_ms = fixture_now + 3600000,
                                    .free_data = fixture_no_free};
    *ret = str_is(key, ACCESS) ? &user : str_is(key, SESSION_ACCESS) ? &session : NULL;
    return *ret ? 0 : AWS_E_NO_KEY;
}
const struct aws_identity_source fixture_source = {.find = fixture_find};

void fixture_init(struct fixture *f, const char *method, const char *path, const char *query) {
    *f = (struct fixture){
        .wire = {.method = str_c(method), .path = str_c(path), .query = str_c(query)}};
    f->wire.headers = f->headers;
    f->wire.arena = &f->arena;
}

void fixture_header(struct fixture *f, const char *name, const char *value) {
    f->headers[f->wire.n_headers++] = (struct sign_header){str_c(name), str_c(value)};
}

/* Signs all headers that are there, as of `at`. */
void fixture_sign_at(struct fixture *f, const char *access, const char *service,
                     const char *payload_hash, int64_t at) {
    char date[CLOCK_ISO_MAX];
    struct buf value = {0};
    clock_amz(date, at);
    fixture_header(f, "Host", "127.0.0.1:4566");
    fixture_header(f, "X-Amz-Date", arena_cstr(&f->arena, str_c(date)));
    struct sign_request request = {.method = f->wire.method,
                                   .path = f->wire.path,
                                   .query = f->wire.query,
                                   .headers = f->headers,
                                   .n_headers = f->wire.n_headers,
                                   .payload_hash = str_c(payload_hash),
                                   .s3 = strcmp(service, "s3") == 0};
    struct sign_credentials credentials = {str_c(access), S(SECRET), STR_NONE};
    sign_authorize(&value, &request, &credentials, str_c(date), S("eu-north-1"), str_c(service),
                   NULL);
    fixture_header(f, "Authorization", arena_cstr(&f->arena, buf_view(&value)));
    buf_deinit(&value);
}

void fixture_sign(struct fixture *f, const char *service, const char *payload_hash) {
    fixture_sign_at(f, ACCESS, service, payload_hash, fixture_now);
}

int fixture_check(struct fixture *f, enum aws_dialect dialect) {
    aws_auth_read(&f->auth, &f->wire, fixture_now);
    if (dialect == AWS_DIALECT_S3)
        f->auth.belongs_to = S("s3");
    return aws_auth_check(&f->auth, dialect, &fixture_source);
}

void fixture_deinit(struct fixture *f) {
    aws_auth_deinit(&f->auth);
    arena_deinit(&f->arena);
}
