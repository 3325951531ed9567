#pragma once
/*
 * svc/calotype: the service of our own, for what AWS has no operation for: how the daemon is. A
 * client of it is signed and authorised as any other. It keeps one row: what the last scrub found
 * (docs/formats/store.md). Any thread.
 */
#include "aws/op.h"
#include "hub/due.h"
#include "store/store.h"
#include "store/scrub.h"

/* What keeps one limit of functions: "memory", by "cgroup". */
struct calotype_limit {
    const char *what, *by;
};
enum { CALOTYPE_MOST_LIMITS = 8, CALOTYPE_MOST_REFUSED = 8 };

/*
 * How the daemon is, from the best to the worst. degraded: changes are taken, but not all of it
 * works; full: changes are refused until there is room; read-only: until it is started again.
 */
enum calotype_state { CALOTYPE_OK, CALOTYPE_DEGRADED, CALOTYPE_FULL, CALOTYPE_READONLY };

/* The facts. Texts live as long as the service. */
struct calotype_facts {
    enum calotype_state state;
    struct err why; /* it is not ok */
    struct store_room room;
    struct hub_backlog backlogs[HUB_MOST_BACKLOGS];
    size_t n_backlogs;
    /* Bytes that functions may take together, and take now; how many environments there are. */
    uint64_t memory_bytes, memory_used;
    unsigned environments, async_at_once;
    const char *endpoint; /* "https://127.0.0.1:4566" */
    const char *region;
    const char *account;         /* the default one */
    const char *isolation;       /* of functions: "full" */
    const char *isolation_lacks; /* what it lacks, or "" */
    struct err refused;          /* why functions are refused, and what helps */
    const char *refused_runtimes[CALOTYPE_MOST_REFUSED]; /* theirs: "provided.al2023" */
    size_t n_refused;
    json_t *runtimes; /* by families, texts; NULL: not asked for. calotype_status takes it */
    struct calotype_limit limits[CALOTYPE_MOST_LIMITS];
    size_t n_limits;
    int64_t up_ms;
};

struct calotype_options {
    /* Fills *ret. Called in any thread, by any number at once. */
    void (*look)(void *ctx, struct calotype_facts *ret);
    void *ctx;           /* must outlive the service, as do store and owners */
    struct store *store; /* what is scrubbed; NULL: there are no scrubs */
    const struct store_owner *const *owners;
};

struct calotype_svc; /* the service's state */
/* "ok", "degraded", "full", "read-only" */
const char *calotype_state_name(enum calotype_state state);
/*
 * What GetStatus answers, but for what the request knows (WorldTime, Scrub). New reference. Names
 * are as the API has them.
 */
json_t *calotype_status(const struct calotype_facts *facts);
/*
 * What GetStatus says of scrubs: State ("never", "running", "complete", "stopped", "interrupted",
 * "failed"), when, how long, how much, what was found, and the first findings. New reference.
 */
json_t *calotype_scrub_doc(struct calotype_svc *svc);
/*
 * options is copied. Reads what the last scrub found: -errno, with words, where that cannot be
 * read. calotype_close ends a scrub that runs, and frees.
 */
int calotype_open(struct calotype_svc **ret_svc, const struct calotype_options *options,
                  struct err *err);
struct calotype_svc *calotype_close(struct calotype_svc *svc); /* returns NULL */
/* For aws_cloud_add. */
struct aws_service calotype_service(struct calotype_svc *svc);
