#pragma once
/*
 * client/profile: the profile that AWS_PROFILE names ("default"), of AWS's shared files: keys from
 * the credentials file, the rest from the config file. Shared inside the room.
 *
 * The files' form is that of the AWS SDKs and Tools Reference Guide, "Shared config and credentials
 * files": sections in brackets, NAME = VALUE, and indented lines below a name without a value.
 */
#include "base/err.h"
#include "base/str.h"

/* A setting of one service in the profile's `services` section. */
struct client_profile_service {
    char *id; /* in capitals, as in the environment's variables: "CLOUDWATCH_LOGS" */
    char *url;
};

/* NULL: not set. The texts are the profile's own. */
struct client_profile {
    const char *name; /* of the environment, or "default" */
    char *access_key, *secret_key, *session_token;
    char *region, *ca_bundle, *endpoint_url, *services_name, *ignore_endpoints;
    struct client_profile_service *services;
    size_t n_services;
    bool has_services; /* the section of services_name is there */
};

/* A file that is not there is an empty one: this cannot fail. Undone by client_profile_deinit. */
void client_profile_read(struct client_profile *ret);
void client_profile_deinit(struct client_profile *profile); /* wipes the keys */

/* ---- Texts that may be keys ---- */
/* A copy for client_text_wipe. text may be absent: then an empty one. */
char *client_text_copy(str text);
void client_text_wipe(char *text); /* and frees; NULL is fine */
