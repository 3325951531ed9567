#pragma once
/*
 * aws/items, inside the room: lists of the answer that were written, and how they get into its
 * body. They belong to the request's run: aws_items_drop ends them.
 */
#include "aws/codec_priv.h"
#include "aws/items.h"

/* How a structure is nested in the item at most. */
enum { ITEMS_DEPTH = 8 };

/* A structure or list that is open. */
struct items_frame {
    const struct api_shape *shape;
    str tag;       /* its name on the wire; of a flattened list, that of each item */
    bool flat;     /* a flattened list: no element around the items */
    size_t next;   /* structures: the first member that may still come */
    size_t n;      /* values so far */
    json_t *value; /* of the document, borrowed from what it stands in; NULL: none is made */
};
struct items_form;
struct items {
    struct items *next; /* of the same answer */
    const struct api_member *member;
    const struct items_form *form; /* NULL: only the document is made */
    struct buf bytes;              /* the items, as they stand in the body */
    json_t *document;              /* the list, until it is part of rq->out; or NULL */
    struct items_frame frames[ITEMS_DEPTH];
    size_t depth;
};

/* What was written of that member, or NULL. */
const struct items *items_find(const struct items *list, const struct api_member *member);
/* The request's documents become part of rq->out: the handler is through. */
void aws_items_settle(struct rq *rq);
/*
 * rq->out as the body of a JSON protocol, with what was written in it; the items stand behind the
 * other members.
 */
void aws_items_json(struct rq *rq, const struct api_shape *shape, struct buf *body);
/* Forgets them: the answer is over, or made anew. */
void aws_items_drop(struct rq *rq);
