#pragma once
/*
 * policy/context: reading what policy_context_add put in. Keys compare without case. What is given
 * is borrowed from the context, until something is added to it.
 */
#include "policy/policy.h"

struct policy_values {
    const str *v;
    size_t n; /* 0: the request has no such key */
};
/* context may be NULL: an empty one. */
struct policy_values policy_context_get(const struct policy_context *context, str key);
/* The value of a key that has exactly one; absent otherwise (variables need a single value). */
str policy_context_single(const struct policy_context *context, str key);
