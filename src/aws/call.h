#pragma once
/*
 * aws/call: an operation called from inside the process, through the same rows: validated,
 * authorised as `caller`, committed, answered. The stack engine provisions with it, Lambda fetches
 * code from S3 with it. Blocks until the operation is done (suspended ones included): not from
 * handlers that hold a snapshot longer than needed, never from the committer.
 */
#include "aws/bodies.h"
#include "aws/rq.h"

/* The upper part is the question, the lower the answer. */
struct aws_call {
    struct aws_cloud *cloud;
    struct aws_identity *caller; /* borrowed */
    struct aws_behalf behalf;
    str account, region;
    const char *service, *op; /* "s3", "CreateBucket" */
    json_t *in;               /* borrowed; NULL: no members */
    str body;                 /* streamed payload, when the operation takes one */

    int status;          /* HTTP status that a client would have got */
    bool refused;        /* it failed because the store takes no changes now */
    json_t *out;         /* new reference, or NULL */
    struct buf out_body; /* payload of the answer */
    struct buf error_code, error_message;
};
/*
 * 0, or AWS_FAILED with status, error_code and error_message set. The caller deinits it in any
 * case.
 */
int aws_call(struct aws_call *call);
void aws_call_deinit(struct aws_call *call);

/* ---- The cloud ---- */
/* What a cloud is made of. store, hub and identities must outlive it; texts are copied. */
struct aws_options {
    struct store *store;
    struct hub *hub;
    struct aws_identity_source identities;
    const char *default_region; /* us-east-1 */
    const char *default_account;
    /* of requests whose limit neither the operation nor its service has in its traits; 0: 1 MiB */
    uint64_t max_body;
    const struct aws_bodies_limits *bodies; /* NULL: a daemon's (aws/bodies.h) */
};
int aws_cloud_new(struct aws_cloud **ret_cloud, const struct aws_options *options, struct err *err);
struct aws_cloud *aws_cloud_free(struct aws_cloud *cloud);
DEFINE_FREEP(aws_cloud)
/*
 * Before the first request. service must outlive the cloud. Fails when a row names no modelled
 * operation.
 */
int aws_cloud_add(struct aws_cloud *cloud, const struct aws_service *service, struct err *err);
/*
 * What rq_endpoint answers to calls from inside ("https://127.0.0.1:4566"). Before the first
 * request.
 */
void aws_cloud_set_endpoint(struct aws_cloud *cloud, const char *url);
/* The callbacks to give to net; the cloud is their context and must outlive it. */
struct net_app;
struct net_app aws_cloud_app(struct aws_cloud *cloud);
/*
 * The bucket that a Host header names ("photos.s3.localhost:4566"); absent: none. A slice of host.
 */
str aws_host_bucket(str host);
/* What the options said; borrowed. */
struct store *aws_cloud_store(struct aws_cloud *cloud);
struct aws_bodies *aws_cloud_bodies(struct aws_cloud *cloud);
struct hub *aws_cloud_hub(struct aws_cloud *cloud);
const struct aws_identity_source *aws_cloud_identities(struct aws_cloud *cloud);
/* Walks the rows of every service: for `calotype` reports and the authorisation test. */
void aws_cloud_each_op(struct aws_cloud *cloud,
                       void (*fn)(void *ctx, const struct aws_service *, const struct aws_op *),
                       void *ctx);
