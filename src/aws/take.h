#pragma once
/*
 * aws/take: values of a request that a service reads from the JSON text itself, into a form of its
 * own (DynamoDB's items), so that no tree is made of them.
 *
 * Where a document that came from the wire would hold the tree of such a value, it holds what the
 * reader made, and aws_taken gives it back. A document from inside (aws/call.h), and one that the
 * reader said no to, has the tree; so whoever reads such a member asks aws_taken first and takes
 * the tree otherwise, in one function that serves both.
 *
 * A reader takes nothing that the tree's reader would refuse, and makes the same of it; words for
 * what is wrong are the tree's affair. What it makes lies in in->arena or is a view into the
 * request's body, so a handler that suspends has none.
 */
#include "base/json.h"
#include "base/json_in.h"

/* False: not taken; the text is read as a tree then, from its front. */
typedef bool aws_take_fn(struct json_in *in, const void **ret_value);
/* A row of aws_service.takes: the shape of the model, and who reads its values. */
struct aws_take {
    str shape; /* absent: the end of the table */
    aws_take_fn *read;
};

/* What stands in the document; made by wire_json_read. */
struct aws_taken {
    json_t node; /* "true" to whoever does not know: of a kind that no such member has */
    aws_take_fn *by;
    const void *value;
};
/* What `by` has made of this member of a document; NULL: it is a tree, or not there. */
static inline const void *aws_taken(const json_t *v, aws_take_fn *by) {
    if (!json_is_true(v) || v == json_true())
        return NULL;
    const struct aws_taken *taken = (const struct aws_taken *)(const void *)v;
    return taken->by == by ? taken->value : NULL;
}
