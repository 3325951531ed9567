#pragma once
/*
 * kit/page: one page of a listing, and the token that goes on behind it.
 *
 *   static const struct kit_paging paging = {.list = "Topics",
 *                                            .token = "NextToken",
 *                                            .most = 100,
 *                                            .error = &SNS_InvalidParameter,
 *                                            .text = "Invalid parameter: NextToken"};
 *   CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
 *   if (kit_page_begin(&page, rq, &paging, STR_NONE))
 *       return AWS_FAILED;
 *   kit_page_rows(&page, STORE_META, buf_view(&prefix));
 *   while (kit_page_next(&page))                         // page.key, page.value
 *       kit_page_add(&page, STR_NONE, show(page.value));  // or passes the row by
 *   return kit_page_end(&page);
 *
 * A token names the last item that was told, its place, not a number of items: what is added or
 * removed meanwhile moves nothing. It is opaque (base64) and holds a checksum of the listing it
 * belongs to, so that one of another listing is refused, as a malformed one is, with the service's
 * own error. A plain one is the last item's name itself, where the API says so (DynamoDB's
 * ExclusiveStartTableName) or always did (IAM's Marker).
 *
 * There is a token only where another item follows that the listing would tell.
 */
#include "aws/row.h"
#include "aws/rq.h"

/* How an operation pages. */
struct kit_paging {
    const char *list;  /* the member of the answer */
    const char *token; /* the member of the request, "NextToken", and … */
    const char *next;  /* … of the answer; NULL: the same */
    const char *limit; /* the member that says how many; NULL: nobody may */
    size_t most;       /* of one page, whatever was asked for */
    size_t otherwise;  /* without a limit; 0: most */
    /* a member that says whether more follows (IAM's IsTruncated); NULL: none */
    const char *truncated;
    bool plain;
    /* an empty token is refused as any other that is none; else it is as good as no token */
    bool no_empty;
    const struct aws_error *error; /* a token that is none; text NULL: the row's */
    const char *text;
};

/* One page under way, on the handler's stack. */
struct kit_page {
    struct rq *rq;
    const struct kit_paging *paging;
    str key, value; /* of the current row, until the next step */
    json_t *items;  /* what is told so far */
    size_t most;
    bool more;        /* the page is full and one more would follow */
    struct buf after; /* the token's place; empty: from the beginning */
    struct buf last;  /* the last item's place */
    uint32_t scope;   /* checksum of what is listed */
    size_t prefix;    /* bytes of a row's key that are not part of its place */
    struct store_iter *it;
};
/*
 * page is overwritten. scope: what else than the operation tells this listing from another (an
 * ARN), or absent. 0 or AWS_FAILED.
 */
int kit_page_begin(struct kit_page *page, struct rq *rq, const struct kit_paging *paging,
                   str scope);
void kit_page_deinit(struct kit_page *page);

/* Lists the rows whose keys begin with prefix, in their order, from the snapshot of the request. */
void kit_page_rows(struct kit_page *page, enum store_cf cf, str prefix);
/* The next row behind the token's; false at the end, and once the page is full. */
bool kit_page_next(struct kit_page *page);
/*
 * Takes item. place: where it stands in the listing; absent: the current row's, by its key. What
 * has a place of its own must come in ascending order of places (str_cmp), and what stands before
 * the token's is passed by. False: the page is full.
 */
bool kit_page_add(struct kit_page *page, str place, json_t *item);
/* Sets list, token and truncated in rq->out, which is made when missing. 0 or AWS_FAILED. */
int kit_page_end(struct kit_page *page);

/* ---- The tokens alone, for listings with a walk of their own ---- */
/* Appends the token that stands for the place in the listing whose checksum is scope. */
void kit_token_add(struct buf *out, uint32_t scope, str place);
/* False: not such a token. Appends the place. */
bool kit_token_read(str token, uint32_t scope, struct buf *place);
