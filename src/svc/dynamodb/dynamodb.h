#pragma once
/*
 * svc/dynamodb: the DynamoDB service. Tables are rows of STORE_META, items and index entries rows
 * of STORE_ITEMS, previous images rows of STORE_HISTORY (docs/formats/dynamodb.md); a write, its
 * index entries, its history, its counters and its metric commit in one batch.
 *
 * No thread of its own; a timer of the hub writes latency and read metrics, which are gathered in
 * memory (a crash loses about a second of them), and removes history that is older than it must be.
 * Everything here may be called by any thread once open.
 *
 * Not as on AWS: tables are ACTIVE at once, provisioned throughput is stored and described but
 * nothing is throttled by it, and a previous image carries the time at which its write began.
 */
#include "aws/op.h"

struct ddb_svc; /* the service's state */

/* hub must outlive the service, and be stopped before ddb_close. */
int ddb_open(struct ddb_svc **ret_ddb, struct store *store, struct hub *hub, struct err *err);
/* Writes the metrics gathered so far: while the services that it may call are still open. */
void ddb_stop(struct ddb_svc *ddb);
struct ddb_svc *ddb_close(struct ddb_svc *ddb); /* returns NULL; no request may be under way */

/* For store_open: how rows of older formats become those of this one. */
extern const struct store_migration ddb_migrations[];

/* The service as the cloud wants it (aws_cloud_add). The caller keeps the struct. */
struct aws_service ddb_service(struct ddb_svc *ddb);
