#pragma once
/*
 * policy/condition: the Condition element. One policy_test is one operator on one key; a statement
 * applies when all its tests hold. Source: "IAM JSON policy elements: Condition operators" and
 * "Creating a condition with multiple keys or values" in the IAM User Guide.
 */
#include "policy/policy_priv.h"

enum policy_quantifier { QUANT_NONE, QUANT_ALL, QUANT_ANY }; /* ForAllValues:, ForAnyValue: */

/* A network: the first `bits` bits of bytes, of which IPv4 uses four. */
struct policy_cidr {
    unsigned char bytes[16];
    bool v6;
    unsigned bits;
};
/* One value of a condition, read once as what its operator compares. */
struct policy_operand {
    struct policy_pattern pattern; /* texts and ARNs; its text is kept for all */
    union {
        double number;
        int64_t date_ms;
        bool truth;
        struct policy_cidr cidr;
    };
};

struct policy_operator;
/* One operator on one key. Everything lies in the policy's arena. */
struct policy_test {
    const struct policy_operator *op;
    enum policy_quantifier quantifier;
    bool if_exists;
    str key;
    struct policy_operand *operands;
    size_t n_operands;
};

/* Adds the tests of a Condition element to st, in the policy's arena. 0 or POLICY_E_MALFORMED. */
int policy_condition_parse(struct policy *policy, struct policy_statement *st, const json_t *value,
                           struct err *err);
/*
 * Of this request: an absent key fails the test, unless the operator says otherwise. deny: of a
 * statement that denies, which in doubt applies.
 */
bool policy_test_holds(const struct policy_test *test, struct policy_scope *scope, bool deny);

/*
 * For policy_is_public: does this test confine callers to fixed ones, as far as its key says who
 * calls? Only operators that demand equality, or a CIDR.
 */
bool policy_test_is_equality(const struct policy_test *test);
bool policy_test_is_cidr(const struct policy_test *test);
