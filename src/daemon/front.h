#pragma once
/*
 * daemon/front: what the daemon answers itself: /health on the public port, and the admin socket.
 *
 * /health is public and unsigned (load balancers and `docker healthcheck` have no keys), and only
 * unsigned requests get it: a signed GET of a bucket named "health" goes to S3. The admin socket,
 * DATA/admin.sock, whose file mode lets only the daemon's owner in, has:
 *
 *   GET /health  what the public one says, and the endpoint, the folder's and the process' facts
 *   GET /clock   {"world_time", "offset_ms"}
 *   POST /clock  {"advance_ms": N} or {"offset_ms": N}: moves world time; only under --test-clock
 */
#include "net/net.h"

struct daemon;
struct cfn_svc;
/*
 * Callbacks for the public port: /health and answers here, the rest to inner. The returned app
 * refers to *ctx.
 */
struct daemon_front {
    struct daemon *daemon;
    struct cfn_svc *cfn; /* takes answers to custom resources */
    struct net_app inner;
};
struct net_app daemon_front_app(struct daemon_front *front);
struct net_app daemon_admin_app(struct daemon *daemon);
