/*
 * mutants: what a request means by its bytes alone, read here a second time by other code than that
 * which is tested.
 */
#include "aws/mutants/mutants.h"

/* Runs of white space are one in every signed header: no signature tells them apart. */
void add_spaced(struct buf *out, str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] != ' ' || out->len == 0 || out->p[out->len - 1] != ' ')
            buf_char(out, s.p[i]);
}

/* Decoded for comparing; a percent sign that escapes nothing stays. */
void add_decoded(struct buf *out, str s, bool plus) {
    for (size_t i = 0; i < s.len; i++) {
        int high = i + 2 < s.len + 0 && s.p[i] == '%' ? ascii_hex(s.p[i + 1]) : -1;
        int low = high >= 0 ? ascii_hex(s.p[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            buf_char(out, (char)(high << 4 | low));
            i += 2;
        } else {
            buf_char(out, plus && s.p[i] == '+' ? ' ' : s.p[i]);
        }
    }
}

static int by_text(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

struct lines {
    struct arena arena;
    str list[64];
    size_t n;
};

static void add_line(struct lines *l, char kind, str name, str value) {
    struct buf line = {0};
    char *lower = arena_cstr(&l->arena, name);
    if (kind == 'h')
        ascii_lower_all(lower, name.len);
    buf_printf(&line, "%c %s=", kind, lower);
    add_spaced(&line, str_trim(value));
    if (l->n < ARRAY_LEN(l->list))
        l->list[l->n++] = arena_str(&l->arena, buf_view(&line));
    buf_deinit(&line);
}

/*
 * Of version 4 all parameters count. Of version 2 those that it signs, and its own, each of which may
 * be there once; that the others have no say is seen by the operation, which must be the same.
 */
static bool counts(str name, bool v2) {
    static const char *const known[] = {"AWSAccessKeyId",
                                        "Expires",
                                        "Signature",
                                        "acl",
                                        "versionId",
                                        "uploads",
                                        "uploadId",
                                        "partNumber",
                                        "policy",
                                        "tagging",
                                        "delete",
                                        "versions",
                                        "cors",
                                        "lifecycle",
                                        "response-content-type",
                                        "response-content-disposition",
                                        "content-type",
                                        "content-md5"};
    for (size_t i = 0; i < ARRAY_LEN(known) && v2; i++)
        if (str_is(name, known[i]))
            return true;
    return !v2 || str_starts_nocase(name, S("x-amz-"));
}

static void params_of(struct lines *l, const struct request *r, bool s3, bool v2) {
    str left = r->query, pair, name, value;
    for (bool more = left.len > 0; more;) {
        struct buf n = {0}, v = {0};
        more = str_cut(left, '&', &pair, &left);
        str_cut(pair, '=', &name, &value);
        add_decoded(&n, name, true);
        add_decoded(&v, value, true);
        str key = buf_view(&n);
        bool header =
            s3 && (str_starts_nocase(key, S("x-amz-")) || (v2 && str_starts(key, S("content-"))));
        if (pair.len && counts(key, v2))
            add_line(l, header ? 'h' : 'q', key, buf_view(&v));
        buf_deinit(&n);
        buf_deinit(&v);
    }
}

static void headers_of(struct lines *l, const struct request *r, str signed_headers, bool v2) {
    for (size_t i = 0; i < r->n_headers; i++) {
        str name = r->headers[i].name;
        bool standard =
            str_eq_nocase(name, S("content-type")) || str_eq_nocase(name, S("content-md5"));
        bool is_signed =
            v2 ? standard
               : is_signed_header(signed_headers, name) && !str_eq_nocase(name, S("host"));
        if (!is_signed && !str_starts_nocase(name, S("x-amz-")))
            continue;
        bool before = false;
        for (size_t k = 0; k < i; k++)
            before = before || str_eq_nocase(r->headers[k].name, name);
        if (before)
            continue;
        struct buf value = {0};
        buf_str(&value, str_trim(r->headers[i].value));
        for (size_t k = i + 1; k < r->n_headers; k++)
            if (str_eq_nocase(r->headers[k].name, name))
                buf_printf(&value, "," STR_FMT, STR_ARG(str_trim(r->headers[k].value)));
        add_line(l, 'h', name, buf_view(&value));
        buf_deinit(&value);
    }
}

/* "b.s3.localhost:80" before "/k" is "/b/k". */
static void add_whole_path(struct buf *out, const struct request *r) {
    static const str tails[] = {S_INIT(".s3.localhost"), S_INIT(".localhost")};
    str host = STR_NONE, name;
    for (size_t i = 0; i < r->n_headers && !host.p; i++)
        if (str_eq_nocase(r->headers[i].name, S("host")))
            host = r->headers[i].value;
    str_cut(str_trim(host), ':', &name, &host);
    for (size_t i = 0; i < ARRAY_LEN(tails); i++)
        if (str_ends(name, tails[i]) && name.len > tails[i].len) {
            buf_printf(out, "/" STR_FMT, STR_ARG(str_slice(name, 0, name.len - tails[i].len)));
            break;
        }
    buf_str(out, r->path);
}

/* "/bucket/" is "/bucket". */
static void add_s3_path(struct buf *out, const struct request *r) {
    CLEANUP_DEINIT(buf) struct buf whole = {0};
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    add_whole_path(&whole, r);
    add_decoded(&plain, buf_view(&whole), false);
    str path = buf_view(&plain);
    bool bare = str_chr(str_skip(path, 1), '/') == (ptrdiff_t)path.len - 2;
    buf_str(out, str_slice(path, 0, path.len - (bare ? 1 : 0)));
}

/* Segments on a stack: those that a dot or two take away are not there. */
static void add_dotless_path(struct buf *out, str path) {
    str stack[64], piece;
    size_t n = 0;
    for (bool more = true; more;) {
        more = str_cut(path, '/', &piece, &path);
        if (str_is(piece, ".."))
            n -= n > 0;
        else if (piece.len && !str_is(piece, ".") && n < ARRAY_LEN(stack))
            stack[n++] = piece;
    }
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "/" STR_FMT, STR_ARG(stack[i]));
}

void request_read(struct buf *out, const struct request *r, bool s3, bool v2, str signed_headers) {
    struct lines l = {0};
    params_of(&l, r, s3, v2);
    headers_of(&l, r, signed_headers, v2);
    qsort(l.list, l.n, sizeof *l.list, by_text);
    buf_printf(out, STR_FMT " ", STR_ARG(r->method));
    if (s3)
        add_s3_path(out, r);
    else
        add_dotless_path(out, r->path);
    /* The same said in a header and in the query is said once. */
    for (size_t i = 0; i < l.n; i++)
        if (i == 0 || l.list[i].p[0] != 'h' || !str_eq(l.list[i], l.list[i - 1]))
            buf_printf(out, "\n" STR_FMT, STR_ARG(l.list[i]));
    arena_deinit(&l.arena);
}
