#pragma once
/* A client of a scripted server, with the keys of AWS's examples. */
#include "client/client.h"
#include "server_fixture.h"

#define ACCESS   "AKIAIOSFODNN7EXAMPLE"
#define SECRET   "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static inline struct client *client_at(const char *host, const struct server *s, const char *scheme,
                                       const char *ca) {
    static char endpoint[64];
    struct client *client = NULL;
    struct err err = {0};
    snprintf(endpoint, sizeof endpoint, "%s://%s:%u", scheme, host, s->port);
    struct client_options options = {.endpoint = endpoint,
                                     .access_key = ACCESS,
                                     .secret_key = SECRET,
                                     .region = "eu-west-1",
                                     .backoff_ms = 1,
                                     .idle_ms = 5000,
                                     .ca_file = ca};
    CHECK_INT(client_new(&client, &options, &err), 0);
    return client;
}

static inline struct client *client_for(const struct server *s, const char *scheme,
                                        const char *ca) {
    return client_at("127.0.0.1", s, scheme, ca);
}
