#pragma once
/* cli/put: what the two halves of `calotype put` share: the plan of what to upload, and doing it. */
#include "base/map.h"
#include "cli/common.h"
#include "cli/photo.h"

enum put_state {
    PUT_QUEUED,
    PUT_UPLOADED,
    PUT_FINAL,  /* its row has come */
    PUT_NO_ROW, /* uploaded, and given up on */
    PUT_FAILED, /* not uploaded */
};

/* One file. What upload threads set is set before state, and read by the first thread after it. */
struct put_upload {
    char *path;
    struct buf key;
    char *version;       /* NULL on a bucket without versions */
    int64_t answered_ms; /* monotonic: when S3 had answered */
    int64_t ms;          /* from then to the row; < 0: not known */
    _Atomic int state;
    json_t *item;
    char *problem; /* NULL: none */
};

struct put {
    struct cli_common common;
    struct cli_cloud cloud;
    struct put_upload *all;
    size_t n, room;
    struct map names;    /* key → its upload's index + 1, as a pointer */
    _Atomic size_t next; /* to upload */
    const char *prefix;
    unsigned parallel, timeout_s;
    bool no_wait;

    size_t printed, done;    /* of all, in their order; in any order */
    _Atomic bool cut, gone;  /* a connection was cut; the cloud is given up on */
    int64_t silent_since_ms; /* monotonic: since when nothing is answered; 0: it is */
    struct err why_silent;
    struct cli_photo_table table;
};

/*
 * The files that the command line names, those in folders too, with their keys. What cannot be
 * uploaded is FAILED. PROG_OK, or PROG_USAGE after a line: two would have the same key.
 */
int cli_put_plan(struct put *p, char **paths, size_t n);
/* Fails those whose names nothing in the bucket's notification takes. 0 or -errno with words. */
int cli_put_refuse_unprocessed(struct put *p, struct err *err);
/* What is shown of it: the key without the prefix. */
str cli_put_name(const struct put *p, const struct put_upload *u);
/* Ends it in that state, with a reason. */
void cli_put_end(struct put_upload *u, enum put_state state, const char *why);
void cli_put_deinit(struct put *p);
