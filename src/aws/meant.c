/*
 * aws/meant: the request that a signature means, which is the one that is routed and decoded. Two
 * headers of one name are signed as one, and a URL of S3 may have headers in its query.
 */
#include "aws/meant.h"

#include "base/codec.h"

/* ---- Headers of one name ---- */

static struct sign_header *header_named(const struct aws_wire *wire, size_t n, str name) {
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(wire->headers[i].name, name))
            return (struct sign_header *)&wire->headers[i];
    return NULL;
}

void aws_wire_join(struct aws_wire *wire, struct sign_header *headers) {
    size_t n = 0;
    for (size_t i = 0; i < wire->n_headers; i++) {
        struct sign_header *before = header_named(wire, n, headers[i].name);
        if (before)
            before->value = arena_printf(wire->arena, STR_FMT "," STR_FMT, STR_ARG(before->value),
                                         STR_ARG(headers[i].value));
        else
            headers[n++] = headers[i];
    }
    wire->n_headers = n;
}

/* ---- Headers in the query ---- */

/*
 * They say how the request is signed and how its body is framed, and are read where they stand; or
 * to what operation of another service it goes.
 */
static bool is_of_signing(str name) {
    static const char *const names[] = {"x-amz-algorithm",      "x-amz-credential",
                                        "x-amz-date",           "x-amz-expires",
                                        "x-amz-signedheaders",  "x-amz-signature",
                                        "x-amz-content-sha256", "x-amz-decoded-content-length",
                                        "x-amz-trailer",        "x-amz-security-token",
                                        "x-amz-target"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(name, str_c(names[i])))
            return true;
    return false;
}

/*
 * S3 ignores checksums in a presigned URL, which was made before there was a body: "presigned URLs
 * don't support CRC32, CRC32C, SHA-1, SHA-256" (Download and upload objects with presigned URLs, S3
 * user guide); and SDKs put those of an empty body there. A mode that is none of S3's asks for
 * nothing there.
 */
static bool is_of_no_body(const struct sign_header *header) {
    static const char *const kept[] = {"algorithm", "type"};
    static const str checksum = S_INIT("x-amz-checksum-");
    str name = header->name;
    if (str_eq_nocase(name, S("x-amz-checksum-mode")))
        return !str_is(header->value, "ENABLED");
    if (str_eq_nocase(name, S("x-amz-sdk-checksum-algorithm")))
        return true;
    bool is_checksum = str_starts_nocase(name, checksum);
    for (size_t i = 0; i < ARRAY_LEN(kept) && is_checksum; i++)
        is_checksum = !str_eq_nocase(str_skip(name, checksum.len), str_c(kept[i]));
    return is_checksum;
}

struct mover {
    struct aws_wire *wire;
    struct aws_moving how;
    struct sign_header *headers; /* with room for one a parameter; NULL: none was met */
    size_t n_sent;
};

static size_t count_params(str query) {
    size_t n = 1;
    for (size_t i = 0; i < query.len; i++)
        n += query.p[i] == '&';
    return n;
}

/* Most requests have none of them in their query, so the array is made for the first. */
static void make_room(struct mover *m) {
    size_t room = m->n_sent + count_params(m->wire->query);
    m->headers = arena_alloc(m->wire->arena, room * sizeof *m->headers);
    if (m->n_sent)
        memcpy(m->headers, m->wire->headers, m->n_sent * sizeof *m->headers);
    m->wire->headers = m->headers;
}

/*
 * Adds those that stay, too, so that a second one is found. False: the request has that header, or
 * that parameter, with another value, or no header could have this one.
 */
static bool move_one(struct mover *m, str name, str value) {
    if (!m->headers)
        make_room(m);
    const struct sign_header *before = header_named(m->wire, m->wire->n_headers, name);
    if (before)
        return before < m->headers + m->n_sent && str_eq(before->value, value);
    if (!sign_could_be_header(name, value))
        return false;
    m->headers[m->wire->n_headers++] = (struct sign_header){name, value};
    return true;
}

static bool moves(const struct mover *m, const struct sign_header *header) {
    return m->how.s3 && !is_of_signing(header->name) &&
           !(m->how.presigned && is_of_no_body(header));
}

/* Takes those that stay where they are out again. */
static void drop_unmoved(struct mover *m) {
    size_t n = m->n_sent;
    for (size_t i = m->n_sent; i < m->wire->n_headers; i++)
        if (moves(m, &m->headers[i]))
            m->headers[n++] = m->headers[i];
    m->wire->n_headers = n;
    m->wire->n_moved = n - m->n_sent;
}

static str decoded(struct arena *arena, str text) {
    if (str_chr(text, '%') < 0 && str_chr(text, '+') < 0)
        return text;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    return codec_unuri(&out, text, true) ? arena_str(arena, buf_view(&out)) : text;
}

str aws_wire_move(struct aws_wire *wire, struct aws_moving how) {
    struct mover m = {.wire = wire, .how = how, .n_sent = wire->n_headers};
    str left = wire->query, pair, name, value;
    for (bool more = left.len > 0; more;) {
        more = str_cut(left, '&', &pair, &left);
        str_cut(pair, '=', &name, &value);
        name = decoded(wire->arena, name);
        if (!sign_is_moved_header(name, how.v2))
            continue;
        if (!move_one(&m, name, str_trim(value.p ? decoded(wire->arena, value) : S(""))))
            return name;
    }
    if (m.headers)
        drop_unmoved(&m);
    return STR_NONE;
}
