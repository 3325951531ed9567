/*
 * Is a document public? Source: "The meaning of public" in the S3 User Guide: a policy is public
 * unless every Allow names fixed principals, or a condition that confines everyone to fixed values
 * (no wildcard, no variable) of a key that says who calls.
 */
#include "policy/condition_priv.h"

#include "base/ascii.h"

/* Ranges wider than these are as good as everyone (the same page). */
enum { WIDEST_V4 = 8, WIDEST_V6 = 32 };

static const char *const fixing_keys[] = {
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:SourceArn",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceOwner",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:userid",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
};

static bool is_fixing_key(str key) {
    for (size_t i = 0; i < ARRAY_LEN(fixing_keys); i++)
        if (str_eq_nocase(key, str_c(fixing_keys[i])))
            return true;
    return false;
}

/* The account of an access point's ARN is fixed; its name may be a pattern. */
static bool has_fixed_account(const struct policy_pattern *arn) {
    size_t colons = 0, digits = 0;
    for (size_t i = 0; i < arn->n; i++) {
        if (arn->units[i] == UNIT_COLON)
            colons++;
        else if (colons == 4 && (arn->units[i] > 0x7f || !ascii_is_digit((char)arn->units[i])))
            return false;
        else if (colons == 4)
            digits++;
    }
    return colons == 5 && digits == 12;
}

static bool value_is_fixed(const struct policy_test *test, const struct policy_pattern *value) {
    if (str_eq_nocase(test->key, S("s3:DataAccessPointArn")) && has_fixed_account(value))
        return true;
    /* A role's unique id followed by any session name. */
    if (str_eq_nocase(test->key, S("aws:userid")) && str_starts(value->text, S("AROA")) &&
        str_ends(value->text, S(":*")))
        return false;
    return value->literal;
}

static bool test_confines(const struct policy_test *test) {
    if (policy_test_is_cidr(test) && str_eq_nocase(test->key, S("aws:SourceIp"))) {
        for (size_t i = 0; i < test->n_operands; i++) {
            const struct policy_cidr *net = &test->operands[i].cidr;
            if (net->bits < (net->v6 ? WIDEST_V6 : WIDEST_V4))
                return false;
        }
        return true;
    }
    if (!policy_test_is_equality(test) || !is_fixing_key(test->key))
        return false;
    for (size_t i = 0; i < test->n_operands; i++)
        if (!value_is_fixed(test, &test->operands[i].pattern))
            return false;
    return true;
}

static bool names_everyone(const struct policy_statement *st) {
    for (size_t i = 0; i < st->n_principals; i++)
        if (st->principals[i].type == TYPE_EVERYONE)
            return true;
    return false;
}

static bool statement_is_public(const struct policy_statement *st) {
    if (st->deny || !names_everyone(st))
        return false;
    for (size_t i = 0; i < st->n_tests; i++)
        if (test_confines(&st->tests[i]))
            return false;
    return true;
}

bool policy_is_public(const struct policy *policy) {
    for (size_t i = 0; i < policy->n_statements; i++)
        if (statement_is_public(&policy->statements[i]))
            return true;
    return false;
}
