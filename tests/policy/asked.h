#pragma once
/* What a case of tests/golden/policy says of a request, in the form of its README. */
#include "policy/policy.h"

/* Keys and their values, one or an array of them. NULL: none. */
static inline struct policy_context *context_of(const json_t *keys) {
    struct policy_context *context = policy_context_new();
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)keys, key, value) {
        if (!json_is_array(value))
            policy_context_add(context, str_c(key), json_text(value));
        for (size_t i = 0; i < json_array_size(value); i++)
            policy_context_add(context, str_c(key), json_text(json_array_get(value, i)));
    }
    return context;
}

static inline struct policy_principal principal_of(const json_t *j) {
    static const char *const kinds[] = {"anonymous", "root", "user", "session", "service"};
    struct policy_principal p = {.account = json_str(j, "account"),
                                 .arn = json_str(j, "arn"),
                                 .role_arn = json_str(j, "role")};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_is(json_str(j, "kind"), kinds[i]))
            p.kind = (enum policy_principal_kind)i;
    return p;
}

/* The words for effects. */
static const char *const effects[] = {"allowed", "explicit", "implicit"};
