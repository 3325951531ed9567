#pragma once
/*
 * daemon/reload: DATA/calotype.yaml, read again by a running daemon. What can change changes; what
 * cannot is named, in the log and to who asks, as waiting for a restart: nothing is ignored.
 */
#include "base/json.h"
#include "daemon/services.h"
#include "daemon/settings.h"
#include "net/net.h"
#include "store/store.h"
#include "svc/lambda/lambda.h"

/* The parts that settings change, all running. */
struct daemon_live {
    struct store *store;
    struct net *net;
    struct lambda_svc *lambda;
};
/*
 * now: what the daemon runs by; what changed is changed in it. ret: an object, which gets "changed"
 * and "waiting", lists of names. The caller serializes. 0, or -errno with words (in the log too):
 * then nothing has changed.
 */
int daemon_reload_settings(const struct daemon_live *live, struct daemon_settings *now, json_t *ret,
                           struct err *err);
