#pragma once
/*
 * cfn/late: answers that wait for the work they have begun.
 *
 * Clients that begin an operation of a stack look at it at once, and then only each half minute
 * (botocore's waiters, which `aws cloudformation deploy` uses). So the answer of such a request is
 * held until the operation is over, CFN_LATE_MS at most: the client's first look then finds the
 * end. AWS answers at once; to a client that is a slow network.
 *
 * A request that is held is parked (aws_suspend): it keeps a connection and its document, but no
 * thread. At most CFN_LATE_MOST are held; whoever comes then is answered at once, as is everybody
 * once the service stops, and every call from inside. Time is the monotonic clock's, so that moving
 * the world's clock neither ends nor prolongs a wait.
 */
#include "aws/rq.h"

enum { CFN_LATE_MS = 2000, CFN_LATE_MOST = 64 };

struct cfn_late; /* opaque: who is held; any thread */

struct cfn_late *cfn_late_new(void);
/* No request may be under way. Returns NULL. */
struct cfn_late *cfn_late_free(struct cfn_late *late);
/* Lets all go, and holds nobody any more. */
void cfn_late_stop(struct cfn_late *late);
/*
 * The last step of a handler whose batch begins the operation with the row `due` (cfn/engine.h):
 * returns what the handler is to return. rq->out is set, and is the answer. Uses rq->stream.
 */
int cfn_late_hold(struct cfn_late *late, struct rq *rq, int64_t due);
/* The operation with that row is over: its request is answered. Does not block. */
void cfn_late_over(struct cfn_late *late, int64_t due);
