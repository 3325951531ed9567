#pragma once
/*
 * audit/rules/references: what the names of Ref, Fn::GetAtt and Fn::Sub lead to, for the rules about
 * references and about cycles.
 */
#include "audit/finding.h"

/* The guard of a reference: guard, and the Fn::If around it. */
const struct audit_guard *audit_references_guard(const struct audit_template *t,
                                                 const struct audit_guard *guard,
                                                 const struct tmpl_way *way);
/*
 * The resource of a name; in SAM also the one from which the transform makes what has the name:
 * UploadRole, UploadAliaslive, UploadUrl of the function Upload ("Generated CloudFormation resources",
 * AWS SAM Developer Guide). NULL: none.
 */
const struct audit_resource *audit_references_resource(const struct audit_template *t, str name);
/*
 * Where a node's text names something: "Name" in "${Name.Arn}" of a Fn::Sub, or the whole node. *ret_end is
 * behind it.
 */
struct tmpl_pos audit_references_place(const struct audit_template *t, const struct tmpl_node *node,
                                       str name, struct tmpl_pos *ret_end);
