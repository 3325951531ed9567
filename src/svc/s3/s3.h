#pragma once
/*
 * svc/s3: the S3 service. Buckets and objects are rows of STORE_META (docs/formats/s3.md), bodies
 * are blobs; an object, what it replaces and the events it causes commit in one batch.
 *
 * The service has no thread of its own. Everything here may be called by any thread once open.
 */
#include "aws/op.h"
#include "store/scrub.h"

struct s3_svc; /* the service's state */

/* For a scrub: the rows that own bodies (store/scrub.h). */
extern const struct store_owner s3_owners[];

/*
 * Opens S3 over a store. What an earlier life left half-done is put right: bucket deletions that
 * were cut off, parts of uploads that are gone. hub must outlive the service.
 */
int s3_open(struct s3_svc **ret_s3, struct store *store, struct hub *hub, struct err *err);
struct s3_svc *s3_close(struct s3_svc *s3); /* returns NULL; no request may be under way */

/* The service as the cloud wants it (aws_cloud_add). The caller keeps the struct. */
struct aws_service s3_service(struct s3_svc *s3);
