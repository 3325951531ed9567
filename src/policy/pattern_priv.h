#pragma once
/*
 * policy/pattern: one string of a policy document, compiled: wildcards, policy variables, and the
 * separators of an ARN.
 *
 * A pattern is a row of 16-bit units: a byte of text, or one of the marks below. Text that comes
 * out of a variable is never a wildcard and never an ARN separator, whatever it contains. Patterns
 * live in their policy's arena and are immutable.
 */
#include "base/arena.h"
#include "policy/policy.h"

enum {
    UNIT_STAR = 0x100,  /* any run of bytes, the empty one too */
    UNIT_ANY = 0x101,   /* any one character (a whole UTF-8 sequence) */
    UNIT_COLON = 0x102, /* one of the first five colons of an ARN */
    UNIT_VAR = 0x8000,  /* | index into vars */
};

/* A ${name} or ${name, 'fallback'} of a pattern. */
struct policy_var {
    str name;
    str fallback; /* absent: none was given */
};

/*
 * A compiled string. What the units say is enough for a match; text is for messages and for literal
 * ones.
 */
struct policy_pattern {
    str text; /* as written */
    const uint16_t *units;
    size_t n;
    const struct policy_var *vars;
    size_t n_vars;
    uint8_t fields; /* PATTERN_ARN: as written, at most six; what is missing was completed */
    bool literal;   /* no mark in it but UNIT_COLON: text compares as it is */
    bool all;       /* "*" alone */
};

enum {
    PATTERN_WILDCARDS = 1 << 0, /* '*' and '?' mean something */
    PATTERN_VARIABLES = 1 << 1, /* ${…} means something (Version 2012-10-17) */
    PATTERN_ARN = 1 << 2,       /* matched segment by segment */
    PATTERN_COMPLETED = 1 << 3, /* an ARN of fewer than six fields means any in those missing */
};
enum { ARN_FIELDS = 6 };
/*
 * text is copied into the arena; flags: what means something in it.
 *
 * An ARN with fewer than six fields gets a "*" for each that is missing, with PATTERN_COMPLETED
 * always, otherwise if it ends in a star, which is read as "and whatever follows". No star reaches
 * over the colon behind its own field. ("arn:aws:sqs is equivalent to arn:aws:sqs:*:*:*", IAM
 * identifiers, of identity-based policies; "each of the six colon-delimited components of the ARN
 * is checked separately", ARN condition operators.)
 */
void policy_pattern_init(struct policy_pattern *pattern, struct arena *arena, str text,
                         unsigned flags);

/*
 * What a match needs: the request, whose context has the variables, and memory for what they expand
 * to.
 */
struct policy_scope {
    const struct policy_request *request;
    const struct policy_context *context; /* NULL until it is wanted */
    struct arena scratch;
    bool unresolved; /* a match failed because a variable had no value; whoever asks clears it */
};
/* NULL: the request has no keys. */
const struct policy_context *policy_scope_context(struct policy_scope *scope);

/*
 * Whole-string match. A pattern whose variable has no single value in the context (and no default)
 * matches nothing; scope->unresolved then becomes true.
 */
bool policy_pattern_match(const struct policy_pattern *pattern, struct policy_scope *scope, str s,
                          bool nocase);
/*
 * The same for PATTERN_ARN: each of the first five segments by itself, the last one with its
 * colons.
 */
bool policy_pattern_match_arn(const struct policy_pattern *pattern, struct policy_scope *scope,
                              str arn);
