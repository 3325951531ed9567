/* The client's answer parser, in two splits that must agree, and the error reader behind it. */
#include "client/client_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(void *ctx, const void *p, size_t n) {
    (void)p;
    *(uint64_t *)ctx += n;
    return 0;
}

static int parse(const uint8_t *data, size_t size, size_t step, bool no_body, uint64_t *ret_bytes) {
    struct client_http http = {.no_body = no_body, .bytes = count, .ctx = ret_bytes};
    int r = 0;
    client_http_init(&http);
    for (size_t at = 0, used = 0; at < size && !r && !http.done; at += used)
        r = client_http_feed(&http, data + at, size - at < step ? size - at : step, &used);
    if (!r)
        r = client_http_eof(&http);
    client_http_deinit(&http);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t whole = 0, bytewise = 0;
    struct client_response response = {.status = 400};
    struct client_fault fault = {0};
    struct client_url url;
    if (size < 1 || size > 65536)
        return 0;
    int one = parse(data + 1, size - 1, size, data[0] & 1, &whole);
    int other = parse(data + 1, size - 1, 1, data[0] & 1, &bytewise);
    if (one != other || (one == 0 && whole != bytewise))
        abort();
    str text = str_n(data + 1, size - 1), head, body;
    (void)client_url_parse(&url, text);
    str_cut(text, '\r', &head, &body);
    buf_str(&response.head, head);
    buf_str(&response.body, body);
    client_read_fault(&response, &fault);
    client_response_deinit(&response);
    return 0;
}
