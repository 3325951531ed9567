#pragma once
/*
 * audit/rule: a rule as a row: what it is called, how grave it is, what it looks for and why, and the
 * pages that `calotype audit explain` and docs/rules show. One file a rule, rules/ID.c with '_' for
 * '-'; the list of them is rules.def. All constant.
 */
#include "base/str.h"

#include <stddef.h>

struct audit_template;

enum audit_severity { AUDIT_INFO, AUDIT_WARNING, AUDIT_ERROR };
/* "info", "warning", "error". */
const char *audit_severity_name(enum audit_severity severity);

/* Which audits ask a rule. Each profile has all rules of those before it. */
enum audit_profile {
    AUDIT_BASELINE, /* what is wrong in any stack: access, secrets, encryption, cycles, references */
    AUDIT_PIPELINE, /* what an image pipeline needs; the profile of an audit that names none */
    AUDIT_ALL,      /* and what some people want to know */
};

struct audit_rule {
    const char *id; /* "bucket-encryption": lower-case words that stay as they are for ever */
    int class;      /* the failure of the field, 1 to 18; 0: none of those */
    enum audit_severity severity;
    enum audit_profile profile; /* the smallest that has it */
    const char *title;          /* "Bucket without default encryption" */
    const char
        *why; /* what it costs: a clause without capital and full stop, as a finding shows it */
    const char *fix; /* what to do: likewise */
    /*
     * Whole templates, YAML: the rule finds something in the first and nothing in the second. Shown
     * by `explain`, and tested so.
     */
    const char *bad, *good;
    /*
     * Tells what it finds in t (audit/finding.h). NULL: another rule's check tells it too, or reading
     * the template does.
     */
    void (*check)(struct audit_template *t);
};

#define RULE(name) extern const struct audit_rule audit_rule_##name;
#include "audit/rules.def"
#undef RULE

extern const struct audit_rule *const audit_rules[]; /* sorted by class, then by id */
extern const size_t audit_n_rules;
/* NULL: there is none. */
const struct audit_rule *audit_rule_find(str id);
