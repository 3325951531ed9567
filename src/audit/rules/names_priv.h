#pragma once
/* audit/rules/names: the names that templates give to resources which would clash with a second stack's. */
#include "audit/rules/literals_priv.h"

/*
 * The property whose value names the resource alone within an account and region (a bucket's: in the
 * world): "BucketName". NULL: none, or one that many may have.
 */
const char *audit_unique_name_property(str type);
/* Has the text something that another stack has not: a parameter, the stack's name, the account? */
bool audit_name_is_of_stack(str text);
