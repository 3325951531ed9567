#pragma once
/*
 * aws/validate: what a service is told that has its own words for a violated constraint (struct
 * aws_service, invalid).
 */
#include "aws/model.h"

/* The first violation of a request. */
struct aws_violation {
    const struct api_member *member; /* of the operation's input, in or below which it is */
    bool missing;                    /* a required member is not there */
    str odd;                         /* the first value that is not in its enum; or absent */
};
