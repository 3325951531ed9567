/*
 * The body decoder: the first byte picks the form and the split, headers follow as lines up to an
 * empty one, then the body.
 */
#include "aws/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int no_key(void *ctx, str key, struct aws_identity **ret) {
    (void)ctx;
    (void)key;
    (void)ret;
    return AWS_E_NO_KEY;
}

static int ignore(void *ctx, const void *p, size_t n) {
    *(uint64_t *)ctx += n + (p == NULL);
    return 0;
}

static const char *const forms[] = {"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                                    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena = {0};
    struct sign_header headers[16];
    struct aws_wire wire = {.method = S("PUT"),
                            .path = S("/b/k"),
                            .headers = headers,
                            .arena = &arena};
    struct aws_identity_source source = {.find = no_key};
    struct aws_auth auth;
    struct aws_body body;
    struct aws_payload payload = {0};
    uint64_t seen = 0;
    if (size < 1 || size > 65536)
        return 0;
    const char *form = forms[data[0] & 3];
    size_t step = 1 + (data[0] >> 2) * (size_t)3;
    str left = str_n(data + 1, size - 1), line = S("");
    if (form)
        headers[wire.n_headers++] = (struct sign_header){S("x-amz-content-sha256"), str_c(form)};
    while (wire.n_headers < 16 && str_cut(left, '\n', &line, &left) && line.len) {
        struct sign_header *h = &headers[wire.n_headers++];
        str_cut(line, ':', &h->name, &h->value);
        h->value = h->value.p ? h->value : S("");
    }
    if (!left.p)
        left = S("");
    aws_auth_read(&auth, &wire, 1795323419000);
    (void)aws_auth_check(&auth, AWS_DIALECT_S3, &source);
    static const struct sign_key key;
    auth.key = &key; /* chunk signatures are computed, and are wrong */
    struct aws_body_options options = {.dialect = AWS_DIALECT_S3,
                                       .max_bytes = 1 << 20,
                                       .sink = ignore,
                                       .sink_ctx = &seen};
    int r = aws_body_init(&body, &wire, &auth, &options);
    for (size_t at = 0; at < left.len && r == 0; at += step)
        r = aws_body_feed(&body, left.p + at, left.len - at < step ? left.len - at : step);
    (void)aws_body_end(&body, &payload);
    aws_body_deinit(&body);
    aws_auth_deinit(&auth);
    arena_deinit(&arena);
    return 0;
}
