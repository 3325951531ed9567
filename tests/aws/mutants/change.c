/* mutants: the ways in which a request is changed on its way, drawn from one seed. */
#include "aws/mutants/mutants.h"

enum { SEED = 7 };

static uint64_t drawn = SEED;

void draw_from(uint64_t seed) { drawn = seed * 2 + 1; }
size_t draw(size_t n) {
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    return (size_t)(drawn >> 11) % n;
}
#define ONE_OF(list) (list)[draw(ARRAY_LEN(list))]

static const char *const more_params[] = {"publicAccessBlock",
                                          "encryption",
                                          "policy",
                                          "acl",
                                          "versionId=v2",
                                          "versionId=v1",
                                          "uploads",
                                          "uploadId=u",
                                          "uploadId=w",
                                          "partNumber=2",
                                          "tagging",
                                          "delete",
                                          "x-amz-acl=public-read",
                                          "x-amz-meta-note=other",
                                          "x-amz-copy-source=%2Fsrc%2Fother",
                                          "X-Amz-Signature=00",
                                          "X-Amz-Signature=%zz",
                                          "X-Amz-Signature",
                                          "Signature=x",
                                          "Signature=%zz",
                                          "AWSAccessKeyId=x",
                                          "Expires=9999999999",
                                          "X-Amz-Expires=604800",
                                          "X-Amz-Date=20300101T000000Z",
                                          "X-Amz-Security-Token=x",
                                          "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD",
                                          "content-type=text%2Fhtml",
                                          "content-md5=sU8rFn8SzG3tMyZYP4bd9w%3D%3D",
                                          "response-content-type=text%2Fhtml",
                                          "list-type=2",
                                          "prefix=x",
                                          "Action=DeleteUser",
                                          "Action=ListUsers",
                                          "UserName=b",
                                          "Qualifier=2",
                                          "x-id=x",
                                          "attributes",
                                          "versions",
                                          "cors",
                                          "%65ncryption",
                                          "",
                                          "="};
static const char *const more_headers[] = {"x-amz-acl",
                                           "public-read",
                                           "x-amz-copy-source",
                                           "/src/other",
                                           "x-amz-meta-new",
                                           "1",
                                           "Content-Type",
                                           "text/html",
                                           "content-md5",
                                           "sU8rFn8SzG3tMyZYP4bd9w==",
                                           "X-Amz-Target",
                                           "DynamoDB_20120810.DeleteTable",
                                           "X-HTTP-Method-Override",
                                           "DELETE",
                                           "X-Forwarded-Host",
                                           "evil",
                                           "X-Original-URL",
                                           "/b/other",
                                           "Range",
                                           "bytes=0-1",
                                           "If-None-Match",
                                           "*",
                                           "Content-Encoding",
                                           "gzip",
                                           "x-amz-date",
                                           "20261122T045659Z",
                                           "x-amz-content-sha256",
                                           "UNSIGNED-PAYLOAD",
                                           "x-amz-security-token",
                                           "x",
                                           "Authorization",
                                           "AWS4-HMAC-SHA256 Credential=x",
                                           "Host",
                                           "c.s3.localhost:4566",
                                           "Date",
                                           "Sun, 22 Nov 2026 04:56:59 GMT",
                                           "smithy-protocol",
                                           "rpc-v2-cbor",
                                           "x-amz-tagging",
                                           "c=3",
                                           "x-amz-decoded-content-length",
                                           "1",
                                           "x-amz-trailer",
                                           "x-amz-checksum-sha256",
                                           "Expect",
                                           "100-continue"};

static str replaced(struct request *r, str s, size_t at, size_t n, str by) {
    return request_join(r, str_slice(s, 0, at), by, str_skip(s, at + n));
}

static void change_text(struct request *r, str *s) {
    char c = (char)draw(256);
    size_t at = draw(s->len + 1), n = s->len ? draw(s->len) : 0;
    switch (draw(7)) {
    case 0:
        if (s->len) {
            c = (char)(s->p[n] ^ 1 << draw(8));
            *s = replaced(r, *s, n, 1, str_n(&c, 1));
        }
        break;
    case 1: *s = replaced(r, *s, at, 0, str_n(&c, 1)); break;
    case 2: *s = s->len ? replaced(r, *s, n, 1, S("")) : *s; break;
    case 3:
        if (s->len) {
            char escaped[4];
            snprintf(escaped, sizeof escaped, draw(2) ? "%%%02X" : "%%%02x",
                     (unsigned char)s->p[n]);
            *s = replaced(r, *s, n, 1, str_c(escaped));
        }
        break;
    case 4: {
        ptrdiff_t percent = str_chr(str_skip(*s, n), '%');
        char plain;
        if (percent >= 0 &&
            codec_unhex(str_slice(*s, n + (size_t)percent + 1, n + (size_t)percent + 3), &plain, 1))
            *s = replaced(r, *s, n + (size_t)percent, 3, str_n(&plain, 1));
        break;
    }
    case 5:
        if (s->len) {
            c = s->p[n];
            c = (char)(ascii_is_upper(c) ? ascii_lower(c) : c >= 'a' && c <= 'z' ? c - 32 : c);
            *s = replaced(r, *s, n, 1, str_n(&c, 1));
        }
        break;
    default: {
        static const char *const bits[] = {"%0A", "%26", "&",   "=", "+",
                                           "%20", "%00", "%2F", "/", ","};
        *s = replaced(r, *s, at, 0, str_c(ONE_OF(bits)));
    }
    }
}

static void change_path(struct request *r) {
    static const char *const bits[] = {"/", "/.", "/..", "/x/..", "//", "%2F", "/b", "/%2e%2e"};
    size_t slash = draw(r->path.len + 1);
    while (slash < r->path.len && r->path.p[slash] != '/')
        slash++;
    r->path = draw(2) ? replaced(r, r->path, slash, 0, str_c(ONE_OF(bits)))
                      : replaced(r, r->path, slash, slash < r->path.len, str_c(ONE_OF(bits)));
}

/* Cut at the ampersands. */
static size_t cut_params(const struct request *r, str *list, size_t most) {
    size_t n = 0;
    str left = r->query;
    for (bool more = left.len > 0; more && n < most;)
        more = str_cut(left, '&', &list[n++], &left);
    return n;
}

static void set_params(struct request *r, const str *list, size_t n) {
    struct buf out = {0};
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_char(&out, '&');
        buf_str(&out, list[i]);
    }
    r->query = request_text(r, buf_view(&out));
    buf_deinit(&out);
}

/* Two neighbours as one, which would read as two in the string that version 2 signs. */
static size_t make_one(struct request *r, str *list, size_t n, size_t i) {
    static const struct {
        const char *between, *equals;
    } ways[] = {{"%0A", ":"}, {"%26", "%3D"}, {"%26", "="}, {"%2C", "%3D"}};
    size_t way = draw(ARRAY_LEN(ways));
    str name, value;
    if (i + 1 >= n)
        return n;
    if (str_cut(list[i + 1], '=', &name, &value))
        name = request_join(r, name, str_c(ways[way].equals), value);
    list[i] = request_join(r, list[i], str_c(ways[way].between), name);
    memmove(&list[i + 1], &list[i + 2], (n - i - 2) * sizeof *list);
    return n - 1;
}

static void change_params(struct request *r) {
    str list[32];
    size_t n = cut_params(r, list, 24), i = n ? draw(n) : 0, k = n ? draw(n) : 0;
    str one = n ? list[i] : S("a=1"), name, value, more = str_c(ONE_OF(more_params));
    str_cut(one, '=', &name, &value);
    switch (draw(n ? 10 : 1)) {
    case 0: list[n++] = more; break;
    case 1:
        memmove(list + 1, list, n++ * sizeof *list);
        list[0] = more;
        break;
    case 2: list[n++] = one; break;
    case 3: list[n++] = request_join(r, name, S("=x"), S("")); break;
    case 4:
        memmove(list + 1, list, n++ * sizeof *list);
        list[0] = request_join(r, name, S("=x"), S(""));
        break;
    case 5:
        list[i] = list[k];
        list[k] = one;
        break;
    case 6: memmove(&list[i], &list[i + 1], (--n - i) * sizeof *list); break;
    case 7:
    case 8: n = make_one(r, list, n, i); break;
    default: change_text(r, draw(2) ? &list[i] : &list[k]);
    }
    set_params(r, list, n);
}

static void header_to_query(struct request *r, size_t i) {
    struct buf out = {0};
    buf_str(&out, r->query);
    if (out.len)
        buf_char(&out, '&');
    buf_str(&out, r->headers[i].name);
    buf_char(&out, '=');
    codec_add_uri(&out, r->headers[i].value, false);
    r->query = request_text(r, buf_view(&out));
    buf_deinit(&out);
    if (draw(3))
        request_drop_header(r, i);
}

static void query_to_header(struct request *r) {
    str list[32], name, value;
    size_t n = cut_params(r, list, 24), i = n ? draw(n) : 0;
    struct buf plain = {0};
    if (n == 0)
        return;
    str_cut(list[i], '=', &name, &value);
    add_decoded(&plain, value, true);
    request_add_header(r, name, buf_view(&plain));
    buf_deinit(&plain);
    memmove(&list[i], &list[i + 1], (--n - i) * sizeof *list);
    if (draw(3))
        set_params(r, list, n);
}

static void change_headers(struct request *r) {
    if (r->n_headers == 0)
        request_add_header(r, S("x-amz-acl"), S("public-read"));
    size_t i = draw(r->n_headers), k = draw(r->n_headers);
    struct sign_header one = r->headers[i];
    size_t added = 2 * draw(ARRAY_LEN(more_headers) / 2);
    ptrdiff_t comma = str_chr(one.value, ',');
    switch (draw(11)) {
    case 0: change_text(r, &r->headers[i].name); break;
    case 1: change_text(r, &r->headers[i].value); break;
    case 2:
        request_add_header(r, str_c(more_headers[added]), str_c(more_headers[added + 1]));
        break;
    case 3: request_drop_header(r, i); break;
    case 4: request_add_header(r, one.name, draw(2) ? one.value : S("x")); break;
    case 5:
        r->headers[i] = r->headers[k];
        r->headers[k] = one;
        break;
    case 6: /* cut in two */
        if (comma >= 0) {
            r->headers[i].value = str_slice(one.value, 0, (size_t)comma);
            request_add_header(r, one.name, str_skip(one.value, (size_t)comma + 1));
        }
        break;
    case 7: r->headers[i].value = request_join(r, S(" "), one.value, S("  ")); break;
    case 8: header_to_query(r, i); break;
    case 9: query_to_header(r); break;
    default: /* another value for one that is there, before it */
        if (r->n_headers < MUTANT_HEADERS) {
            memmove(r->headers + 1, r->headers, r->n_headers++ * sizeof *r->headers);
            r->headers[0].value = S("x");
            r->headers[0].name = one.name;
        }
    }
}

static void change_method(struct request *r) {
    static const char *const methods[] = {"GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "get"};
    r->method = str_c(ONE_OF(methods));
}

static void change_host(struct request *r) {
    static const char *const hosts[] = {"b.s3.localhost:4566", "c.s3.localhost:4566",
                                        "127.0.0.1:4566", "a.b.s3.localhost:4566", "evil"};
    str bucket, rest;
    for (size_t i = 0; i < r->n_headers; i++)
        if (str_eq_nocase(r->headers[i].name, S("host")))
            r->headers[i].value = str_c(ONE_OF(hosts));
    if (draw(2) && str_cut(str_skip(r->path, 1), '/', &bucket, &rest))
        r->path = request_join(r, S("/"), rest, S(""));
    else if (draw(3) == 0)
        r->path = request_join(r, S("/b"), r->path, S(""));
}

static void change_query(struct request *r) { change_text(r, &r->query); }
static void change_body(struct request *r) { change_text(r, &r->body); }

static const struct change {
    const char *name;
    void (*make)(struct request *r);
    unsigned weight;
} changes[] = {{"params", change_params, 8}, {"headers", change_headers, 8},
               {"path", change_path, 2},     {"query", change_query, 3},
               {"body", change_body, 3},     {"method", change_method, 1},
               {"host", change_host, 1}};

void request_change(struct request *r) {
    size_t all = 0, at;
    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        all += changes[i].weight;
    at = draw(all);
    for (size_t i = 0;; at -= changes[i++].weight)
        if (at < changes[i].weight) {
            changes[i].make(r);
            return;
        }
}
