/* net/gate: checks a request head: method, target, each header, and what stands between them. */
#include "net/gate.h"

#include "base/ascii.h"

/* What a method or a header's name may consist of (RFC 9110, 5.6.2). */
static const bool in_token[256] = {
    ['a' ... 'z'] = true,  ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['!'] = true,
    ['#' ... '\''] = true, ['*'] = true,         ['+'] = true,         ['-'] = true,
    ['.'] = true,          ['^' ... '`'] = true, ['|'] = true,         ['~'] = true,
};

static bool is_token(str s) {
    bool all = s.len > 0;
    for (size_t i = 0; i < s.len; i++)
        all &= in_token[(unsigned char)s.p[i]];
    return all;
}

static bool is_control(unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; }

/*
 * Eight bytes at a time: each below 0x20 borrows into its top bit, as does one that is 0x7f of what
 * is left of it; where the sum says that there is one, they are looked at one by one (a tab may
 * stand there).
 */
static bool has_control(str s) {
    static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    size_t i = 0;
    for (; i + sizeof ones <= s.len; i += sizeof ones) {
        uint64_t bytes, no_del;
        memcpy(&bytes, s.p + i, sizeof bytes);
        no_del = bytes ^ ones * 0x7f;
        if ((((bytes - ones * ' ') & ~bytes) | ((no_del - ones) & ~no_del)) & tops)
            for (size_t k = i; k < i + sizeof ones; k++)
                if (is_control((unsigned char)s.p[k]))
                    return true;
    }
    for (; i < s.len; i++)
        if (is_control((unsigned char)s.p[i]))
            return true;
    return false;
}

bool gate_is_garbage(str first) {
    size_t at = str_starts(first, S("\r\n")) ? 2 : str_eq(first, S("\r")) ? 1 : 0;
    size_t begin = at;
    while (at < first.len && in_token[(unsigned char)first.p[at]])
        at++;
    if (at < first.len && (first.p[at] != ' ' || at == begin))
        return true;
    while (at < first.len && !ascii_is_one_of(first.p[at], "\r\n\v\f") && first.p[at] != '\0')
        at++;
    return at < first.len && !ascii_is_one_of(first.p[at], "\r\n");
}

void gate_refuse(struct gate *g, int status, const char *reason) {
    if (g->status)
        return;
    g->status = status;
    g->reason = reason;
}

static void check_target(struct gate *g, str target) {
    if (target.len == 0 || target.p[0] != '/') {
        /*
         * RFC 9112 3.2.2 to 3.2.4: absolute, authority and asterisk form. Nobody who signs sends
         * them.
         */
        gate_refuse(g, 400, "the request target must begin with a slash");
        return;
    }
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.p[i];
        if (c <= ' ' || c == 0x7f || c == '#') {
            gate_refuse(g, 400, "the request target holds a character that must be encoded");
            return;
        }
    }
}

static const char *limit_of(const struct gate *g) { return g->head.p + g->head.len; }

static const char *skip_blanks(const char *p, const char *limit) {
    while (p < limit && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/*
 * Where the line behind the last part begins. The parser has put a zero byte where a part ends. At
 * the end of a line that is the place of the CR, and behind it follows the line feed: 0.9.75 has
 * made that a zero byte as well, 1.0 leaves it. With 1.0 the zero byte may also stand for the first
 * of some blanks, which it cuts off the value. NULL where this is no such end.
 */
static const char *next_line(const struct gate *g) {
    const char *limit = limit_of(g);
    if (!g->end || limit - g->end < 2 || *g->end != '\0')
        return NULL;
    if (g->end[1] == g->line_feed)
        return g->end + 2;
    const char *p = skip_blanks(g->end + 1, limit);
    return g->line_feed && limit - p >= 2 && p[0] == '\r' && p[1] == '\n' ? p + 2 : NULL;
}

/* One blank before the target, one behind it, and the version ends the line. */
static const char *walk_request_line(struct gate *g, str method, size_t target_len, str version) {
    size_t version_at = method.len + 1 + target_len + 1;
    if (method.p != g->head.p || version_at + version.len + 2 > g->head.len ||
        version.p != g->head.p + version_at)
        return NULL;
    const char *end = version.p + version.len;
    g->line_feed = end[1];
    return g->line_feed == '\0' || g->line_feed == '\n' ? end : NULL;
}

/* Behind the name a zero byte for the colon, and blanks. */
static const char *walk_header(const struct gate *g, str name, str value) {
    const char *limit = limit_of(g), *line = next_line(g);
    if (!line || name.p != line || (size_t)(limit - line) <= name.len || line[name.len] != '\0')
        return NULL;
    const char *p = line + name.len + 1;
    /* An empty value may stand anywhere among its blanks. */
    while (p < limit && p != value.p && (*p == ' ' || *p == '\t'))
        p++;
    return p == value.p && (size_t)(limit - p) >= value.len ? p + value.len : NULL;
}

/*
 * The empty line is all that is left. Behind the last part 1.0 may have put the first bytes of the
 * body over what stood there: its length is all that can be looked at, and at its strict level it
 * has seen to the rest.
 */
static bool walk_ends_well(const struct gate *g) {
    const char *line = next_line(g), *limit = limit_of(g);
    if (g->end && g->line_feed)
        return limit - g->end >= 4;
    return line && limit - line == 2 && line[0] == '\0' && line[1] == '\0';
}

void gate_start(struct gate *g, str method, str target, str version, str head) {
    *g = (struct gate){.head = head};
    g->size = method.len + 1 + target.len + 1 + version.len + 2;
    if (head.len)
        g->end = walk_request_line(g, method, target.len, version);
    if (!is_token(method) || method.len > 32)
        gate_refuse(g, 400, "the method is not a token");
    /* RFC 9110, 9.3.6: what follows a 2xx to it is not HTTP; whoever stands in front would not read it. */
    if (str_eq(method, S("CONNECT")))
        gate_refuse(g, 400, "there is no tunnel here to CONNECT to");
    check_target(g, target);
    g->http_1_0 = str_eq(version, S("HTTP/1.0"));
    if (!g->http_1_0 && !str_eq(version, S("HTTP/1.1")))
        gate_refuse(g, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
}

/*
 * Length and coding as they came: 0.9.75 takes "chunked " for another coding, whose body has no
 * end.
 */
static void check_length(struct gate *g, str value) {
    uint64_t n;
    if (!str_to_u64(value, &n))
        gate_refuse(g, 400, "the Content-Length is not a number");
    else if (n == UINT64_MAX) /* for 0.9.75: a body without an end */
        gate_refuse(g, 413, "the Content-Length is larger than any body may be");
}

static void check_coding(struct gate *g, str value) {
    if (!str_eq_nocase(value, S("chunked")))
        gate_refuse(g, 501, "the only transfer coding accepted is chunked");
}

/* RFC 9112 section 3.2: host and port, no user, no path. */
static void check_host(struct gate *g, str value) {
    value = str_trim(value);
    if (value.len == 0 || value.len > 255 + 6 || !ascii_only_alnum(value, "-._:[]"))
        gate_refuse(g, 400, "the Host header is not a host");
}

static void check_expect(struct gate *g, str value) {
    if (!str_eq_nocase(str_trim(value), S("100-continue")))
        gate_refuse(g, 417, "the only expectation known is 100-continue");
}

enum { IS_HOST, IS_LENGTH, IS_CODING, IS_EXPECT, IS_AUTHORIZATION };
static const struct {
    str name;
    void (*check)(struct gate *g, str value);
    const char *doubled;
} singles[] = {
    [IS_HOST] = {S_INIT("host"), check_host, "more than one Host header"},
    [IS_LENGTH] = {S_INIT("content-length"), check_length, "more than one Content-Length header"},
    [IS_CODING] = {S_INIT("transfer-encoding"), check_coding,
                   "more than one Transfer-Encoding header"},
    [IS_EXPECT] = {S_INIT("expect"), check_expect, "more than one Expect header"},
    [IS_AUTHORIZATION] = {S_INIT("authorization"), NULL, "more than one Authorization header"},
};
_Static_assert(sizeof singles / sizeof *singles ==
                   sizeof((struct gate *)0)->counts / sizeof(unsigned),
               "one counter a row");

void gate_header(struct gate *g, str name, str value) {
    g->size += name.len + 2 + value.len + 2;
    if (g->end)
        g->end = walk_header(g, name, value);
    if (++g->headers > GATE_MAX_HEADERS)
        gate_refuse(g, 431, "too many headers");
    if (!is_token(name))
        gate_refuse(g, 400, "a header's name holds a character that no name may have");
    if (has_control(value))
        gate_refuse(g, 400, "a header's value holds a control character");
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
        if (!str_eq_nocase(name, singles[i].name))
            continue;
        if (g->counts[i]++)
            gate_refuse(g, 400, singles[i].doubled);
        else if (singles[i].check)
            singles[i].check(g, value);
    }
}

int gate_finish(struct gate *g) {
    if ((g->head.len ? g->head.len : g->size + 2) > GATE_MAX_HEAD)
        gate_refuse(g, 431, "the request's head is too long");
    if (g->counts[IS_LENGTH] && g->counts[IS_CODING])
        gate_refuse(g, 400, "both Content-Length and Transfer-Encoding");
    if (g->counts[IS_CODING] && g->http_1_0)
        gate_refuse(g, 400, "HTTP/1.0 has no Transfer-Encoding");
    if (!g->counts[IS_HOST] && !g->http_1_0)
        gate_refuse(g, 400, "the Host header is missing");
    if (g->head.len && !walk_ends_well(g))
        gate_refuse(g, 400,
                    "the head holds a bare line feed, a folded line, a zero byte or a spare space");
    return g->status;
}
