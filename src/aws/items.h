#pragma once
/*
 * aws/items: a list of the answer that is written while its items are found.
 *
 * A page of a thousand keys as a document is a tree of ten thousand nodes that are made to be read
 * once. Here each item goes into the answer's bytes as it is told, in the form of the request's
 * protocol: XML and JSON. Where the answer is read as a document all the same (CBOR, a call from
 * inside) the document is made. The rest of the answer is rq->out as ever, before or after.
 *
 *   struct items *keys = rq_out_items(rq, "Contents");
 *   items_begin(keys);                    a structure, as the model's list has it
 *   items_str(keys, "Key", key);
 *   items_open(keys, "Owner");            a structure or a list in it
 *   items_str(keys, "ID", id);
 *   items_close(keys);
 *   items_close(keys);                    the item is whole
 *
 * Members are told in the model's order, each once at most; what is left out is absent. In a list
 * the name is NULL. A name that the model does not have there is a mistake of the caller's, and
 * aborts. Builds with -Dchecks=true make the document too: it is checked as every answer, and what
 * it encodes to must be what was written.
 */
#include "aws/rq.h"

struct items;
/*
 * The list of that name in the answer, there from this call on, with no items. Asked for once in a
 * run; lives as long as the run's answer.
 */
struct items *rq_out_items(struct rq *rq, const char *member);
void items_begin(struct items *items);                  /* an item that is a structure */
void items_open(struct items *items, const char *name); /* a structure or a list */
void items_close(struct items *items);                  /* what was begun or opened last */
/* Absent text is left out, as in json_set_str. */
void items_str(struct items *items, const char *name, str text);
void items_int(struct items *items, const char *name, int64_t v);
void items_num(struct items *items, const char *name, double v);
void items_bool(struct items *items, const char *name, bool v);
void items_time(struct items *items, const char *name, int64_t epoch_ms);
