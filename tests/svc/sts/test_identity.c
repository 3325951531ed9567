/* GetCallerIdentity and GetAccessKeyInfo: who a caller is, and whose a key is. */
#include "svc/sts/fixture.h"

static void callers(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf want = {0};
    ok(cloud_call_as(c, c->root, "sts", "GetCallerIdentity", "{}"));
    check_answer(c, "{'UserId':'" ACCOUNT "','Account':'" ACCOUNT "','Arn':'arn:aws:iam::" ACCOUNT
                    ":root'}");
    ok(as_ann(c, "GetCallerIdentity", "{}"));
    CHECK(str_starts(text_at(c, "UserId"), S("AIDA")));
    check_at(c, "Arn", "'arn:aws:iam::" ACCOUNT ":user/ann'");
    ok(as_ann(c, "AssumeRole", "{'RoleArn':'" ROLE "','RoleSessionName':'s1'}"));
    CLEANUP(aws_identity) struct aws_identity *session = identity_of(c, "Credentials");
    buf_printf(&want,
               "{'UserId':'" STR_FMT "','Account':'" ACCOUNT "','Arn':'arn:aws:sts::" ACCOUNT
               ":assumed-role/app/s1'}",
               STR_ARG(text_at(c, "AssumedRoleUser.AssumedRoleId")));
    ok(cloud_call_as(c, session, "sts", "GetCallerIdentity", "{}"));
    check_answer(c, buf_cstr(&want));
}

/* Nobody's policy is asked: "no permissions are required to perform this operation". */
static void needs_no_rights(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "PutUserPolicy",
                  "{'UserName':'ann','PolicyName':'no','PolicyDocument':'{`Statement`:{`Effect`:"
                  "`Deny`,`Action`:`*`,`Resource`:`*`}}'}"));
    CLEANUP(aws_identity) struct aws_identity *denied = cloud_find(c, ann->access_key);
    ok(cloud_call_as(c, denied, "sts", "GetCallerIdentity", "{}"));
    fails(cloud_call_as(c, denied, "sts", "GetAccessKeyInfo",
                        "{'AccessKeyId':'AKIAIOSFODNN7EXAMPLE'}"),
          "AccessDenied");
}

static void keys(void **state) {
    struct cloud *c = *state;
    struct aws_credentials other;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    CHECK_INT(iam_create_account(c->iam, S("111122223333"), &other, NULL), 0);
    ok(as_ann(c, "AssumeRole", "{'RoleArn':'" ROLE "','RoleSessionName':'s1'}"));
    buf_printf(&in, "{'AccessKeyId':'" STR_FMT "'}",
               STR_ARG(text_at(c, "Credentials.AccessKeyId")));
    ok(as_ann(c, "GetAccessKeyInfo", buf_cstr(&in)));
    check_answer(c, "{'Account':'" ACCOUNT "'}");
    buf_clear(&in);
    buf_printf(&in, "{'AccessKeyId':'" STR_FMT "'}", STR_ARG(ann->access_key));
    ok(as_ann(c, "GetAccessKeyInfo", buf_cstr(&in)));
    check_answer(c, "{'Account':'" ACCOUNT "'}");
    buf_clear(&in);
    buf_printf(&in, "{'AccessKeyId':'%s'}", other.access_key);
    ok(as_ann(c, "GetAccessKeyInfo", buf_cstr(&in)));
    check_answer(c, "{'Account':'111122223333'}");
    fails(as_ann(c, "GetAccessKeyInfo", "{'AccessKeyId':'AKIAIOSFODNN7EXAMPLE'}"),
          "ValidationError");
    message("There is no access key with that id");
}

int main(void) {
    const struct CMUnitTest tests[] = {T(callers), T(needs_no_rights), T(keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
