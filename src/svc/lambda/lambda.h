#pragma once
/*
 * svc/lambda: functions: what they are (rows), where they run (environments in sandboxes), and the
 * durable queue of asynchronous invocations.
 *
 * Order of a daemon's life: sandbox_spawner_start, store, hub, aws_cloud_new, lambda_open,
 * aws_cloud_add(lambda_service), net_start, lambda_start, hub_start … hub_stop, lambda_stop,
 * net_stop, lambda_close, sandbox_spawner_free.
 */
#include "aws/call.h"
#include "aws/op.h"
#include "hub/hub.h"
#include "net/net.h"
#include "sandbox/sandbox.h"
#include "store/scrub.h"

struct lambda_svc; /* the service's state */

/* Where this machine's interpreters are. Texts are borrowed for the service's life. */
struct lambda_places {
    const char *python, *node;  /* programs that whoever runs the daemon has set; or NULL, or "" */
    const char *const *folders; /* where others lie; a NULL ends. NULL: /usr/bin, /usr/local/bin */
};

struct lambda_options {
    struct store *store;
    struct hub *hub;
    struct aws_cloud *cloud;
    struct sandbox_spawner *spawner; /* NULL: functions can be managed, not run */
    str ca_cert;                     /* PEM of the local CA: what functions trust; may be empty */
    struct lambda_places places;     /* of interpreters */
    /* of all environments together; 0: three quarters of the machine's */
    uint64_t memory_bytes;
    /* asynchronous invocations under way; 0: twice the processors, at least 4 */
    unsigned async_at_once;
    unsigned idle_s; /* real time after which an idle environment ends; 0: 300 */
};

/* For store_open: how rows of older formats become those of this one. */
extern const struct store_migration lambda_migrations[];
/* For a scrub: the rows that own packages (store/scrub.h). */
extern const struct store_owner lambda_owners[];

/*
 * Plugs into the hub: target and check ports "lambda", and timers, of which one removes unpacked
 * code that nobody uses.
 */
int lambda_open(struct lambda_svc **ret_lambda, const struct lambda_options *options,
                struct err *err);
struct aws_service lambda_service(struct lambda_svc *lambda);
/* From here on functions run; queued invocations of an earlier life are taken up by hub_start. */
int lambda_start(struct lambda_svc *lambda, struct net *net, struct err *err);
/*
 * Ends every environment. Asynchronous invocations under way stay in the queue, uncounted;
 * synchronous ones are answered ServiceException. After hub_stop, before net_stop.
 */
void lambda_stop(struct lambda_svc *lambda);
struct lambda_svc *lambda_close(struct lambda_svc *lambda);

/* What environments take of this machine. */
struct lambda_usage {
    uint64_t memory_bytes; /* the most for all of them */
    uint64_t memory_used;  /* what those that run may take, and what idle ones hold */
    unsigned environments;
    unsigned async_at_once; /* asynchronous invocations at once, at most */
};
void lambda_usage(struct lambda_svc *lambda, struct lambda_usage *ret); /* any thread */
/*
 * Another memory_bytes of the options: what waits for room is tried again; where it is less, what
 * runs goes on, and nothing is started until there is room. Any thread.
 */
void lambda_set_memory(struct lambda_svc *lambda, uint64_t bytes);

/*
 * Where Code.Location of GetFunction leads: unsigned requests, GET or HEAD, to paths that begin so.
 * Answers with the package (net_reply_*), or as S3 does for a presigned URL that is over, is none,
 * or whose object is gone. Reads the disk; any thread.
 */
#define LAMBDA_LINKS "/_calotype/function-code/"
void lambda_link_answer(struct lambda_svc *lambda, struct net_req *req);
/*
 * Which functions cannot run on this machine as it is: the names of their runtimes, at most most;
 * how many there are. Where there are some err says why and what helps. A few system calls; any
 * thread.
 */
size_t lambda_refused(struct lambda_svc *lambda, const char *ret_runtimes[], size_t most,
                      struct err *reterr);

/*
 * The runtimes of this machine, by families: ["provided.al2023", "python3.* (by Python 3.11.2)"]. New
 * reference. Asks interpreters, as lambda_machine.
 */
json_t *lambda_runtimes(struct lambda_svc *lambda);
/*
 * What functions in Python and Node run on: {"Languages": [{"Language": "python", "Interpreters":
 * [{"Program", "Version", "Runtimes": [those of its version], "StandsInFor": [others that it runs]}],
 * "Reason": why there is none, "Packages": {"Name", "Folder", "Version"}}]}; Packages is absent where
 * there are none. New reference. Asks interpreters that were not asked before, which takes as long as
 * they take to start. Any thread. lambda_machine_look: without a service; -EINVAL with words.
 */
json_t *lambda_machine(struct lambda_svc *lambda);
int lambda_machine_look(const struct lambda_places *places, json_t **ret_doc, struct err *err);
