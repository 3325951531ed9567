#pragma once
/* audit/explain: the pages of the rules, Markdown that is read in a terminal too; docs/rules is made of them. */
#include "audit/rule.h"
#include "base/buf.h"

/* The page of a rule: why, fix, its two examples with what is found in the first. */
void audit_explain(struct buf *out, const struct audit_rule *rule);
/* The page of all of them, by class. */
void audit_explain_all(struct buf *out);
