#pragma once
/*
 * client/settings: where requests go and who signs them, from the environment and the profile, for
 * all services and for single ones. Shared inside the room; read once, by client_new.
 *
 * Of endpoints the first one counts (AWS SDKs and Tools Reference Guide, "Service-specific
 * endpoints"; botocore's ConfiguredEndpointProvider has the same order):
 *
 *   AWS_ENDPOINT_URL_<SERVICE>
 *   AWS_ENDPOINT_URL
 *   the profile's `services` section: "s3 =", and indented below it "endpoint_url = URL"
 *   the profile's own endpoint_url
 *
 * and none of them where AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, or the profile's
 * ignore_configured_endpoint_urls, is true. SERVICE is the service's id with '_' for what separates
 * its words: S3, DYNAMODB, CLOUDWATCH_LOGS.
 *
 * The SDKs know no keys of one service. Ours are CALOTYPE_ACCESS_KEY_ID_<SERVICE>,
 * CALOTYPE_SECRET_ACCESS_KEY_<SERVICE> and CALOTYPE_SESSION_TOKEN_<SERVICE>; where they are set
 * they go before the general ones.
 */
#include "base/err.h"
#include "base/str.h"
#include "client/profile.h"

struct client_keys {
    char *access, *secret, *token; /* token: NULL: none */
};

/* What was set for one service. Texts are its own. */
struct client_service {
    char *id;                /* "S3", "CLOUDWATCH_LOGS" */
    char *url;               /* NULL: the general one */
    struct client_keys keys; /* access NULL: the general ones */
};

struct client_settings {
    struct client_service general; /* id NULL */
    struct client_service *services;
    size_t n;
};

struct client_options;
/*
 * Fills *ret from the options, the environment and the profile. CLIENT_E_OPTIONS with words: a URL
 * of another form, half a pair of keys, no keys at all, a key that no header can hold.
 */
int client_settings_read(struct client_settings *ret, const struct client_options *options,
                         const struct client_profile *profile, struct err *err);
void client_settings_deinit(struct client_settings *settings); /* wipes the keys */

/* By the name that a service signs with: "s3", "logs". NULL: AWS's own endpoint; no keys. */
const char *client_settings_url(const struct client_settings *settings, const char *service);
const struct client_keys *client_settings_keys(const struct client_settings *settings,
                                               const char *service);
