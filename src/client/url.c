/*
 * client/url: cuts an absolute URL at its marks, and refuses what a request line could not carry.
 */
#include "client/url.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <strings.h>

static bool take_port(struct client_url *url, str digits) {
    uint64_t port;
    if (!str_to_u64(digits, &port) || port == 0 || port > 65535)
        return false;
    url->port = (uint16_t)port;
    return true;
}

/* host, host:port, [v6], [v6]:port */
static bool take_authority(struct client_url *url, str text) {
    str host = text, rest = STR_NONE;
    if (str_starts(text, S("["))) {
        ptrdiff_t end = str_chr(text, ']');
        if (end < 0)
            return false;
        host = str_slice(text, 1, (size_t)end);
        rest = str_skip(text, (size_t)end + 1);
        if (rest.len && rest.p[0] != ':')
            return false;
        rest = str_skip(rest, 1);
        url->v6 = true;
    } else {
        str_cut(text, ':', &host, &rest);
    }
    if (host.len == 0 || host.len >= sizeof url->host)
        return false;
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.p[i];
        if (c <= ' ' || c >= 127 || c == '@' || c == '/' || c == '\\' || (c == ':' && !url->v6))
            return false;
    }
    memcpy(url->host, host.p, host.len);
    url->host[host.len] = '\0';
    url->port = url->tls ? 443 : 80;
    uint16_t usual = url->port;
    if (rest.len && !take_port(url, rest))
        return false;
    url->default_port = url->port == usual;
    return true;
}

static bool is_printable(str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 127)
            return false;
    return true;
}

bool client_url_parse(struct client_url *ret, str text) {
    struct client_url url = {0};
    str rest, authority;
    if (str_starts_nocase(text, S("https://"))) {
        url.tls = true;
        rest = str_skip(text, 8);
    } else if (str_starts_nocase(text, S("http://"))) {
        rest = str_skip(text, 7);
    } else {
        return false;
    }
    str without_fragment, fragment;
    str_cut(rest, '#', &without_fragment, &fragment);
    rest = without_fragment;
    size_t end = 0;
    while (end < rest.len && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    authority = str_slice(rest, 0, end);
    rest = str_skip(rest, end);
    if (!take_authority(&url, authority) || !is_printable(rest))
        return false;
    str_cut(rest, '?', &url.path, &url.query);
    if (url.path.len == 0)
        url.path = S("/");
    *ret = url;
    return true;
}

bool client_url_is_loopback(const struct client_url *url) {
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, url->host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    if (inet_pton(AF_INET6, url->host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return strcasecmp(url->host, "localhost") == 0;
}

void client_url_add_host(struct buf *out, const struct client_url *url) {
    buf_c(out, url->v6 ? "[" : "");
    buf_c(out, url->host);
    buf_c(out, url->v6 ? "]" : "");
    if (!url->default_port)
        buf_printf(out, ":%u", url->port);
}
