#pragma once
/*
 * dynamodb/edit: a mutable copy of the parts of a tree that change. Nodes are made mutable on the
 * way to the place that changes; everything else stays shared with the original.
 */
#include "svc/dynamodb/expr.h"

struct ddb_edit; /* one mutable node of the tree */
/* value is not changed and must live as long as what ddb_edit_done returns. */
struct ddb_edit *ddb_edit_new(struct arena *a, const struct ddb_value *value);
/*
 * Sets the value at path. False: the path leads through something that is not there, or is no map
 * or list.
 */
bool ddb_edit_set(struct arena *a, struct ddb_edit *root, const struct ddb_path *path,
                  const struct ddb_value *value);
/* Removes what is at path; nothing there is fine. False as above. */
bool ddb_edit_remove(struct arena *a, struct ddb_edit *root, const struct ddb_path *path);
/*
 * The tree as it is now; list elements that were removed close up, those set behind the end are
 * appended in order.
 */
const struct ddb_value *ddb_edit_done(struct arena *a, const struct ddb_edit *root);
