#pragma once
/*
 * aws/bodies: the one budget for bodies under way: request bodies that are collected before they
 * are proven or decoded. (A streamed S3 object is not collected: its bytes go to the store.)
 *
 * Where a body is. Its first AWS_BODY_FREE bytes cost the budget nothing: they are bounded by the
 * number of connections, each of which costs more than that anyway. Beyond them a body is counted,
 * by the room its buffer takes; beyond AWS_BODY_KEEP bytes, or where its share of the memory is
 * used up, it lies in a file (store/spool.h). To be decoded it comes back into memory, against a
 * limit of its own.
 *
 * Shares. Each class of bodies has its own: what strangers send takes nothing away from those who
 * have proven who they are, nor from functions that hand in their results.
 *
 * Who has to go. Where the disk share is used up, the newcomer is not refused: the body that has
 * held the most for the longest (bytes × time) is dropped, and its request answered "slow down".
 * So a share cannot be held; whoever wants to keep others out has to send more than they do, all
 * the time, and pays with his own bodies.
 *
 * The budget's functions may be called by any thread. A body belongs to one; whoever drops another
 * body does it under the budget's lock, and its owner finds out at its next call. What a body has
 * taken goes back in aws_held_deinit, or earlier, once.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/outcomes.h"
#include "store/store.h"

enum {
    AWS_BODY_FREE = 8 * 1024,
    AWS_BODY_KEEP = 256 * 1024,
};
enum {
    AWS_BODY_E_CROWDED = OUTCOMES_AWS_BODIES, /* the budget is used up, or the body was dropped */
    AWS_BODY_E_TOO_LARGE,                     /* more than the share has when nobody uses it */
};

/* Whose body it is. */
enum aws_share {
    AWS_SHARE_UNPROVEN, /* the signature is checked when the body has come, or there is none */
    AWS_SHARE_PROVEN,   /* the head's signature was good */
    AWS_SHARE_SANDBOX,  /* a function's result, or the report of its error */
    AWS_N_SHARES
};
/* Bytes, but for files. */
struct aws_share_limits {
    uint64_t memory;  /* buffers of bodies that are still to come, or wait in memory */
    uint64_t disk;    /* files of those */
    unsigned files;   /* how many of them */
    uint64_t decoded; /* large bodies as documents, until their request lets them go */
};
struct aws_bodies_limits {
    struct aws_share_limits share[AWS_N_SHARES];
};

struct aws_bodies;
/* limits NULL: those of a daemon, 64 MiB of memory and 832 MiB of disk in all. store is borrowed. */
struct aws_bodies *aws_bodies_new(struct store *store, const struct aws_bodies_limits *limits);
/* No body is under way any more. NULL is fine, and returned. */
struct aws_bodies *aws_bodies_free(struct aws_bodies *bodies);
/* What one share has in use at this moment, in the units of its limits. */
struct aws_share_limits aws_bodies_used(struct aws_bodies *bodies, enum aws_share share);

/* One body. The fields are the budget's own. */
struct aws_held {
    struct aws_bodies *bodies;
    enum aws_share share;
    uint64_t size;             /* bytes that were added */
    struct buf bytes;          /* while it is in memory */
    struct store_spool *spool; /* once it is in a file */
    int64_t began_ms;          /* when it was first counted, monotonic */
    uint64_t memory, disk;     /* what it has taken of its share … */
    uint64_t decoded;          /* … and after aws_held_take */
    bool shared;               /* the owner's own: others may know it */
    /* Under the budget's lock, as is all above of a shared body that is not busy. */
    struct list node; /* in the share */
    bool counted;     /* in the share's figures */
    bool has_file;    /* one of the share's files is its own */
    bool busy;        /* its owner is at it, and frees it if it is dropped meanwhile */
    bool dropped;
};
/* An empty body. Costs nothing; bodies must outlive it. */
void aws_held_init(struct aws_held *held, struct aws_bodies *bodies, enum aws_share share);
/* Bytes that were added. */
static inline uint64_t aws_held_size(const struct aws_held *held) { return held->size; }
/* Appends a copy. 0; AWS_BODY_E_CROWDED; STORE_E_FULL; -errno. After a failure the body is gone. */
int aws_held_add(struct aws_held *held, const void *p, size_t n);
/*
 * The body is complete: all of it, in memory. *ret is borrowed until aws_held_deinit or
 * aws_held_drop_bytes. Counted as decoded where it is larger than AWS_BODY_KEEP. 0;
 * AWS_BODY_E_CROWDED; STORE_E_DAMAGED; -errno.
 */
int aws_held_take(struct aws_held *held, str *ret);
/*
 * After aws_held_take: counts n more bytes as decoded (what a body unpacks to, what its document
 * takes). 0; AWS_BODY_E_CROWDED or AWS_BODY_E_TOO_LARGE, and nothing is counted.
 */
int aws_held_count_decoded(struct aws_held *held, uint64_t n);
/* Frees a large body's bytes, whose document has been read; they go on counting as decoded. */
void aws_held_drop_bytes(struct aws_held *held);
/* As aws_held_take, but the bytes become the caller's, and the body is as after aws_held_deinit. */
int aws_held_move(struct aws_held *held, struct buf *ret);
/* Gives all back: bytes, file, and what was counted. May be called again; zeroed is fine. */
void aws_held_deinit(struct aws_held *held);
