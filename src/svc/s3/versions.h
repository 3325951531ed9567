#pragma once
/*
 * s3/versions: the rows of one key, and how writes and deletes move them. Knows nothing of
 * requests.
 *
 * The current version (or delete marker) of a key is its s3o row; every older one an s3v row. So a
 * key has a current row exactly as long as it has any version at all, and lists walk s3o alone.
 * "null" is the version id of what was written while versioning was not enabled; a key has at most
 * one such version, and s3n finds it once it is no longer the current one.
 *
 * Linearity: what a function reads through rows that have a batch becomes a condition of it
 * (aws/row.h), and the caller read the bucket's row in the same batch. When another writer came
 * first the commit answers STORE_E_CONDITION, and the caller begins again. Through rows without a
 * batch nothing does. Results below: 0, the outcomes named, STORE_E_DAMAGED or -errno.
 */
#include "base/outcomes.h"
#include "svc/s3/bucket.h"
#include "svc/s3/object.h"

/* One version as it was found; object points into row. Zeroed = nothing. */
struct s3_found {
    /* not there: nothing was found, and row.key is where the current version would be */
    struct row row;
    struct s3_object object;
    bool is_current;
};
void s3_found_deinit(struct s3_found *found);
/* Whether readers see it: there, and no delete marker. */
static inline bool s3_found_exists(const struct s3_found *found) {
    return found->row.there && !s3_object_is_marker(&found->object);
}

enum { S3_E_VERSION_ID = OUTCOMES_S3 }; /* not a version id at all */

/* The newest version, which may be a delete marker. STORE_E_ABSENT. */
int s3_find_current(const struct rows *rows, uint64_t bucket_id, str name, struct s3_found *found);
/* The version of that id ("null" too). STORE_E_ABSENT, S3_E_VERSION_ID. */
int s3_find_version(const struct rows *rows, uint64_t bucket_id, str name, str version_id,
                    struct s3_found *found);

/*
 * The packed bodies of an object, wherever they are; storage may get their bytes. Never a
 * condition.
 */
int s3_load_bodies(const struct rows *rows, uint64_t bucket_id, const struct s3_object *object,
                   struct buf *storage, str *ret_bodies);

/*
 * Adds to the batch what makes `object` with these bodies the current version of name; current is
 * what s3_find_current found, which may be nothing. What it replaces (by the bucket's versioning)
 * is moved or dropped. Sets the object's seq, nonce and flags; S3_OBJECT_MARKER is the caller's to
 * set. The bodies' own blob_keep is the caller's.
 */
int s3_place(const struct rows *rows, const struct s3_bucket *bucket, str name,
             const struct s3_found *current, struct s3_object *object, str bodies);

/*
 * Adds to the batch what removes this version for good: its row and bodies; behind a current one
 * the next older version becomes current.
 */
int s3_remove(const struct rows *rows, const struct s3_bucket *bucket, str name,
              const struct s3_found *victim);

/* Rewrites the row of a version, with nothing but its tags changed. */
void s3_retag(const struct rows *rows, const struct s3_found *found, str tags);
