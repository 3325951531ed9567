/*
 * client/http: the decoder of HTTP/1.1 answers: a state is a function that takes bytes from a
 * cursor and may set the next state.
 */
#include "client/http.h"

#include "base/ascii.h"

static int in_status(struct client_http *h, str *in);
static int in_headers(struct client_http *h, str *in);
static int in_length(struct client_http *h, str *in);
static int in_rest(struct client_http *h, str *in);
static int in_chunk_size(struct client_http *h, str *in);
static int in_chunk(struct client_http *h, str *in);
static int in_chunk_end(struct client_http *h, str *in);
static int in_trailers(struct client_http *h, str *in);

/* A line up to LF, without CR and LF, into h->line. */
static int take_line(struct client_http *h, str *in, bool *ret_whole) {
    ptrdiff_t lf = str_chr(*in, '\n');
    size_t n = lf < 0 ? in->len : (size_t)lf;
    *ret_whole = lf >= 0;
    if (h->line.len + n > CLIENT_HTTP_MAX_LINE)
        return CLIENT_HTTP_E_FORM;
    buf_add(&h->line, in->p, n);
    *in = str_skip(*in, n + (lf >= 0));
    if (*ret_whole && h->line.len && h->line.p[h->line.len - 1] == '\r')
        h->line.len--;
    return CLIENT_HTTP_OK;
}

static int in_status(struct client_http *h, str *in) {
    bool whole;
    int r = take_line(h, in, &whole);
    if (r || !whole)
        return r;
    str line = buf_view(&h->line);
    uint64_t status;
    if (line.len < 12 || !str_starts(line, S("HTTP/1.")) ||
        (line.p[7] != '0' && line.p[7] != '1') || line.p[8] != ' ' ||
        !str_to_u64(str_slice(line, 9, 12), &status) || status < 100 || status > 599 ||
        (line.len > 12 && line.p[12] != ' '))
        return CLIENT_HTTP_E_FORM;
    h->http10 = line.p[7] == '0';
    h->status = (int)status;
    buf_clear(&h->line);
    buf_clear(&h->head);
    h->state = in_headers;
    return CLIENT_HTTP_OK;
}

str client_http_header(str head, str name) {
    str left = head, line, key, value;
    while (str_cut(left, '\n', &line, &left))
        if (str_cut(line, ':', &key, &value) && str_eq_nocase(key, name))
            return str_trim(value);
    return STR_NONE;
}

/* Content-Length: one number, however often it stands there. */
static int read_length(struct client_http *h) {
    str left = buf_view(&h->head), line, key, value;
    while (str_cut(left, '\n', &line, &left)) {
        uint64_t n;
        if (!str_cut(line, ':', &key, &value) || !str_eq_nocase(key, S("content-length")))
            continue;
        if (!str_to_u64(str_trim(value), &n) || (h->has_length && n != h->left))
            return CLIENT_HTTP_E_FORM;
        h->has_length = true;
        h->left = n;
    }
    return CLIENT_HTTP_OK;
}

static int finish(struct client_http *h) {
    h->done = true;
    return CLIENT_HTTP_OK;
}

static int end_of_headers(struct client_http *h) {
    if (h->status < 200) {
        if (h->status == 101 || ++h->interim > CLIENT_HTTP_MAX_INTERIM)
            return CLIENT_HTTP_E_FORM;
        h->continued = h->continued || h->status == 100;
        h->state = in_status;
        return CLIENT_HTTP_OK;
    }
    str coding = client_http_header(buf_view(&h->head), S("transfer-encoding"));
    str connection = client_http_header(buf_view(&h->head), S("connection"));
    int r = read_length(h);
    if (r)
        return r;
    if (coding.p) {
        if (!str_eq_nocase(coding, S("chunked")) || h->has_length)
            return CLIENT_HTTP_E_FORM;
        h->chunked = true;
    }
    h->keep_alive = h->http10 ? str_eq_nocase(connection, S("keep-alive"))
                              : !str_eq_nocase(connection, S("close"));
    r = h->headers ? h->headers(h->ctx) : 0;
    if (r)
        return r;
    if (h->no_body || h->status == 204 || h->status == 304 || (h->has_length && h->left == 0))
        return finish(h);
    if (h->chunked) {
        h->state = in_chunk_size;
    } else if (h->has_length) {
        h->state = in_length;
    } else {
        h->keep_alive = false;
        h->state = in_rest;
    }
    return CLIENT_HTTP_OK;
}

static int in_headers(struct client_http *h, str *in) {
    bool whole;
    int r = take_line(h, in, &whole);
    if (r || !whole)
        return r;
    str line = buf_view(&h->line), name, value;
    h->head_bytes += line.len + 2;
    if (h->head_bytes > CLIENT_HTTP_MAX_HEAD)
        return CLIENT_HTTP_E_FORM;
    if (line.len == 0)
        return end_of_headers(h);
    if (!str_cut(line, ':', &name, &value) || name.len == 0 || str_chr(line, '\0') >= 0 ||
        name.p[0] == ' ' || name.p[0] == '\t' || name.p[name.len - 1] == ' ')
        return CLIENT_HTTP_E_FORM;
    buf_str(&h->head, line);
    buf_char(&h->head, '\n');
    buf_clear(&h->line);
    return CLIENT_HTTP_OK;
}

/* Hands on what of *in belongs to the current run of h->left bytes. */
static int give(struct client_http *h, str *in) {
    str piece = str_slice(*in, 0, h->left < in->len ? (size_t)h->left : in->len);
    *in = str_skip(*in, piece.len);
    h->left -= piece.len;
    return piece.len && h->bytes ? h->bytes(h->ctx, piece.p, piece.len) : CLIENT_HTTP_OK;
}

static int in_length(struct client_http *h, str *in) {
    int r = give(h, in);
    return r || h->left ? r : finish(h);
}

static int in_rest(struct client_http *h, str *in) {
    h->left = in->len;
    return give(h, in);
}

static int in_chunk_size(struct client_http *h, str *in) {
    bool whole;
    int r = take_line(h, in, &whole);
    if (r || !whole)
        return r;
    str digits, extension;
    str_cut(buf_view(&h->line), ';', &digits, &extension);
    digits = str_trim(digits);
    if (digits.len == 0 || digits.len > 15)
        return CLIENT_HTTP_E_FORM;
    h->left = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int d = ascii_hex(digits.p[i]);
        if (d < 0)
            return CLIENT_HTTP_E_FORM;
        h->left = h->left << 4 | (unsigned)d;
    }
    buf_clear(&h->line);
    h->state = h->left ? in_chunk : in_trailers;
    return CLIENT_HTTP_OK;
}

static int in_chunk(struct client_http *h, str *in) {
    int r = give(h, in);
    if (!r && !h->left)
        h->state = in_chunk_end;
    return r;
}

static int in_chunk_end(struct client_http *h, str *in) {
    bool whole;
    int r = take_line(h, in, &whole);
    if (r || !whole)
        return r;
    h->state = in_chunk_size;
    return h->line.len ? CLIENT_HTTP_E_FORM : CLIENT_HTTP_OK;
}

static int in_trailers(struct client_http *h, str *in) {
    bool whole;
    int r = take_line(h, in, &whole);
    if (r || !whole)
        return r;
    h->head_bytes += h->line.len + 2;
    if (h->head_bytes > CLIENT_HTTP_MAX_HEAD)
        return CLIENT_HTTP_E_FORM;
    bool end = h->line.len == 0;
    buf_clear(&h->line);
    return end ? finish(h) : CLIENT_HTTP_OK;
}

void client_http_init(struct client_http *http) { http->state = in_status; }

int client_http_feed(struct client_http *http, const void *p, size_t n, size_t *ret_used) {
    str in = str_n(p, n);
    int r = CLIENT_HTTP_OK;
    while (in.len && !http->done && !r)
        r = http->state(http, &in);
    *ret_used = n - in.len;
    return r;
}

int client_http_eof(struct client_http *http) {
    if (http->state == in_rest)
        http->done = true;
    return http->done ? CLIENT_HTTP_OK : CLIENT_HTTP_E_CUT;
}

void client_http_deinit(struct client_http *http) {
    buf_deinit(&http->head);
    buf_deinit(&http->line);
}
