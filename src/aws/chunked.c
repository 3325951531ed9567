/*
 * aws/chunked: the decoder of aws-chunked bodies: a state is a function that takes bytes from a
 * cursor and may set the next state.
 */
#include "aws/chunked.h"

#include "base/ascii.h"

/* Each state eats from *in and may set the next. Non-zero stops. */
static int in_size_line(struct aws_chunked *c, str *in);
static int in_bytes(struct aws_chunked *c, str *in);
static int in_bytes_end(struct aws_chunked *c, str *in);
static int in_trailers(struct aws_chunked *c, str *in);

/* Adds up to LF to the line. *ret_whole: the line is complete, without CR and LF. */
static int take_line(struct aws_chunked *c, str *in, bool *ret_whole) {
    ptrdiff_t lf = str_chr(*in, '\n');
    size_t n = lf < 0 ? in->len : (size_t)lf;
    *ret_whole = lf >= 0;
    if (c->line.len + n > AWS_CHUNK_MAX_LINE)
        return AWS_CHUNK_E_FORM;
    buf_add(&c->line, in->p, n);
    *in = str_skip(*in, n + (lf >= 0));
    if (*ret_whole && c->line.len && c->line.p[c->line.len - 1] == '\r')
        c->line.len--;
    return AWS_CHUNK_OK;
}

static bool parse_hex(str digits, uint64_t *ret) {
    uint64_t v = 0;
    if (digits.len == 0 || digits.len > 15)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        int d = ascii_hex(digits.p[i]);
        if (d < 0)
            return false;
        v = v << 4 | (unsigned)d;
    }
    *ret = v;
    return true;
}

static int parse_size_line(struct aws_chunked *c) {
    static const str key = S_INIT("chunk-signature=");
    str size, extension;
    str_cut(buf_view(&c->line), ';', &size, &extension);
    if (!parse_hex(str_trim(size), &c->left))
        return AWS_CHUNK_E_FORM;
    c->signature[0] = '\0';
    if (!c->is_signed)
        return AWS_CHUNK_OK;
    if (!str_starts(extension, key) || extension.len != key.len + 64)
        return AWS_CHUNK_E_FORM;
    memcpy(c->signature, extension.p + key.len, 64);
    c->signature[64] = '\0';
    return AWS_CHUNK_OK;
}

static int end_chunk(struct aws_chunked *c) {
    return c->is_signed ? c->events.chunk(c->events.ctx, str_c(c->signature)) : AWS_CHUNK_OK;
}

static int in_size_line(struct aws_chunked *c, str *in) {
    bool whole;
    int r = take_line(c, in, &whole);
    if (r != AWS_CHUNK_OK || !whole)
        return r;
    r = parse_size_line(c);
    buf_clear(&c->line);
    if (r != AWS_CHUNK_OK)
        return r;
    if (c->left > 0) {
        c->state = in_bytes;
        return AWS_CHUNK_OK;
    }
    c->over = true;
    c->state = in_trailers;
    return end_chunk(c);
}

static int in_bytes(struct aws_chunked *c, str *in) {
    str piece = str_slice(*in, 0, c->left < in->len ? (size_t)c->left : in->len);
    *in = str_skip(*in, piece.len);
    c->left -= piece.len;
    int r = c->events.bytes(c->events.ctx, piece);
    if (r != AWS_CHUNK_OK || c->left > 0)
        return r;
    c->state = in_bytes_end;
    return end_chunk(c);
}

static int in_bytes_end(struct aws_chunked *c, str *in) {
    bool whole;
    int r = take_line(c, in, &whole);
    if (r != AWS_CHUNK_OK || !whole)
        return r;
    if (c->line.len)
        return AWS_CHUNK_E_FORM;
    c->state = in_size_line;
    return AWS_CHUNK_OK;
}

static int give_trailer(struct aws_chunked *c) {
    str name, value;
    if (!str_cut(buf_view(&c->line), ':', &name, &value) || name.len == 0)
        return AWS_CHUNK_E_FORM;
    if (++c->trailers > AWS_CHUNK_MAX_TRAILERS)
        return AWS_CHUNK_E_FORM;
    ascii_lower_all(c->line.p, name.len);
    return c->events.trailer(c->events.ctx, str_trim(name), str_trim(value));
}

/*
 * Some clients put an empty line between the closing chunk and the trailers, as if the chunk had
 * bytes, so an empty line ends the body only together with the end of the bytes.
 */
static int in_trailers(struct aws_chunked *c, str *in) {
    bool whole;
    int r = take_line(c, in, &whole);
    if (r != AWS_CHUNK_OK || !whole)
        return r;
    if (c->line.len) {
        if (c->ended && c->trailers)
            return AWS_CHUNK_E_FORM;
        r = give_trailer(c);
    } else {
        c->ended = true;
    }
    buf_clear(&c->line);
    return r;
}

void aws_chunked_init(struct aws_chunked *chunked, bool is_signed,
                      const struct aws_chunk_events *events) {
    *chunked =
        (struct aws_chunked){.events = *events, .is_signed = is_signed, .state = in_size_line};
}

int aws_chunked_feed(struct aws_chunked *chunked, const void *p, size_t n) {
    str in = str_n(p, n);
    while (in.len) {
        int r = chunked->state(chunked, &in);
        if (r != AWS_CHUNK_OK)
            return r;
    }
    return AWS_CHUNK_OK;
}

int aws_chunked_end(struct aws_chunked *chunked) {
    int r = AWS_CHUNK_OK;
    if (!chunked->over)
        return AWS_CHUNK_E_CUT;
    /* A last trailer without its line end. */
    if (chunked->line.len)
        r = give_trailer(chunked);
    buf_clear(&chunked->line);
    return r;
}

void aws_chunked_deinit(struct aws_chunked *chunked) { buf_deinit(&chunked->line); }
