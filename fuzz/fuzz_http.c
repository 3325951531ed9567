/*
 * The client's answer parser, in two splits that must agree on every byte of the body, into a sink
 * that may give up in the middle of it; and the error reader behind it.
 */
#include "client/client_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Who receives the body: what came, in order, and where it has enough. */
struct sink {
    uint64_t bytes, sum, most;
    bool has_head; /* the head was whole before the first byte */
    const struct client_http *http;
};
enum { ENOUGH = 77 };

static int on_headers(void *ctx) {
    struct sink *sink = ctx;
    sink->has_head = true;
    (void)client_http_header(buf_view(&sink->http->head), S("content-length"));
    return 0;
}

static int on_bytes(void *ctx, const void *p, size_t n) {
    struct sink *sink = ctx;
    if (n == 0 || !sink->has_head)
        abort();
    for (size_t i = 0; i < n; i++) {
        if (sink->bytes == sink->most)
            return ENOUGH;
        sink->bytes++;
        sink->sum = sink->sum * 1099511628211u + ((const uint8_t *)p)[i];
    }
    return 0;
}

static int parse(const uint8_t *data, size_t size, size_t step, bool no_body, struct sink *sink) {
    struct client_http http = {.no_body = no_body,
                               .headers = on_headers,
                               .bytes = on_bytes,
                               .ctx = sink};
    int r = 0;
    sink->http = &http;
    client_http_init(&http);
    for (size_t at = 0, used = 0; at < size && !r && !http.done; at += used)
        r = client_http_feed(&http, data + at, size - at < step ? size - at : step, &used);
    if (!r)
        r = client_http_eof(&http);
    client_http_deinit(&http);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct client_response response = {.status = 400};
    struct client_fault fault = {0};
    struct client_url url;
    if (size < 1 || size > 65536)
        return 0;
    /* bit 0: the request was HEAD; the others: how much the sink takes, 0: all */
    uint64_t most = data[0] >> 1 ? data[0] >> 1 : UINT64_MAX;
    struct sink whole = {.most = most}, bytewise = {.most = most};
    int one = parse(data + 1, size - 1, size, data[0] & 1, &whole);
    int other = parse(data + 1, size - 1, 1, data[0] & 1, &bytewise);
    if (one != other || whole.bytes != bytewise.bytes || whole.sum != bytewise.sum)
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
