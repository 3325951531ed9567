/* The Authorization header, the presigned query, and every canonicaliser, on untrusted bytes. */
#include "sign/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf out = {0}, text = {0};
    struct sign_claim claim;
    const char *what = NULL;
    str all = str_n(data, size), head, rest;
    if (size > 65536)
        return 0;
    str_cut(all, '\n', &head, &rest);
    (void)sign_parse_authorization(&claim, head, &what);
    (void)sign_parse_query(&claim, head, &text, &what);
    struct sign_header headers[] = {{S("x-amz-date"), rest}, {S("Host"), head}};
    struct sign_request request = {.method = S("GET"),
                                   .path = head,
                                   .query = rest,
                                   .headers = headers,
                                   .n_headers = 2,
                                   .signed_headers = S("host;x-amz-date"),
                                   .payload_hash = S("UNSIGNED-PAYLOAD")};
    sign_add_canonical(&out, &request);
    request.s3 = true;
    sign_add_canonical(&out, &request);
    sign_add_v2_string(&out, &request, S("bucket"), S("1"));
    buf_deinit(&out);
    buf_deinit(&text);
    return 0;
}
