#pragma once
/* fn/item: the row of one image in DynamoDB's JSON; docs/function.md lists the attributes. */
#include "base/json.h"
#include "fn/event.h"
#include "imgjob/imgjob.h"

/* A derivative that was stored. */
struct fn_stored {
    char key[256]; /* of the derivative, in the derivatives bucket */
};

/* One image on its way through the steps. */
struct fn_image {
    const struct fn_record *record;
    str content_type; /* of the original; may be empty */
    uint64_t size;
    char sha256[65];              /* "" when it was not fetched */
    const char *status;           /* "processed", "rejected", "failed" */
    char reason[IMGJOB_MAX_TEXT]; /* "" when there is none */
    struct imgjob_reply reply;    /* zeroed when it was not decoded */
    size_t n_stored;
    struct fn_stored stored[IMGJOB_MAX_DERIVATIVES];
    double ms;
    struct buf texts;  /* owns content_type */
    struct buf answer; /* the worker's: reply's texts and the derivatives' bytes */
};
/* Frees what it owns; record is the event's. */
void fn_image_deinit(struct fn_image *image);

/* New reference: {"ImageId": {"S": …}, …}. now_ms: ProcessedAt. */
json_t *fn_item_new(const struct fn_image *image, const char *derivatives_bucket, int64_t now_ms);
/*
 * Keys of the derivatives that an item (as DynamoDB returned it) names; into arena. Returns how
 * many.
 */
size_t fn_item_derivatives(const json_t *item, struct arena *arena,
                           str ret_keys[IMGJOB_MAX_DERIVATIVES]);
