#pragma once
/*
 * audit/rules/literals: every scalar of the resources and outputs, with where it stands: for the rules
 * that look at what is written out. Nothing is kept.
 */
#include "audit/finding.h"

/* The way from a resource down to a value, the last step first. */
struct audit_step {
    const struct audit_step *up;  /* NULL: the resource's body */
    str key;                      /* absent: an element of a list */
    const struct tmpl_node *node; /* what lies there */
};
struct audit_literal {
    const struct audit_resource *r;   /* NULL: of an output */
    const struct tmpl_node *node;     /* the scalar */
    str text;                         /* of it */
    str key;                          /* the nearest name above it that is no function's */
    const struct tmpl_node *function; /* the Fn::Sub or Fn::Join whose text it is; or NULL */
    bool is_sub;                      /* function is a Fn::Sub, so that ${X} works in it */
    bool is_chosen;                   /* in a Fn::If */
    const struct audit_guard *guard;
    const struct audit_step *step;
};
typedef void audit_literal_fn(void *ctx, const struct audit_literal *literal);
/* Those of resources' attributes but Type, Condition, DependsOn and Metadata; keys are none of them. */
void audit_literals(struct audit_template *t, audit_literal_fn *fn, void *ctx);
void audit_literals_of(struct audit_template *t, const struct audit_resource *r,
                       audit_literal_fn *fn, void *ctx);
/* Is one of the steps above it called so? */
bool audit_literal_is_under(const struct audit_literal *literal, const char *key);
/* A description, a comment: words for people. */
bool audit_literal_is_prose(const struct audit_literal *literal);

/*
 * Tells of the bytes from to end of the literal's text, exactly where it is written in one line or is a
 * text whose places are known, else of the whole.
 */
struct audit_finding *audit_tell_literal(struct audit_template *t, const struct audit_rule *rule,
                                         const struct audit_literal *literal, size_t from,
                                         size_t end, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* The fix: puts a ${Name} in the place of these bytes, by Fn::Sub where it is none yet. */
void audit_fix_literal(struct audit_finding *f, const struct audit_literal *literal, size_t from,
                       size_t end, const char *name);
