#pragma once
/* fn/item: the row of one image in DynamoDB's JSON; docs/function.md lists the attributes. */
#include "base/json.h"
#include "fn/event.h"
#include "imgjob/imgjob.h"

/* A derivative that was stored; zeroed: none. */
struct fn_stored {
    const char *name; /* the configuration's */
    char key[128];    /* in the derivatives bucket */
    uint32_t width, height;
    uint64_t size;
};

/* One image on its way through the steps. */
struct fn_image {
    const struct fn_record *record;
    str content_type; /* of the original; may be empty */
    uint64_t size;
    char sha256[65];              /* "" when it was not fetched whole */
    const char *status;           /* "processed", "rejected", "failed"; NULL: none of these */
    char reason[IMGJOB_MAX_TEXT]; /* "" when there is none */
    struct imgjob_result result;  /* imgjob_result_none() when it was not decoded */
    struct fn_stored stored[IMGJOB_MAX_DERIVATIVES];
    double ms;
    bool is_replay;  /* the row is that of another attempt */
    struct buf type; /* owns content_type */
    struct buf text; /* the worker's: result's texts */
};
/* Nothing is known of it but the event's record. */
void fn_image_init(struct fn_image *image, const struct fn_record *record);
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
