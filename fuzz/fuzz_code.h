#pragma once
/*
 * fuzz/fuzz_code: what both entries do with code: reads it, asks all that can be asked of it, and holds
 * that tokens, blocks and calls lie within each other as audit/code.h says. One thread.
 */
#include "audit/code.h"
#include "base/own.h"

#include <stdlib.h>

/* Aborts where something that the header promises does not hold. */
#define HOLD(x)                                                                                    \
    do {                                                                                           \
        if (!(x))                                                                                  \
            abort();                                                                               \
    } while (0)

static inline void fuzz_tokens(struct arena *arena, const struct audit_code *c) {
    size_t end = 0;
    HOLD(c->n_tokens > 0 && c->tokens[c->n_tokens - 1].kind == CODE_END);
    for (uint32_t i = 0; i < c->n_tokens; i++) {
        const struct code_token *t = &c->tokens[i];
        HOLD(t->at >= end && t->at + (size_t)t->len <= c->text.len);
        HOLD(t->match < c->n_tokens && (t->match == i || c->tokens[t->match].match == i));
        HOLD(t->block < c->n_blocks);
        HOLD(t->len > 0 || t->kind == CODE_NEWLINE || t->kind == CODE_INDENT ||
             t->kind == CODE_DEDENT || t->kind == CODE_END);
        end = t->at + (size_t)t->len;
        HOLD((audit_code_string(arena, c, i).p != NULL) == (t->kind == CODE_STRING));
    }
}

static inline void fuzz_blocks(const struct audit_code *c) {
    HOLD(c->n_blocks > 0 && c->blocks[0].kind == CODE_MODULE && c->handler < c->n_blocks);
    for (uint32_t i = 1; i < c->n_blocks; i++) {
        const struct code_block *b = &c->blocks[i];
        HOLD(b->parent < i && b->of < c->n_blocks && b->head < c->n_tokens);
        HOLD(b->first <= b->end && b->end < c->n_tokens);
        HOLD(b->end <= c->blocks[b->parent].end && b->first >= c->blocks[b->parent].first);
        HOLD(audit_code_within(c, i, b->parent));
        audit_code_per_record(c, i);
        HOLD(audit_code_try(c, i) == 0 || c->blocks[audit_code_try(c, i)].kind == CODE_TRY);
    }
}

static inline void fuzz_calls(const struct audit_code *c) {
    static const char *const names[] = {"Bucket", "Key", "TableName", "record_handler"};
    struct code_aws aws;
    for (uint32_t i = 0; i < c->n_calls; i++) {
        const struct code_call *k = &c->calls[i];
        HOLD(k->token <= k->open && k->open <= k->close && k->close < c->n_tokens);
        HOLD(i == 0 || k->token >= c->calls[i - 1].token);
        if (audit_code_aws(c, k, &aws))
            HOLD(aws.service && aws.operation && aws.operation[0]);
        for (size_t n = 0; n < ARRAY_LEN(names); n++) {
            uint32_t first, end;
            if (!audit_code_argument(c, k, names[n], &first, &end))
                continue;
            HOLD(first < end && end < c->n_tokens);
            audit_code_env_of(c, first, end);
        }
    }
}

static inline void fuzz_env(void *ctx, str name, uint32_t token, bool) {
    const struct audit_code *c = ctx;
    HOLD(name.p && token < c->n_tokens);
}

static inline void fuzz_code(enum code_language language, str text) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct audit_code *c = audit_code_read(&arena, language, text, S("handler"), NULL);
    if (!c)
        return;
    fuzz_tokens(&arena, c);
    fuzz_blocks(c);
    fuzz_calls(c);
    audit_code_each_env(c, fuzz_env, c);
}
