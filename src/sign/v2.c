/*
 * SigV2 in the query string, as boto3 and the aws CLI still presign S3 URLs by default. It covers
 * the method, the resource, x-amz-* headers and a few others, and not the host.
 */
#include "base/arena.h"
#include "base/ascii.h"
#include "base/codec.h"
#include "sign/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* Parameters that name another resource or change the answer; all else is not signed. Ascending. */
static const char *const signed_params[] = {"accelerate",
                                            "acl",
                                            "analytics",
                                            "cors",
                                            "defaultObjectAcl",
                                            "delete",
                                            "inventory",
                                            "lifecycle",
                                            "location",
                                            "logging",
                                            "metrics",
                                            "notification",
                                            "object-lock",
                                            "partNumber",
                                            "policy",
                                            "replication",
                                            "requestPayment",
                                            "response-cache-control",
                                            "response-content-disposition",
                                            "response-content-encoding",
                                            "response-content-language",
                                            "response-content-type",
                                            "response-expires",
                                            "restore",
                                            "select",
                                            "select-type",
                                            "storageClass",
                                            "tagging",
                                            "torrent",
                                            "uploadId",
                                            "uploads",
                                            "versionId",
                                            "versioning",
                                            "versions",
                                            "website"};

/* Of ListBuckets, ListObjects, ListObjectsV2, ListObjectVersions, ListMultipartUploads, ListParts. */
static const char *const list_params[] = {
    "bucket-region",    "continuation-token", "delimiter", "encoding-type",      "fetch-owner",
    "key-marker",       "list-type",          "marker",    "max-buckets",        "max-keys",
    "max-parts",        "max-uploads",        "prefix",    "part-number-marker", "start-after",
    "upload-id-marker", "version-id-marker"};

static bool is_among(str name, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

static bool is_signed_param(str name) {
    return is_among(name, signed_params, ARRAY_LEN(signed_params));
}

static bool is_amz(str name) { return str_starts_nocase(name, S("x-amz-")); }

static bool is_standard(str name) {
    return str_is(name, "content-md5") || str_is(name, "content-type");
}

bool sign_is_moved_header(str name, bool v2) { return is_amz(name) || (v2 && is_standard(name)); }

bool sign_could_be_header(str name, str value) {
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.p[i] < ' ' || value.p[i] == 127)
            return false;
    return name.len > 0 && ascii_only_alnum(name, "!#$%&'*+-.^_`|~");
}

bool sign_v2_signs(str name) { return is_signed_param(name) || sign_is_moved_header(name, true); }

bool sign_v2_lists(str name) { return is_among(name, list_params, ARRAY_LEN(list_params)); }

struct pair {
    str name, value; /* decoded; value absent without '=' */
    size_t at;       /* order of arrival, among equals */
};

struct pairs {
    struct arena arena;
    struct pair *list;
    size_t n;
};

static int cmp_pairs(const void *a, const void *b) {
    const struct pair *one = a, *other = b;
    int order = str_cmp(one->name, other->name);
    return order ? order : one->at < other->at ? -1 : one->at > other->at;
}

static str decoded(struct arena *arena, str text) {
    struct buf out = {0};
    if (!text.p)
        return STR_NONE;
    if (!codec_unuri(&out, text, true))
        buf_str(&out, text);
    str kept = arena_str(arena, buf_view(&out));
    buf_deinit(&out);
    return kept;
}

static void split_query(struct pairs *pairs, str query) {
    size_t most = 1;
    for (size_t i = 0; i < query.len; i++)
        most += query.p[i] == '&';
    pairs->list = arena_alloc(&pairs->arena, most * sizeof *pairs->list);
    str left = query, pair, name, value;
    for (bool more = query.len > 0; more;) {
        more = str_cut(left, '&', &pair, &left);
        str_cut(pair, '=', &name, &value);
        pairs->list[pairs->n] =
            (struct pair){decoded(&pairs->arena, name), decoded(&pairs->arena, value), pairs->n};
        pairs->n++;
    }
    qsort(pairs->list, pairs->n, sizeof *pairs->list, cmp_pairs);
}

static str param(const struct pairs *pairs, const char *name) {
    for (size_t i = 0; i < pairs->n; i++)
        if (str_is(pairs->list[i].name, name))
            return pairs->list[i].value.p ? pairs->list[i].value : S("");
    return STR_NONE;
}

static str header(const struct sign_request *request, const char *name) {
    for (size_t i = 0; i < request->n_headers; i++)
        if (str_eq_nocase(request->headers[i].name, str_c(name)))
            return str_trim(request->headers[i].value);
    return STR_NONE;
}

/* A query parameter of that name stands in for the header (presigners put them there). */
static void add_standard(struct buf *out, const struct sign_request *request,
                         const struct pairs *pairs, const char *name) {
    str value = param(pairs, name);
    buf_str(out, value.p ? value : header(request, name));
    buf_char(out, '\n');
}

/* All x-amz-* headers, and the parameters that stand in for such, as "name:value\n", sorted. */
static void add_amz_headers(struct buf *out, const struct sign_request *request,
                            struct pairs *query) {
    struct pair *all =
        arena_alloc(&query->arena, (request->n_headers + query->n + 1) * sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < request->n_headers; i++)
        if (is_amz(request->headers[i].name)) {
            char *name = arena_cstr(&query->arena, request->headers[i].name);
            ascii_lower_all(name, request->headers[i].name.len);
            all[n] = (struct pair){str_c(name), str_trim(request->headers[i].value), n};
            n++;
        }
    for (size_t i = 0; i < query->n; i++)
        if (is_amz(query->list[i].name)) {
            all[n] = (struct pair){query->list[i].name, query->list[i].value, n};
            n++;
        }
    qsort(all, n, sizeof *all, cmp_pairs);
    for (size_t i = 0; i < n; i++) {
        bool again = i && str_eq(all[i].name, all[i - 1].name);
        bool last = i + 1 == n || !str_eq(all[i].name, all[i + 1].name);
        if (!again)
            buf_str(out, all[i].name);
        buf_char(out, again ? ',' : ':');
        buf_str(out, all[i].value);
        if (last)
            buf_char(out, '\n');
    }
}

void sign_add_v2_string(struct buf *out, const struct sign_request *request, str bucket,
                        str expires) {
    struct pairs query = {0};
    split_query(&query, request->query);
    buf_str(out, request->method);
    buf_char(out, '\n');
    add_standard(out, request, &query, "content-md5");
    add_standard(out, request, &query, "content-type");
    buf_str(out, expires);
    buf_char(out, '\n');
    add_amz_headers(out, request, &query);

    if (bucket.len) {
        buf_char(out, '/');
        buf_str(out, bucket);
    }
    buf_str(out, request->path.len ? request->path : S("/"));
    char sep = '?';
    for (size_t i = 0; i < query.n; i++) {
        if (!is_signed_param(query.list[i].name))
            continue;
        buf_char(out, sep);
        sep = '&';
        buf_str(out, query.list[i].name);
        if (query.list[i].value.p) {
            buf_char(out, '=');
            buf_str(out, query.list[i].value);
        }
    }
    arena_deinit(&query.arena);
}

/* ---- Strings that could have been made of another request ---- */

/* "a&acl" and "a&uploadId=x": what stands behind an ampersand would be a signed parameter. */
static bool hides_param(str value) {
    str piece, rest, name;
    for (bool more = str_cut(value, '&', &piece, &rest); more;) {
        more = str_cut(rest, '&', &piece, &rest);
        str_cut(piece, '=', &name, &(str){0});
        if (is_signed_param(name))
            return true;
    }
    return false;
}

bool sign_v2_is_clear(str query, str bucket) {
    struct pairs pairs = {0};
    bool clear = ascii_only_alnum(bucket, "-._");
    split_query(&pairs, query);
    for (size_t i = 0; i < pairs.n && clear; i++)
        clear = !is_signed_param(pairs.list[i].name) || !hides_param(pairs.list[i].value);
    arena_deinit(&pairs.arena);
    return clear;
}

void sign_add_v2_signature(struct buf *out, str secret, str string_to_sign) {
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (!HMAC(EVP_sha1(), secret.len ? secret.p : "", (int)secret.len,
              (const unsigned char *)string_to_sign.p, string_to_sign.len, mac, &n))
        abort();
    codec_add_base64(out, mac, n);
}

static void add_param(struct buf *query, const char *name, str value) {
    if (query->len)
        buf_char(query, '&');
    buf_c(query, name);
    buf_char(query, '=');
    codec_add_uri(query, value, false);
}

void sign_v2_presign(struct buf *query, const struct sign_request *request, str bucket,
                     const struct sign_credentials *credentials, int64_t expires_s) {
    struct buf text = {0}, string = {0}, signature = {0}, expires = {0};
    struct sign_request all = *request;
    buf_printf(&expires, "%lld", (long long)expires_s);
    buf_str(&text, request->query);
    if (credentials->session_token.len)
        add_param(&text, "x-amz-security-token", credentials->session_token);
    all.query = buf_view(&text);
    sign_add_v2_string(&string, &all, bucket, buf_view(&expires));
    sign_add_v2_signature(&signature, credentials->secret_key, buf_view(&string));

    add_param(&text, "AWSAccessKeyId", credentials->access_key);
    add_param(&text, "Expires", buf_view(&expires));
    add_param(&text, "Signature", buf_view(&signature));
    buf_str(query, buf_view(&text));
    buf_deinit(&text);
    buf_deinit(&string);
    buf_deinit(&signature);
    buf_deinit(&expires);
}
