/* policy/condition: the condition operators: how each reads its operand, and when it holds. */
#include "policy/condition_priv.h"

#include "base/clock.h"
#include "base/codec.h"

#include <arpa/inet.h>
#include <math.h>

enum { MAX_NUMBER_LEN = 64 };

/*
 * What an operator does. `init` compiles one operand (false: not of its type); `holds` compares one
 * value of the request with it. A negated operator is true where its opposite is not, also when
 * the request has no such key.
 */
struct policy_operator {
    const char *name;
    bool (*init)(struct policy *policy, struct policy_operand *operand, str text);
    bool (*holds)(const struct policy_operand *operand, struct policy_scope *scope, str value);
    bool negated;
    bool equality; /* for policy_is_public */
};

/* ---- Texts ---- */

static unsigned variables(const struct policy *policy) {
    return policy->has_variables ? PATTERN_VARIABLES : 0;
}

static bool init_text(struct policy *policy, struct policy_operand *operand, str text) {
    policy_pattern_init(&operand->pattern, &policy->arena, text, variables(policy));
    return true;
}

static bool init_like(struct policy *policy, struct policy_operand *operand, str text) {
    policy_pattern_init(&operand->pattern, &policy->arena, text,
                        variables(policy) | PATTERN_WILDCARDS);
    return true;
}

static bool text_holds(const struct policy_operand *operand, struct policy_scope *scope,
                       str value) {
    return policy_pattern_match(&operand->pattern, scope, value, false);
}

static bool nocase_holds(const struct policy_operand *operand, struct policy_scope *scope,
                         str value) {
    return policy_pattern_match(&operand->pattern, scope, value, true);
}

static bool init_arn(struct policy *policy, struct policy_operand *operand, str text) {
    policy_pattern_init(&operand->pattern, &policy->arena, text,
                        variables(policy) | PATTERN_WILDCARDS | PATTERN_ARN);
    return operand->pattern.all || operand->pattern.n_vars || str_starts(text, S("arn:")) ||
           str_starts(text, S("*:")) || str_starts(text, S("arn*"));
}

static bool arn_holds(const struct policy_operand *operand, struct policy_scope *scope, str value) {
    return str_starts(value, S("arn:")) &&
           policy_pattern_match_arn(&operand->pattern, scope, value);
}

/* ---- Numbers and dates ---- */

static bool parse_number(str s, double *ret) {
    if (s.len == 0 || s.len > MAX_NUMBER_LEN)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (str_chr(S("0123456789+-.eE"), s.p[i]) < 0)
            return false;
    char text[MAX_NUMBER_LEN + 1], *end;
    memcpy(text, s.p, s.len);
    text[s.len] = '\0';
    *ret = strtod(text, &end);
    return *end == '\0' && isfinite(*ret);
}

static bool init_number(struct policy *policy, struct policy_operand *operand, str text) {
    (void)policy;
    return parse_number(text, &operand->number);
}

/* ISO 8601, or seconds of the epoch. */
static bool parse_date(str s, int64_t *ret_ms) {
    double seconds;
    if (clock_parse_iso8601(s, ret_ms))
        return true;
    if (!parse_number(s, &seconds) || fabs(seconds) > 1e12)
        return false;
    *ret_ms = (int64_t)(seconds * 1000);
    return true;
}

static bool init_date(struct policy *policy, struct policy_operand *operand, str text) {
    (void)policy;
    return parse_date(text, &operand->date_ms);
}

#define COMPARE(name, parse, type, member, operation)                                              \
    static bool name(const struct policy_operand *operand, struct policy_scope *scope,             \
                     str value) {                                                                  \
        (void)scope;                                                                               \
        type v;                                                                                    \
        return parse(value, &v) && v operation operand->member;                                    \
    }
COMPARE(number_eq, parse_number, double, number, ==)
COMPARE(number_lt, parse_number, double, number, <)
COMPARE(number_le, parse_number, double, number, <=)
COMPARE(number_gt, parse_number, double, number, >)
COMPARE(number_ge, parse_number, double, number, >=)
COMPARE(date_eq, parse_date, int64_t, date_ms, ==)
COMPARE(date_lt, parse_date, int64_t, date_ms, <)
COMPARE(date_le, parse_date, int64_t, date_ms, <=)
COMPARE(date_gt, parse_date, int64_t, date_ms, >)
COMPARE(date_ge, parse_date, int64_t, date_ms, >=)

/* ---- Bool, binary ---- */

static bool parse_bool(str s, bool *ret) {
    *ret = str_eq_nocase(s, S("true"));
    return *ret || str_eq_nocase(s, S("false"));
}

static bool init_bool(struct policy *policy, struct policy_operand *operand, str text) {
    (void)policy;
    return parse_bool(text, &operand->truth);
}

static bool bool_holds(const struct policy_operand *operand, struct policy_scope *scope,
                       str value) {
    (void)scope;
    bool v;
    return parse_bool(value, &v) && v == operand->truth;
}

static bool init_binary(struct policy *policy, struct policy_operand *operand, str text) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    if (!codec_unbase64(&bytes, text))
        return false;
    policy_pattern_init(&operand->pattern, &policy->arena, buf_view(&bytes), 0);
    return true;
}

static bool binary_holds(const struct policy_operand *operand, struct policy_scope *scope,
                         str value) {
    (void)scope;
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    return codec_unbase64(&bytes, value) && str_eq(buf_view(&bytes), operand->pattern.text);
}

/* ---- Addresses ---- */

enum { MAPPED_BITS = 96 }; /* of ::ffff:0:0/96, the IPv4 addresses as IPv6 writes them */

/* ::ffff:192.0.2.1 is 192.0.2.1, and a network of such addresses one of IPv4. */
static void unmap(struct policy_cidr *net) {
    static const unsigned char mapped[MAPPED_BITS / 8] = {[10] = 0xFF, [11] = 0xFF};
    if (!net->v6 || net->bits < MAPPED_BITS || memcmp(net->bytes, mapped, sizeof mapped) != 0)
        return;
    struct policy_cidr v4 = {.bits = net->bits - MAPPED_BITS};
    memcpy(v4.bytes, net->bytes + sizeof mapped, 4);
    *net = v4;
}

/* The address as it is written, as a network of one. */
static bool parse_address(str s, struct policy_cidr *ret) {
    char text[INET6_ADDRSTRLEN];
    if (s.len == 0 || s.len >= sizeof text)
        return false;
    memcpy(text, s.p, s.len);
    text[s.len] = '\0';
    *ret = (struct policy_cidr){.bits = 32};
    if (inet_pton(AF_INET, text, ret->bytes) == 1)
        return true;
    *ret = (struct policy_cidr){.v6 = true, .bits = 128};
    return inet_pton(AF_INET6, text, ret->bytes) == 1;
}

static bool init_cidr(struct policy *policy, struct policy_operand *operand, str text) {
    (void)policy;
    struct policy_cidr *net = &operand->cidr;
    str address, length;
    bool has_length = str_cut(text, '/', &address, &length);
    uint64_t bits;
    if (!parse_address(address, net))
        return false;
    if (has_length && (!str_to_u64(length, &bits) || bits > net->bits))
        return false;
    if (has_length)
        net->bits = (unsigned)bits;
    unmap(net);
    return true;
}

static bool cidr_holds(const struct policy_operand *operand, struct policy_scope *scope,
                       str value) {
    (void)scope;
    struct policy_cidr v;
    const struct policy_cidr *net = &operand->cidr;
    if (!parse_address(value, &v))
        return false;
    unmap(&v);
    if (v.v6 != net->v6)
        return false;
    unsigned whole = net->bits / 8, left = net->bits % 8;
    if (memcmp(v.bytes, net->bytes, whole) != 0)
        return false;
    return left == 0 || ((v.bytes[whole] ^ net->bytes[whole]) >> (8 - left)) == 0;
}

/* ---- The operators ---- */

static const struct policy_operator operators[] = {
    {"StringEquals", init_text, text_holds, false, true},
    {"StringNotEquals", init_text, text_holds, true, false},
    {"StringEqualsIgnoreCase", init_text, nocase_holds, false, true},
    {"StringNotEqualsIgnoreCase", init_text, nocase_holds, true, false},
    {"StringLike", init_like, text_holds, false, true},
    {"StringNotLike", init_like, text_holds, true, false},
    {"NumericEquals", init_number, number_eq, false, false},
    {"NumericNotEquals", init_number, number_eq, true, false},
    {"NumericLessThan", init_number, number_lt, false, false},
    {"NumericLessThanEquals", init_number, number_le, false, false},
    {"NumericGreaterThan", init_number, number_gt, false, false},
    {"NumericGreaterThanEquals", init_number, number_ge, false, false},
    {"DateEquals", init_date, date_eq, false, false},
    {"DateNotEquals", init_date, date_eq, true, false},
    {"DateLessThan", init_date, date_lt, false, false},
    {"DateLessThanEquals", init_date, date_le, false, false},
    {"DateGreaterThan", init_date, date_gt, false, false},
    {"DateGreaterThanEquals", init_date, date_ge, false, false},
    {"Bool", init_bool, bool_holds, false, false},
    {"BinaryEquals", init_binary, binary_holds, false, false},
    {"IpAddress", init_cidr, cidr_holds, false, false},
    {"NotIpAddress", init_cidr, cidr_holds, true, false},
    {"ArnEquals", init_arn, arn_holds, false, true},
    {"ArnLike", init_arn, arn_holds, false, true},
    {"ArnNotEquals", init_arn, arn_holds, true, false},
    {"ArnNotLike", init_arn, arn_holds, true, false},
    {"Null", init_bool, NULL, false, false}, /* holds: see policy_test_holds */
};

static const struct policy_operator *operator_named(str name) {
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (str_is(name, operators[i].name))
            return &operators[i];
    return NULL;
}

/* ---- Parsing ---- */

static bool parse_operator(str text, struct policy_test *test) {
    str name = text;
    if (str_starts(name, S("ForAllValues:"))) {
        test->quantifier = QUANT_ALL;
        name = str_skip(name, strlen("ForAllValues:"));
    } else if (str_starts(name, S("ForAnyValue:"))) {
        test->quantifier = QUANT_ANY;
        name = str_skip(name, strlen("ForAnyValue:"));
    }
    if (str_ends(name, S("IfExists"))) {
        test->if_exists = true;
        name = str_slice(name, 0, name.len - strlen("IfExists"));
    }
    test->op = operator_named(name);
    return test->op && !(test->if_exists && !test->op->holds); /* NullIfExists is no operator */
}

/* Values may be written as strings, numbers and booleans. */
static str value_text(struct arena *arena, const json_t *value) {
    if (json_is_string(value))
        return arena_str(arena, json_text(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? S("true") : S("false");
    if (!json_is_number(value))
        return STR_NONE;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, value);
    return arena_str(arena, buf_view(&text));
}

static int parse_operand(struct policy *policy, struct policy_test *test, const char *operator,
                         const json_t * value, struct err *err) {
    struct policy_operand *operand = &test->operands[test->n_operands++];
    str text = value_text(&policy->arena, value);
    *operand = (struct policy_operand){.pattern = {.text = text}};
    if (!text.p)
        return policy_malformed(err, "Syntax errors in policy.");
    if (!test->op->init(policy, operand, text))
        return policy_malformed(
            err, "Invalid value for the condition %s on " STR_FMT ": " STR_FMT, operator,
            STR_ARG(test->key), STR_ARG(text));
    return 0;
}

static int parse_test(struct policy *policy, struct policy_test *test, const char *operator,
                      const char * key, const json_t *values, struct err *err) {
    if (!parse_operator(str_c(operator), test))
        return policy_malformed(err, "Invalid Condition type : %s", operator);
    test->key = arena_str(&policy->arena, str_c(key));
    if (str_chr(test->key, ':') < 1)
        return policy_malformed(err, "Policy has an invalid condition key: %s", key);
    bool many = json_is_array(values);
    size_t n = many ? json_array_size(values) : 1;
    test->operands = arena_alloc(&policy->arena, n * sizeof *test->operands);
    for (size_t i = 0; i < n; i++)
        if (parse_operand(policy, test, operator, many ? json_array_get(values, i) : values, err))
            return POLICY_E_MALFORMED;
    return 0;
}

int policy_condition_parse(struct policy *policy, struct policy_statement *st, const json_t *value,
                           struct err *err) {
    const char *operator, * key;
    json_t *keys, *values;
    size_t n = 0;
    if (!json_is_object(value))
        return policy_malformed(err, "Syntax errors in policy.");
    json_object_foreach ((json_t *)value, operator, keys) {
        if (!json_is_object(keys))
            return policy_malformed(err, "Syntax errors in policy.");
        n += json_object_size(keys);
    }
    st->tests = arena_zalloc(&policy->arena, n * sizeof *st->tests);
    json_object_foreach ((json_t *)value, operator, keys)
        json_object_foreach (keys, key, values)
            if (parse_test(policy, &st->tests[st->n_tests++], operator, key, values, err))
                return POLICY_E_MALFORMED;
    return 0;
}

/* ---- Deciding ---- */

static bool any_operand(const struct policy_test *test, struct policy_scope *scope, str value) {
    for (size_t i = 0; i < test->n_operands; i++)
        if (test->op->holds(&test->operands[i], scope, value))
            return true;
    return false;
}

/*
 * One value of the request passes: it is one of the operands (negated: none of them). An operand
 * whose variable has no value is not known to be another one, so an Allow does not rest on it.
 */
static bool value_passes(const struct policy_test *test, struct policy_scope *scope, str value,
                         bool deny) {
    scope->unresolved = false;
    if (any_operand(test, scope, value))
        return !test->op->negated;
    return test->op->negated && (deny || !scope->unresolved);
}

static bool null_holds(const struct policy_test *test, bool absent) {
    for (size_t i = 0; i < test->n_operands; i++)
        if (test->operands[i].truth == absent)
            return true;
    return false;
}

/*
 * Without a quantifier a key has one value; where a request has several, a positive operator wants
 * one that passes and a negated one wants all to pass, so that NotEquals stays the opposite of
 * Equals.
 */
bool policy_test_holds(const struct policy_test *test, struct policy_scope *scope, bool deny) {
    struct policy_values values = policy_context_get(policy_scope_context(scope), test->key);
    if (!test->op->holds)
        return null_holds(test, values.n == 0);
    if (values.n == 0) {
        if (test->if_exists || test->quantifier == QUANT_ALL)
            return true;
        return test->quantifier == QUANT_NONE && test->op->negated;
    }
    bool every =
        test->quantifier == QUANT_ALL || (test->quantifier == QUANT_NONE && test->op->negated);
    for (size_t i = 0; i < values.n; i++)
        if (value_passes(test, scope, values.v[i], deny) != every)
            return !every;
    return every;
}

bool policy_test_is_equality(const struct policy_test *test) {
    return test->op->equality && !test->if_exists && test->quantifier != QUANT_ALL &&
           test->n_operands;
}

bool policy_test_is_cidr(const struct policy_test *test) {
    return test->op->init == init_cidr && !test->op->negated && !test->if_exists &&
           test->quantifier != QUANT_ALL && test->n_operands;
}
