/* net/gate: checks the method, the target, each header and the sum of a request head. */
#include "net/gate.h"

#include "base/ascii.h"

static bool is_token(str s) { return s.len > 0 && ascii_only_alnum(s, GATE_TOKEN); }

bool gate_is_garbage(str first) {
    size_t at = 0;
    while (at < first.len && ascii_is_one_of(first.p[at], "\r\n"))
        at++;
    size_t begin = at;
    while (at < first.len &&
           (ascii_is_alnum(first.p[at]) || ascii_is_one_of(first.p[at], GATE_TOKEN)))
        at++;
    return at < first.len && (first.p[at] != ' ' || at == begin);
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

void gate_start(struct gate *g, str method, str target, str version) {
    *g = (struct gate){0};
    g->canonical = method.len + 1 + target.len + 1 + version.len + 2;
    if (!is_token(method) || method.len > 32)
        gate_refuse(g, 400, "the method is not a token");
    check_target(g, target);
    g->http_1_0 = str_eq(version, S("HTTP/1.0"));
    if (!g->http_1_0 && !str_eq(version, S("HTTP/1.1")))
        gate_refuse(g, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
}

static void check_length(struct gate *g, str value) {
    uint64_t n;
    if (!str_to_u64(value, &n))
        gate_refuse(g, 400, "Content-Length is not a number");
}

static void check_coding(struct gate *g, str value) {
    if (!str_eq_nocase(value, S("chunked")))
        gate_refuse(g, 501, "the only transfer coding accepted is chunked");
}

/* RFC 9112 section 3.2: host and port, no user, no path. */
static void check_host(struct gate *g, str value) {
    if (value.len == 0 || value.len > 255 + 6 || !ascii_only_alnum(value, "-._:[]"))
        gate_refuse(g, 400, "the Host header is not a host");
}

static void check_expect(struct gate *g, str value) {
    if (!str_eq_nocase(value, S("100-continue")))
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

void gate_header(struct gate *g, str name, str value, size_t line_len) {
    g->canonical += line_len + 2;
    if (++g->headers > GATE_MAX_HEADERS)
        gate_refuse(g, 431, "too many headers");
    if (!is_token(name))
        gate_refuse(g, 400, "a header's name holds a character that no name may have");
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            gate_refuse(g, 400, "a header's value holds a control character");
            break;
        }
    }
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
        if (!str_eq_nocase(name, singles[i].name))
            continue;
        if (g->counts[i]++)
            gate_refuse(g, 400, singles[i].doubled);
        else if (singles[i].check)
            singles[i].check(g, str_trim(value));
    }
}

int gate_finish(struct gate *g, size_t head_len) {
    if (g->canonical + 2 > GATE_MAX_HEAD)
        gate_refuse(g, 431, "the request's head is too long");
    if (g->counts[IS_LENGTH] && g->counts[IS_CODING])
        gate_refuse(g, 400, "both Content-Length and Transfer-Encoding");
    if (g->counts[IS_CODING] && g->http_1_0)
        gate_refuse(g, 400, "HTTP/1.0 has no Transfer-Encoding");
    if (!g->counts[IS_HOST] && !g->http_1_0)
        gate_refuse(g, 400, "the Host header is missing");
    if (head_len && head_len != g->canonical + 2)
        gate_refuse(g, 400,
                    "the head holds a bare line feed, a folded line, a zero byte or a spare space");
    return g->status;
}
