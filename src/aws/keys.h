#pragma once
/*
 * aws/keys: the one table of condition keys: aws/keys.def and what stands before the operations in
 * each ops.def (aws/op.h). Policies are checked by it when they are stored, requests are filled by
 * it, and docs/SUPPORTED.md is made from it.
 *
 * A key that begins as those of AWS or of a service here ("aws:", "s3:") and is not in the table is
 * unknown. A Deny on it would never apply, so a document that names one in a statement about
 * actions that exist here is refused by the key's name. Keys of other services have no value in any
 * request here, as on AWS, and are left alone.
 */
#include "aws/rq.h"

/*
 * policy_new for a document that is to be stored: *ret_policy (NULL: not wanted) is compiled. 0, or
 * POLICY_E_MALFORMED with the reason in the words of IAM. Documents that are stored already are read
 * by policy_new: an unknown key in them is told in the log once, and has no value.
 */
int aws_policy_new(struct rq *rq, enum policy_kind kind, str text, struct policy **ret_policy,
                   struct err *err);
