/*
 * Every condition operator on values below, at and above its operand, on one of another type and on
 * none; then networks bit by bit, what makes a document public, and the bounds of operands. The
 * rules are those of "IAM JSON policy elements: Condition operators" in the IAM User Guide.
 */
#include "policy/policy.h"

#include "cm.h"

/* Does an Allow under that condition (JSON) hold for a request whose x:k has those values? */
static bool holds(const char *condition, const char *const *values, size_t n) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP(policy) struct policy *policy = NULL;
    CLEANUP(policy_context) struct policy_context *context = policy_context_new();
    struct err err = {{0}};
    buf_printf(&text,
               "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\","
               "\"Resource\":\"*\",\"Condition\":%s}}",
               condition);
    CHECK_CASE(policy_new(&policy, POLICY_IDENTITY, buf_view(&text), &err) == 0, err.text);
    for (size_t i = 0; i < n; i++)
        policy_context_add(context, S("x:k"), str_c(values[i]));
    const struct policy *identity[] = {policy};
    struct policy_request request = {.principal = {.kind = PRINCIPAL_USER,
                                                   .account = S("111122223333"),
                                                   .arn = S("arn:aws:iam::111122223333:user/a")},
                                     .action = S("s3:GetObject"),
                                     .resource = S("arn:aws:s3:::b/k"),
                                     .context = context};
    struct policy_set set = {.identity = identity, .n_identity = 1};
    return policy_decide(&request, &set).effect == POLICY_ALLOWED;
}

enum { YES = 1, NO = 0 };

static const struct {
    const char *name, *operand;
    const char *below, *equal, *above, *odd; /* values of the request; odd: not of its type */
    int at_below, at_equal, at_above, at_odd, at_none; /* does it hold? */
} operators[] = {
    {"StringEquals", "\"m\"", "a", "m", "z", "M", NO, YES, NO, NO, NO},
    {"StringNotEquals", "\"m\"", "a", "m", "z", "M", YES, NO, YES, YES, YES},
    {"StringEqualsIgnoreCase", "\"m\"", "a", "m", "z", "M", NO, YES, NO, YES, NO},
    {"StringNotEqualsIgnoreCase", "\"m\"", "a", "m", "z", "M", YES, NO, YES, NO, YES},
    {"StringLike", "\"m*\"", "a", "mm", "z", "M", NO, YES, NO, NO, NO},
    {"StringNotLike", "\"m*\"", "a", "mm", "z", "M", YES, NO, YES, YES, YES},
    {"NumericEquals", "\"10\"", "9.9", "1e1", "10.1", "ten", NO, YES, NO, NO, NO},
    {"NumericNotEquals", "\"10\"", "9.9", "10.0", "10.1", "ten", YES, NO, YES, YES, YES},
    {"NumericLessThan", "10", "9", "10", "11", "ten", YES, NO, NO, NO, NO},
    {"NumericLessThanEquals", "10", "9", "10", "11", "ten", YES, YES, NO, NO, NO},
    {"NumericGreaterThan", "10", "9", "10", "11", "ten", NO, NO, YES, NO, NO},
    {"NumericGreaterThanEquals", "10", "9", "10", "11", "", NO, YES, YES, NO, NO},
    {"DateEquals", "\"2026-11-22T00:00:00Z\"", "2026-11-21", "2026-11-22", "1795305601", "now", NO,
     YES, NO, NO, NO},
    {"DateNotEquals", "\"2026-11-22T00:00:00Z\"", "2026-11-21", "1795305600", "2026-11-23", "now",
     YES, NO, YES, YES, YES},
    {"DateLessThan", "\"2026-11-22\"", "2026-11-21T23:59:59.999Z", "2026-11-22", "2026-11-23", "",
     YES, NO, NO, NO, NO},
    {"DateLessThanEquals", "1795305600", "2026-11-21", "2026-11-22", "2026-11-22T00:00:00.001Z",
     "now", YES, YES, NO, NO, NO},
    {"DateGreaterThan", "\"2026-11-22\"", "2026-11-21", "2026-11-22", "2026-11-22T00:00:00.001Z",
     "now", NO, NO, YES, NO, NO},
    {"DateGreaterThanEquals", "\"2026-11-22\"", "1795305599", "1795305600", "1795305600.5", "now",
     NO, YES, YES, NO, NO},
    {"Bool", "true", "false", "true", "TRUE", "1", NO, YES, YES, NO, NO},
    {"BinaryEquals", "\"bQ==\"", "YQ==", "bQ==", "eg==", "m", NO, YES, NO, NO, NO},
    {"IpAddress", "\"10.1.0.0/16\"", "10.0.255.255", "10.1.2.3", "10.2.0.0", "ten", NO, YES, NO, NO,
     NO},
    {"NotIpAddress", "\"10.1.0.0/16\"", "10.0.255.255", "10.1.2.3", "10.2.0.0", "ten", YES, NO, YES,
     YES, YES},
    {"ArnEquals", "\"arn:aws:s3:::b*\"", "arn:aws:s3:::a", "arn:aws:s3:::b/c", "arn:aws:s3:::z",
     "b/c", NO, YES, NO, NO, NO},
    {"ArnLike", "\"arn:aws:s3:::b*\"", "arn:aws:s3:::a", "arn:aws:s3:::b/c", "arn:aws:s3::1:b", "b",
     NO, YES, NO, NO, NO},
    {"ArnNotEquals", "\"arn:aws:s3:::b*\"", "arn:aws:s3:::a", "arn:aws:s3:::b/c", "arn:aws:s3:::z",
     "b/c", YES, NO, YES, YES, YES},
    {"ArnNotLike", "\"arn:aws:s3:::b*\"", "arn:aws:s3:::a", "arn:aws:s3:::b/c", "arn:aws:sns:::b",
     "b", YES, NO, YES, YES, YES},
    {"Null", "true", "a", "b", "c", "", NO, NO, NO, NO, YES},
};

static void check_one(const char *condition, const char *const *values, size_t n, bool want) {
    if (holds(condition, values, n) != want)
        CHECK_FAILED(__FILE__, __LINE__, "%s with %zu values, the first \"%s\": %s\n", condition, n,
                     n ? values[0] : "", want ? "does not hold" : "holds");
}

static void each_operator(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        const char *values[] = {operators[i].below, operators[i].equal, operators[i].above,
                                operators[i].odd};
        const int wants[] = {operators[i].at_below, operators[i].at_equal, operators[i].at_above,
                             operators[i].at_odd};
        char plain[256], if_exists[256];
        snprintf(plain, sizeof plain, "{\"%s\":{\"x:k\":%s}}", operators[i].name,
                 operators[i].operand);
        snprintf(if_exists, sizeof if_exists, "{\"%sIfExists\":{\"x:k\":[%s]}}", operators[i].name,
                 operators[i].operand);
        bool has_if_exists = strcmp(operators[i].name, "Null") != 0;
        for (size_t k = 0; k < ARRAY_LEN(values); k++) {
            check_one(plain, &values[k], 1, wants[k]);
            if (has_if_exists)
                check_one(if_exists, &values[k], 1, wants[k]);
        }
        check_one(plain, NULL, 0, operators[i].at_none);
        if (has_if_exists)
            check_one(if_exists, NULL, 0, true);
    }
}

/* Several values in the request: all, any, or the plain form, with one operand and with two. */
static void quantifiers(void **state) {
    (void)state;
    static const char *const a[] = {"a"}, *const ab[] = {"a", "b"}, *const ac[] = {"a", "c"},
                             *const c[] = {"c"}, *const cd[] = {"c", "d"};
    static const struct {
        const char *condition;
        int at_a, at_ab, at_ac, at_c, at_cd, at_none;
    } cases[] = {
        {"{\"StringEquals\":{\"x:k\":[\"a\",\"b\"]}}", YES, YES, YES, NO, NO, NO},
        {"{\"StringNotEquals\":{\"x:k\":[\"a\",\"b\"]}}", NO, NO, NO, YES, YES, YES},
        {"{\"ForAllValues:StringEquals\":{\"x:k\":[\"a\",\"b\"]}}", YES, YES, NO, NO, NO, YES},
        {"{\"ForAllValues:StringNotEquals\":{\"x:k\":[\"a\",\"b\"]}}", NO, NO, NO, YES, YES, YES},
        {"{\"ForAnyValue:StringEquals\":{\"x:k\":[\"a\",\"b\"]}}", YES, YES, YES, NO, NO, NO},
        {"{\"ForAnyValue:StringNotEquals\":{\"x:k\":[\"a\",\"b\"]}}", NO, NO, YES, YES, YES, NO},
        {"{\"ForAnyValue:StringEqualsIfExists\":{\"x:k\":\"a\"}}", YES, YES, YES, NO, NO, YES},
        {"{\"Null\":{\"x:k\":\"false\"}}", YES, YES, YES, YES, YES, NO},
        {"{\"Null\":{\"x:k\":[true,false]}}", YES, YES, YES, YES, YES, YES},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        check_one(cases[i].condition, a, 1, cases[i].at_a);
        check_one(cases[i].condition, ab, 2, cases[i].at_ab);
        check_one(cases[i].condition, ac, 2, cases[i].at_ac);
        check_one(cases[i].condition, c, 1, cases[i].at_c);
        check_one(cases[i].condition, cd, 2, cases[i].at_cd);
        check_one(cases[i].condition, NULL, 0, cases[i].at_none);
    }
}

/* The first and the last address of each net, and their neighbours outside. */
static void networks(void **state) {
    (void)state;
    static const struct {
        const char *net, *inside[2], *outside[2];
    } cases[] = {
        {"0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::", "::1"}},
        {"128.0.0.0/1", {"128.0.0.0", "255.255.255.255"}, {"127.255.255.255", "0.0.0.0"}},
        {"10.0.0.0/7", {"10.0.0.0", "11.255.255.255"}, {"9.255.255.255", "12.0.0.0"}},
        {"10.0.0.0/8", {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0"}},
        {"10.128.0.0/9", {"10.128.0.0", "10.255.255.255"}, {"10.127.255.255", "11.0.0.0"}},
        {"192.0.2.16/28", {"192.0.2.16", "192.0.2.31"}, {"192.0.2.15", "192.0.2.32"}},
        {"192.0.2.2/31", {"192.0.2.2", "192.0.2.3"}, {"192.0.2.1", "192.0.2.4"}},
        {"192.0.2.7/32", {"192.0.2.7", "::ffff:192.0.2.7"}, {"192.0.2.6", "192.0.2.8"}},
        {"192.0.2.7", {"192.0.2.7", "192.0.2.7"}, {"192.0.2.6", "2001:db8::7"}},
        {"2001:db8::/33", {"2001:db8::", "2001:db8:7fff::1"}, {"2001:db8:8000::", "2001:db7::"}},
        {"2001:db8::4/127", {"2001:db8::4", "2001:db8::5"}, {"2001:db8::3", "2001:db8::6"}},
        {"2001:db8::7", {"2001:db8::7", "2001:0db8::0007"}, {"2001:db8::6", "192.0.2.7"}},
        {"::/0", {"::", "ffff::"}, {"0.0.0.0", "::ffff:1.2.3.4"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char condition[128];
        snprintf(condition, sizeof condition, "{\"IpAddress\":{\"x:k\":\"%s\"}}", cases[i].net);
        for (int k = 0; k < 2; k++) {
            check_one(condition, &cases[i].inside[k], 1, true);
            check_one(condition, &cases[i].outside[k], 1, false);
        }
    }
}

/* Operands that are, or are just not, of the operator's type. */
static void bounds_of_operands(void **state) {
    (void)state;
    static const struct {
        const char *condition;
        bool good;
    } cases[] = {
        {"{\"IpAddress\":{\"x:k\":\"10.0.0.0/32\"}}", true},
        {"{\"IpAddress\":{\"x:k\":\"10.0.0.0/33\"}}", false},
        {"{\"IpAddress\":{\"x:k\":\"::/128\"}}", true},
        {"{\"IpAddress\":{\"x:k\":\"::/129\"}}", false},
        {"{\"IpAddress\":{\"x:k\":\"10.0.0.0/\"}}", false},
        {"{\"IpAddress\":{\"x:k\":\"10.0.0\"}}", false},
        {"{\"IpAddress\":{\"x:k\":\"\"}}", false},
        {"{\"NumericEquals\":{\"x:k\":\"0x10\"}}", false},
        {"{\"NumericEquals\":{\"x:k\":\"inf\"}}", false},
        {"{\"NumericEquals\":{\"x:k\":\"1e999\"}}", false},
        {"{\"NumericEquals\":{\"x:k\":\"\"}}", false},
        {"{\"NumericEquals\":{\"x:k\":true}}", false},
        {"{\"DateEquals\":{\"x:k\":\"1000000000000\"}}", true},
        {"{\"DateEquals\":{\"x:k\":\"1000000000001\"}}", false},
        {"{\"DateEquals\":{\"x:k\":\"2026-02-29\"}}", false},
        {"{\"Bool\":{\"x:k\":\"yes\"}}", false},
        {"{\"Null\":{\"x:k\":\"maybe\"}}", false},
        {"{\"BinaryEquals\":{\"x:k\":\"bQ\"}}", false},
        {"{\"ArnEquals\":{\"x:k\":\"*\"}}", true},
        {"{\"ArnEquals\":{\"x:k\":\"arn*\"}}", true},
        {"{\"ArnEquals\":{\"x:k\":\"*:aws:s3:::b\"}}", true},
        {"{\"ArnEquals\":{\"x:k\":\"bucket\"}}", false},
        {"{\"StringEquals\":{\"x:k\":[\"a\",1,true]}}", true},
        {"{\"StringEquals\":{\"x:k\":null}}", false},
        {"{\"StringEquals\":{\"x:k\":[[\"a\"]]}}", false},
        {"{\"StringEquals\":{\":k\":\"a\"}}", false},
        {"{\"StringEquals\":{\"k:\":\"a\"}}", true},
        {"{\"ForSomeValues:StringEquals\":{\"x:k\":\"a\"}}", false},
        {"{\"StringEqualsIfexists\":{\"x:k\":\"a\"}}", false},
        {"{\"IfExists\":{\"x:k\":\"a\"}}", false},
        {"{\"StringEquals\":[]}", false},
        {"[]", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        CLEANUP(policy) struct policy *policy = NULL;
        struct err err;
        buf_printf(&text,
                   "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","
                   "\"Condition\":%s}}",
                   cases[i].condition);
        int r = policy_new(&policy, POLICY_IDENTITY, buf_view(&text), &err);
        CHECK_CASE(r == (cases[i].good ? 0 : POLICY_E_MALFORMED), cases[i].condition);
    }
}

/* Everyone, confined by a condition: is that still everyone? */
static void what_is_public(void **state) {
    (void)state;
    static const struct {
        const char *condition;
        bool is_public;
    } cases[] = {
        {"{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}", false},
        {"{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/7\"}}", true},
        {"{\"IpAddress\":{\"aws:SourceIp\":[\"10.0.0.0/8\",\"0.0.0.0/0\"]}}", true},
        {"{\"IpAddress\":{\"aws:SourceIp\":\"2001:db8::/32\"}}", false},
        {"{\"IpAddress\":{\"aws:SourceIp\":\"2001:db8::/31\"}}", true},
        {"{\"IpAddress\":{\"aws:SourceIp\":[]}}", true},
        {"{\"NotIpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}", true},
        {"{\"IpAddressIfExists\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}", true},
        {"{\"ForAllValues:IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}", true},
        {"{\"IpAddress\":{\"aws:VpcSourceIp\":\"10.0.0.0/8\"}}", true},
        {"{\"StringEquals\":{\"AWS:SOURCEACCOUNT\":\"111122223333\"}}", false},
        {"{\"StringEquals\":{\"aws:SourceAccount\":[\"111122223333\",\"*\"]}}", false},
        {"{\"StringLike\":{\"aws:SourceAccount\":[\"111122223333\",\"*\"]}}", true},
        {"{\"StringEquals\":{\"aws:SourceAccount\":[]}}", true},
        {"{\"ForAllValues:StringEquals\":{\"aws:SourceAccount\":\"111122223333\"}}", true},
        {"{\"ForAnyValue:StringEquals\":{\"aws:PrincipalOrgPaths\":\"o-1/r-1/\"}}", false},
        {"{\"StringLike\":{\"aws:userid\":\"AROA1:s\"}}", false},
        {"{\"StringLike\":{\"aws:userid\":\"AIDA1:*\"}}", true},
        {"{\"ArnLike\":{\"s3:DataAccessPointArn\":\"arn:aws:s3:*:111122223333:accesspoint/*\"}}",
         false},
        {"{\"ArnLike\":{\"s3:DataAccessPointArn\":\"arn:aws:s3:*:11112222333:accesspoint/*\"}}",
         true},
        {"{\"ArnLike\":{\"s3:DataAccessPointArn\":\"arn:aws:s3:*:11112222333*:accesspoint/*\"}}",
         true},
        {"{\"StringEquals\":{\"aws:UserAgent\":\"me\"}}", true},
        {"{\"StringEquals\":{\"s3:prefix\":\"x\"},\"ArnEquals\":{\"aws:SourceArn\":\"arn:aws:s3:::b\"}}",
         false},
        {"{\"StringNotEquals\":{\"aws:SourceVpc\":\"vpc-1\"}}", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        CLEANUP(policy) struct policy *policy = NULL;
        struct err err = {{0}};
        buf_printf(
            &text,
            "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\","
            "\"Action\":\"s3:*\",\"Resource\":\"*\",\"Condition\":%s}}",
            cases[i].condition);
        CHECK_CASE(policy_new(&policy, POLICY_RESOURCE, buf_view(&text), &err) == 0, err.text);
        CHECK_CASE(policy_is_public(policy) == cases[i].is_public, cases[i].condition);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_operator),  cmocka_unit_test(quantifiers),
        cmocka_unit_test(networks),       cmocka_unit_test(bounds_of_operands),
        cmocka_unit_test(what_is_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
