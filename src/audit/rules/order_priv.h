#pragma once
/*
 * audit/rules/order: which resources a resource waits for, and fixes that make it wait for one more.
 */
#include "audit/finding.h"

/*
 * Does r wait for `on`, by DependsOn or a reference, through any others? `except` (may be NULL) is a
 * value of r's properties that does not count.
 */
bool audit_order_waits(const struct audit_template *t, const struct audit_resource *r,
                       const struct tmpl_node *except, const struct audit_resource *on);
/* The fix: r's DependsOn names name too. */
void audit_order_fix_depends(struct audit_finding *f, const struct audit_resource *r, str name);
/*
 * "arn:${AWS::Partition}:s3:::NAME" for Fn::Sub, of a bucket whose name is written out without another
 * resource, so that the ARN makes nobody wait for the bucket; absent where it is not.
 */
str audit_order_bucket_arn(const struct audit_template *t, const struct audit_resource *bucket);
/* Of r's Condition attribute; absent without. */
str audit_order_condition(const struct audit_resource *r);
