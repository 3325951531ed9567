/*
 * Condition keys in documents: what is refused when a document is put, and what becomes of a
 * document that was stored before its keys were checked.
 */
#include "aws/keys.h"
#include "aws/row.h"
#include "lib/cloud.h"

#include <unistd.h>

#define ONE(statement) "{'Version':'2012-10-17','Statement':" statement "}"
#define DENY(on, key)                                                                              \
    "{'Effect':'Deny','Action':" on ",'Resource':'*','Condition':{'Null':{'" key "':'true'}}}"
#define ALLOW(resource) "{'Effect':'Allow','Action':'iam:GetRole','Resource':'" resource "'}"

static const struct {
    const char *document, *unknown; /* NULL: it goes in */
} documents[] = {
    {ONE(DENY("'iam:GetRole'", "aws:SourceIp")), NULL},
    {ONE(DENY("'iam:GetRole'", "AWS:SOURCEIP")), NULL},
    {ONE(DENY("'iam:GetRole'", "aws:SourceVpce")), NULL},
    {ONE(DENY("'iam:GetRole'", "aws:SourceIpp")), "aws:SourceIpp"},
    {ONE(DENY("'iam:GetRole'", "aws:PrincipalTag/a/b")), NULL},
    {ONE(DENY("'iam:GetRole'", "aws:PrincipalTag")), "aws:PrincipalTag"},
    {ONE(DENY("'iam:GetRole'", "aws:PrincipalTags/a")), "aws:PrincipalTags/a"},
    {ONE(DENY("'IAM:get*'", "iam:Nothing")), "iam:Nothing"},
    {ONE(DENY("'*'", "iam:Nothing")), "iam:Nothing"},
    {ONE(DENY("['ec2:*','iam:GetRol?']", "aws:Nothing")), "aws:Nothing"},
    /* No such action exists here, so nothing is promised. */
    {ONE(DENY("'iam:CreateGroup'", "iam:Nothing")), NULL},
    {ONE(DENY("'ec2:*'", "aws:Nothing")), NULL},
    /* Keys of others are never there, as on AWS. */
    {ONE(DENY("'*'", "ec2:Nothing")), NULL},
    {ONE(DENY("'*'", "accounts.google.com:aud")), NULL},
    {ONE("{'Effect':'Deny','NotAction':'iam:*','Resource':'*','Condition':{'Null':{'aws:Nothing':'true'}}}"),
     "aws:Nothing"}, /* sts:AssumeRole is left */
    {ONE("{'Effect':'Deny','NotAction':['iam:*','sts:*'],'Resource':'*','Condition':{'Null':{'aws:Nothing':'true'}}}"),
     NULL},
    {ONE(ALLOW("arn:aws:iam::*:role/${aws:username}")), NULL},
    {ONE(ALLOW("arn:aws:iam::*:role/${aws:usernam}")), "aws:usernam"},
    {ONE(ALLOW("arn:aws:iam::*:role/${aws:usernam, 'x'}")), "aws:usernam"},
    {"{'Statement':" ALLOW("arn:aws:iam::*:role/${aws:usernam}") "}", NULL}, /* no variables then */
    {ONE("{'Effect':'Allow','Action':'*','Resource':'*','Condition':{'StringLike':{'aws:userid':'a${sts:Nothing}*'}}}"),
     "sts:Nothing"},
    {ONE("[" ALLOW("*") "," DENY("'iam:*'", "iam:Nothing") "]"), "iam:Nothing"},
};

static void unknown_keys_are_named(void **state) {
    struct cloud *c = *state;
    struct rq rq = {.cloud = c->cloud};
    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        struct err err = {{0}};
        CLEANUP_DEINIT(buf) struct buf text = {0};
        for (const char *p = documents[i].document; *p; p++)
            buf_char(&text, *p == '\'' ? '"' : *p);
        /* the quotes of a fallback are single ones */
        ptrdiff_t at = str_find(buf_view(&text), S(", \"x\"}"));
        if (at >= 0)
            text.p[at + 2] = text.p[at + 4] = '\'';
        CLEANUP(policy) struct policy *policy = NULL;
        int r = aws_policy_new(&rq, POLICY_IDENTITY, buf_view(&text), &policy, &err);
        CHECK_CASE(r == (documents[i].unknown ? POLICY_E_MALFORMED : 0), documents[i].document);
        CHECK_CASE(!policy == !!documents[i].unknown, documents[i].document);
        if (documents[i].unknown) {
            CLEANUP_DEINIT(buf) struct buf want = {0};
            buf_printf(&want,
                       "Policy has an invalid condition key: %s is no key that calotype knows",
                       documents[i].unknown);
            CHECK_CASE(strcmp(err.text, buf_cstr(&want)) == 0, err.text);
        }
    }
}

/* What the log says while fn runs. */
static void logged(void (*fn)(struct cloud *c), struct cloud *c, struct buf *ret) {
    FILE *log = tmpfile();
    int before = dup(STDERR_FILENO);
    dup2(fileno(log), STDERR_FILENO);
    fn(c);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(log);
    ret->len = fread(buf_reserve(ret, 65536), 1, 65536, log);
    fclose(log);
}

static void ask_twice(struct cloud *c) {
    for (int i = 0; i < 2; i++)
        ok(cloud_call_as(c, c->user, "iam", "GetRole", "{'RoleName':'r'}"));
}

static size_t count(str text, str what) {
    size_t n = 0;
    for (ptrdiff_t at; (at = str_find(text, what)) >= 0; n++)
        text = str_skip(text, (size_t)at + what.len);
    return n;
}

/* It has no value: a Deny on it does not apply, as it never did, and the log says so once. */
static void stored_documents_stay_readable(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf log = {0};
    ok(cloud_call(c, "CreateRole",
                  "{'RoleName':'r','AssumeRolePolicyDocument':'{`Statement`:{`Effect`:`Allow`,"
                  "`Principal`:{`AWS`:`000000000000`},`Action`:`sts:AssumeRole`}}'}"));
    cloud_user_policy(c,
                      "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"},"
                      "{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\","
                      "\"Condition\":{\"StringEquals\":{\"aws:Nothing\":\"x\"}}}]}");
    logged(ask_twice, c, &log);
    CHECK_INT(count(buf_view(&log), S("names the condition key aws:Nothing")), 1);
}

static int setup(void **state) {
    cloud_setup(state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unknown_keys_are_named, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(stored_documents_stay_readable, setup, cloud_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
