#pragma once
/*
 * s3/list: the walk behind every list of a bucket. Keys come in byte order; with a delimiter, keys
 * that share what stands before it are rolled up into one common prefix, and the walk seeks over
 * all of them at once: the cost of a page depends on its entries, not on the keys behind them.
 */
#include "svc/s3/versions.h"

/* Which keys are listed. The walk's caller decides how many of them make a page. */
struct s3_list {
    uint64_t bucket_id;
    str prefix, delimiter; /* empty: none */
    str after;             /* entries up to here are left out; empty: begin at the start */
    bool with_markers;     /* keys whose newest version is a delete marker are told too */
    bool no_markers;       /* the bucket has none: what is rolled up need not be read */
};

/* One entry: a common prefix (is_prefix) or a key with its current version. */
struct s3_entry {
    bool is_prefix;
    str name;                /* key or common prefix; until the next step */
    struct s3_object object; /* keys only; views until the next step */
    str row;                 /* likewise */
};

struct s3_walk;
/*
 * The list's texts are borrowed for the walk's life. snap NULL: the newest state, of the moment at
 * which the walk begins. What a walk shows is no condition of anything.
 */
struct s3_walk *s3_walk_new(struct store *store, const struct store_snap *snap,
                            const struct s3_list *list);
/* True: *entry is the next one. False: the end, or a fault. */
bool s3_walk_next(struct s3_walk *walk, struct s3_entry *entry);
int s3_walk_fault(const struct s3_walk *walk); /* 0, STORE_E_DAMAGED or -errno */
struct s3_walk *s3_walk_free(struct s3_walk *walk);
DEFINE_FREEP(s3_walk)
