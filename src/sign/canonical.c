/* The canonical request and the string to sign of SigV4. */
#include "base/arena.h"
#include "base/codec.h"
#include "sign/digest_priv.h"

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
    str left = path, plain;
    for (bool more = path.len > 0; more;) {
        char c = '%';
        more = str_cut(left, '%', &plain, &left);
        codec_add_uri(out, plain, true);
        if (!more)
            break;
        bool escaped = codec_unhex(str_slice(left, 0, 2), &c, 1);
        codec_add_uri(out, str_n(&c, 1), false);
        left = escaped ? str_skip(left, 2) : left;
    }
    if (path.len == 0)
        buf_char(out, '/');
}

/* Nothing in it that sign_add_normal_path would take out. */
static bool is_normal(str path) {
    return path.len > 0 && path.p[0] == '/' && str_find(path, S("//")) < 0 &&
           str_find(path, S("/.")) < 0;
}

void sign_add_canonical_path(struct buf *out, str path, bool s3) {
    if (s3) {
        add_s3_path(out, path);
        return;
    }
    if (is_normal(path)) {
        codec_add_uri(out, path, true);
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

/* No fewer bytes than the canonical request has: so its text grows once. */
static size_t most_bytes(const struct sign_request *request) {
    enum { ESCAPED = 3, OTHERS = 64 };
    size_t n = request->method.len + (request->path.len + request->query.len) * ESCAPED +
               2 * request->signed_headers.len + request->payload_hash.len + OTHERS;
    for (size_t i = 0; i < request->n_headers; i++)
        n += request->headers[i].value.len + 2;
    return n;
}

void sign_add_canonical(struct buf *out, const struct sign_request *request) {
    buf_reserve(out, most_bytes(request));
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

void sign_request(char out[SIGN_HEX + 1], const struct sign_key *key,
                  const struct sign_request *request, str amz_date, struct sign_scope scope) {
    struct buf *text = sign_scratch();
    sign_add_canonical(text, request);
    size_t at = text->len;
    /* Into the same buffer: what is hashed has been read before it grows. */
    sign_add_string(text, amz_date, scope, buf_view(text));
    sign_signature(out, key, str_skip(buf_view(text), at));
}
