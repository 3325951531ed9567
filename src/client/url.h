#pragma once
/* client/url: an absolute http or https URL, cut into its parts. Shared inside the room. */
#include "base/str.h"

enum { CLIENT_HOST_MAX = 256 };
/* A URL in parts. It borrows the text it was read from. */
struct client_url {
    bool tls;
    char host[CLIENT_HOST_MAX]; /* without brackets */
    uint16_t port;
    bool default_port; /* 80 or 443 as the scheme says */
    bool v6;           /* host is an IPv6 literal */
    str path;          /* as written, "/" when empty; a view into the text */
    str query;         /* without '?'; absent */
};
/* False: not of that form, with user information, or too long. */
bool client_url_parse(struct client_url *ret, str text);
/* A literal address of this machine alone, or localhost: a name like 127.example.com is anybody's. */
bool client_url_is_loopback(const struct client_url *url);
/* The Host header's value. */
struct buf;
/*
 * Appends the Host header's value: NAME, with :PORT where the port is not the scheme's own, and
 * brackets around IPv6.
 */
void client_url_add_host(struct buf *out, const struct client_url *url);
