#pragma once
/*
 * cli/cloud: a verb's connection to the cloud it works on: the daemon of a data folder, or with
 * --aws an account, by the ordinary AWS_* variables and the profile files. Only the public, signed
 * API is used. And the names that the stack gives to what it makes (docs/function.md).
 */
#include "client/client.h"
#include "cli/session.h"

/* One verb's cloud. The names are filled by cli_cloud_open, and of the stack's template. */
struct cli_cloud {
    struct cli_session session; /* not with --aws */
    struct client *client;
    char account[16];
    char environment[24];    /* "dev" */
    int64_t world_offset_ms; /* world time here minus real time */
    char bucket[80];         /* image-storage-bucket-ENVIRONMENT-ACCOUNT */
    char derivatives[80];    /* image-derivatives-bucket-ENVIRONMENT-ACCOUNT */
    char table[48];          /* ImageMetadata-ENVIRONMENT */
    char stack[48];          /* calotype-ENVIRONMENT */
};

struct cli_cloud_options {
    const char *data;        /* --data, or NULL */
    const char *environment; /* NULL: "dev"; cli_check_environment has taken it */
    bool aws;                /* by the AWS_* variables and profiles instead of the data folder */
};
/* The client alone: no account and no names. 0 or -errno with one line of words. */
int cli_cloud_connect(struct cli_cloud *cloud, const struct cli_cloud_options *options,
                      struct err *err);
/*
 * cli_cloud_connect, then asks who it is (one call) and fills account and names. 0 or -errno with
 * words. Both are undone by cli_cloud_deinit, also after a failure.
 */
int cli_cloud_open(struct cli_cloud *cloud, const struct cli_cloud_options *options,
                   struct err *err);
void cli_cloud_deinit(struct cli_cloud *cloud);
/* What stands before a client's command so that it works on this cloud: "calotype with ", or "". */
void cli_cloud_add_with(struct buf *out, const struct cli_cloud *cloud);
/* World time of that cloud, epoch ms. */
int64_t cli_cloud_now_ms(const struct cli_cloud *cloud);
/*
 * Fills err with what a call said: "s3:PutObject: AccessDenied: …". Returns -EIO, or
 * -ENOTCONN where there was no whole answer.
 */
int cli_cloud_fault(const char *what, const struct client_fault *fault, struct err *err);

/* The same for what the stack makes: where it is missing, the words say how to deploy it. */
int cli_stack_fault(const struct cli_cloud *cloud, const char *what,
                    const struct client_fault *fault, struct err *err);

/* ---- Rows of the table ---- */
/* ImageId of an object: the first 32 hex digits of SHA-256("bucket/key"). */
void cli_image_id(char out[33], str bucket, str key);
/* The row, or *ret_item NULL where there is none yet. New reference. Strongly consistent. */
int cli_image_get(struct cli_cloud *cloud, str key, json_t **ret_item, struct err *err);
/* Attribute of a row: text of an S or N, absent otherwise. */
str cli_item_text(const json_t *item, const char *name);
/* DynamoDB's JSON as plain JSON (numbers as numbers). New reference. Sets become arrays. */
json_t *cli_item_plain(const json_t *item);
/* Has this status come to stay? */
bool cli_status_is_final(str status);
