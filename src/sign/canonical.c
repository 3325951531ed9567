/* The canonical request and the string to sign of SigV4. */
#include "base/arena.h"
#include "base/codec.h"
#include "sign/sign.h"

void sign_add_normal_path(struct buf *out, str path) {
    size_t start = out->len;
    str left = path, segment;
    for (bool more = true; more;) {
        more = str_cut(left, '/', &segment, &left);
        if (segment.len == 0 || str_eq(segment, S(".")))
            continue;
        if (str_eq(segment, S(".."))) {
            ptrdiff_t slash = str_rchr(str_n(buf_cstr(out) + start, out->len - start), '/');
            out->len = start + (slash > 0 ? (size_t)slash : 0);
            continue;
        }
        buf_char(out, '/');
        buf_str(out, segment);
    }
    if (out->len == start || str_ends(path, S("/")))
        buf_char(out, '/');
}

/*
 * Decoded and encoded again, so that it does not matter which bytes the client chose to escape. An
 * escaped slash stays one: who escapes it signs it so.
 */
static void add_s3_path(struct buf *out, str path) {
    for (size_t i = 0; i < path.len; i++) {
        char c = path.p[i];
        bool escaped = c == '%' && codec_unhex(str_slice(path, i + 1, i + 3), &c, 1);
        codec_add_uri(out, str_n(&c, 1), !escaped);
        i += escaped ? 2 : 0;
    }
    if (path.len == 0)
        buf_char(out, '/');
}

void sign_add_canonical_path(struct buf *out, str path, bool s3) {
    if (s3) {
        add_s3_path(out, path);
        return;
    }
    struct buf normal = {0};
    sign_add_normal_path(&normal, path);
    codec_add_uri(out, buf_view(&normal), true);
    buf_deinit(&normal);
}

struct param {
    str name, value; /* canonically encoded */
};

static int cmp_params(const void *a, const void *b) {
    const struct param *one = a, *other = b;
    int order = str_cmp(one->name, other->name);
    return order ? order : str_cmp(one->value, other->value);
}

/* Appends the part in canonical encoding; a stray % stands for itself. */
static void add_part(struct buf *out, struct buf *scratch, str part) {
    buf_clear(scratch);
    if (!codec_unuri(scratch, part, true))
        buf_str(scratch, part);
    codec_add_uri(out, buf_view(scratch), false);
}

static size_t count_params(str query) {
    size_t n = 1;
    for (size_t i = 0; i < query.len; i++)
        n += query.p[i] == '&';
    return n;
}

void sign_add_canonical_query(struct buf *out, str query, str except) {
    if (query.len == 0)
        return;
    struct buf text = {0}, scratch = {0};
    struct param *params = mem_alloc(count_params(query) * sizeof *params);
    size_t n = 0;
    /* text does not move while it is cut: encoding makes of each byte three at most. */
    buf_reserve(&text, query.len * 3);
    str left = query, pair, name, value;
    for (bool more = true; more;) {
        more = str_cut(left, '&', &pair, &left);
        if (pair.len == 0)
            continue;
        str_cut(pair, '=', &name, &value);
        size_t name_at = text.len;
        add_part(&text, &scratch, name);
        size_t value_at = text.len;
        add_part(&text, &scratch, value);
        params[n] = (struct param){str_n(text.p + name_at, value_at - name_at),
                                   str_n(text.p + value_at, text.len - value_at)};
        if (!except.p || !str_eq(params[n].name, except))
            n++;
    }
    qsort(params, n, sizeof *params, cmp_params);
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_char(out, '&');
        buf_str(out, params[i].name);
        buf_char(out, '=');
        buf_str(out, params[i].value);
    }
    free(params);
    buf_deinit(&text);
    buf_deinit(&scratch);
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Trimmed, and every run of white space one space. */
static void add_header_value(struct buf *out, str value) {
    size_t start = out->len;
    for (size_t i = 0, word = 0; i < value.len; word = i) {
        while (i < value.len && !is_space(value.p[i]))
            i++;
        if (i > word && out->len > start)
            buf_char(out, ' ');
        buf_add(out, value.p + word, i - word);
        while (i < value.len && is_space(value.p[i]))
            i++;
    }
}

/* "name:value,value\n": all headers of that name, in their order. */
static void add_header(struct buf *out, const struct sign_request *request, str name) {
    bool first = true;
    buf_str(out, name);
    buf_char(out, ':');
    for (size_t i = 0; i < request->n_headers; i++) {
        if (!str_eq_nocase(request->headers[i].name, name))
            continue;
        if (!first)
            buf_char(out, ',');
        first = false;
        add_header_value(out, request->headers[i].value);
    }
    buf_char(out, '\n');
}

void sign_add_canonical(struct buf *out, const struct sign_request *request) {
    buf_str(out, request->method);
    buf_char(out, '\n');
    sign_add_canonical_path(out, request->path, request->s3);
    buf_char(out, '\n');
    sign_add_canonical_query(out, request->query, S("X-Amz-Signature"));
    buf_char(out, '\n');
    str left = request->signed_headers, name;
    for (bool more = left.len > 0; more;) {
        more = str_cut(left, ';', &name, &left);
        add_header(out, request, name);
    }
    buf_char(out, '\n');
    buf_str(out, request->signed_headers);
    buf_char(out, '\n');
    buf_str(out, request->payload_hash);
}

void sign_add_string(struct buf *out, str amz_date, struct sign_scope scope, str canonical) {
    char digest[SIGN_HEX + 1];
    sign_sha256_hex(digest, canonical);
    buf_str(out, S("AWS4-HMAC-SHA256\n"));
    buf_str(out, amz_date);
    buf_char(out, '\n');
    sign_add_scope(out, scope);
    buf_char(out, '\n');
    buf_c(out, digest);
}
