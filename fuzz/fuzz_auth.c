/*
 * Who calls: a request's head as lines, "METHOD PATH?QUERY" and then "name:value" each. The first
 * byte picks the dialect. One key is known, so that a seed's signature can be the right one.
 */
#include "aws/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS = 24 };
static const int64_t now_ms = 1795323419000; /* 2026-11-22T04:56:59Z */

static void never_freed(struct aws_identity *id) { (void)id; }
static int find(void *ctx, str key, struct aws_identity **ret) {
    (void)ctx;
    static struct aws_identity known;
    if (!str_is(key, "AKIAIOSFODNN7EXAMPLE"))
        return AWS_E_NO_KEY;
    known = (struct aws_identity){.refs = 2,
                                  .access_key = S("AKIAIOSFODNN7EXAMPLE"),
                                  .secret_key = S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                                  .free_data = never_freed};
    *ret = &known;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const enum aws_dialect dialects[] = {AWS_DIALECT_S3, AWS_DIALECT_QUERY,
                                                AWS_DIALECT_JSON};
    static const unsigned char hash[32];
    const struct aws_identity_source source = {.find = find};
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct sign_header headers[HEADERS];
    struct aws_wire wire = {.headers = headers, .arena = &arena};
    CLEANUP_DEINIT(aws_auth) struct aws_auth auth;
    if (size < 1 || size > 65536)
        return aws_auth_read(&auth, &wire, now_ms), 0;
    str rest = str_n(data + 1, size - 1), line = S("");
    str_cut(rest, '\n', &line, &rest);
    str_cut(line, ' ', &wire.method, &line);
    str_cut(line, '?', &wire.path, &wire.query);
    while (wire.n_headers < HEADERS && str_cut(rest, '\n', &line, &rest) && line.len) {
        struct sign_header *h = &headers[wire.n_headers++];
        str_cut(line, ':', &h->name, &h->value);
        h->value = h->value.p ? h->value : S("");
    }
    aws_auth_read(&auth, &wire, now_ms);
    enum aws_dialect dialect = dialects[data[0] % ARRAY_LEN(dialects)];
    if (aws_auth_check(&auth, dialect, &source) == 0 && auth.awaits_body)
        (void)aws_auth_body(&auth, hash);
    if (auth.kind == AWS_AUTH_ANONYMOUS)
        (void)aws_auth_fail_anonymous(&auth, dialect);
    return 0;
}
