#pragma once
/*
 * daemon/front: the tables of doors: what the daemon answers itself.
 *
 * On the public port, for requests without a signature, a query or a bucket in the host's name (a
 * signed GET of a bucket named "health" goes to S3):
 *
 *   GET, HEAD /                         for browsers (Accept: text/html): what this is; for others
 *                                       it is S3's ListBuckets
 *   GET, HEAD /health                   for load balancers and `docker healthcheck`
 *   PUT /_calotype/cfn-response/TOKEN   a function's answer to a custom resource
 *   GET, HEAD /_calotype/function-code/TOKEN/NAME.zip   what Code.Location of GetFunction leads to
 *
 * No bucket can be called _calotype, so everything below it is a door or 404.
 *
 * On DATA/admin.sock, whose file mode lets only the daemon's owner in:
 *
 *   GET /health  what the public one says, and the endpoint, the folder's and the process' facts
 *   GET /clock   {"world_time", "offset_ms"}
 *   POST /reload rereads the settings: {"changed": […], "waiting": […]}, names of settings; 400 where
 *                the file is wrong
 *   POST /clock  {"advance_ms": N} or {"offset_ms": N}: moves world time; only under --test-clock
 */
#include "daemon/door.h"

/* What the public doors need. */
struct daemon_front {
    struct daemon *daemon;
    struct cfn_svc *cfn;       /* takes answers to custom resources */
    struct lambda_svc *lambda; /* hands packages out */
};
/* Fill *ret, whose rows refer to *front, or to daemon. inner: gets what is for no door. */
void daemon_front_doors(struct daemon_doors *ret, struct daemon_front *front,
                        const struct net_app *inner);
void daemon_admin_doors(struct daemon_doors *ret, struct daemon *daemon);
