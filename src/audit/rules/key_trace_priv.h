#pragma once
/*
 * audit/rules/key_trace: what an expression of a function's code is made of, as far as it can be seen:
 * literals, environment variables, the bucket and the key of the event that invoked it.
 */
#include "audit/code.h"

enum key_kind {
    KEY_UNKNOWN,
    KEY_LITERAL,
    KEY_ENVIRONMENT,     /* text: the variable's name */
    KEY_OF_EVENT,        /* the whole key */
    KEY_OF_EVENT_EDITED, /* the key in which `from` became text */
    KEY_BUCKET_OF_EVENT,
};
struct key_part {
    enum key_kind kind;
    str text, from;
};
enum { KEY_MOST_PARTS = 16 };
/* One after the other. Beyond KEY_MOST_PARTS the last is unknown. */
struct key_parts {
    struct key_part v[KEY_MOST_PARTS];
    size_t n;
};
/* Of the tokens from first to before end. Texts are in arena. */
void audit_key_trace(struct arena *arena, const struct audit_code *code, uint32_t first,
                     uint32_t end, struct key_parts *ret);
