/* iam: managed policies and their versions. */
#include "lib/cloud.h"

#include "svc/iam/builtin.h"

#define DOC(action)                                                                                \
    "'{`Version`:`2012-10-17`,`Statement`:{`Effect`:`Allow`,`Action`:`" action "`,`Resource`:`*`}}'"
#define TRUST                                                                                      \
    "'{`Statement`:{`Effect`:`Allow`,`Principal`:{`Service`:`lambda.amazonaws.com`},`Action`:`sts:AssumeRole`}}'"
#define ARN   "'arn:aws:iam::000000000000:policy/team/p'"
#define BASIC "'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'"

static void create(struct cloud *c) {
    ok(cloud_call(c, "CreatePolicy",
                  "{'PolicyName':'p','Path':'/team/','Description':'d',"
                  "'PolicyDocument':" DOC("s3:Get*") "}"));
}

static void life_of_a_policy(void **state) {
    struct cloud *c = *state;
    create(c);
    const json_t *policy = json_obj(c->call.out, "Policy");
    CHECK_STR(json_str(policy, "Arn"), S("arn:aws:iam::000000000000:policy/team/p"));
    CHECK_STR(json_str(policy, "DefaultVersionId"), S("v1"));
    CHECK_INT(json_int(policy, "AttachmentCount", -1), 0);
    fails(cloud_call(c, "CreatePolicy", "{'PolicyName':'P','PolicyDocument':" DOC("s3:*") "}"),
          "EntityAlreadyExists");
    fails(cloud_call(c, "GetPolicy", "{'PolicyArn':'arn:aws:iam::000000000000:policy/p'}"),
          "NoSuchEntity");

    ok(cloud_call(c, "CreateRole", "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}"));
    ok(cloud_call(c, "AttachRolePolicy", "{'RoleName':'r','PolicyArn':" ARN "}"));
    ok(cloud_call(c, "GetPolicy", "{'PolicyArn':" ARN "}"));
    CHECK_INT(json_int(json_obj(c->call.out, "Policy"), "AttachmentCount", -1), 1);
    ok(cloud_call(c, "ListEntitiesForPolicy", "{'PolicyArn':" ARN "}"));
    CHECK_STR(json_str(json_array_get(json_arr(c->call.out, "PolicyRoles"), 0), "RoleName"),
              S("r"));
    fails(cloud_call(c, "DeletePolicy", "{'PolicyArn':" ARN "}"), "DeleteConflict");
    ok(cloud_call(c, "DetachRolePolicy", "{'RoleName':'r','PolicyArn':" ARN "}"));
    ok(cloud_call(c, "PutRolePermissionsBoundary",
                  "{'RoleName':'r','PermissionsBoundary':" ARN "}"));
    fails(cloud_call(c, "DeletePolicy", "{'PolicyArn':" ARN "}"), "DeleteConflict");
    ok(cloud_call(c, "GetRole", "{'RoleName':'r'}"));
    CHECK_STR(json_str(json_obj(json_obj(c->call.out, "Role"), "PermissionsBoundary"),
                       "PermissionsBoundaryArn"),
              S("arn:aws:iam::000000000000:policy/team/p"));
    ok(cloud_call(c, "DeleteRolePermissionsBoundary", "{'RoleName':'r'}"));
    fails(cloud_call(c, "DeleteRolePermissionsBoundary", "{'RoleName':'r'}"), "NoSuchEntity");
    ok(cloud_call(c, "DeletePolicy", "{'PolicyArn':" ARN "}"));
    fails(cloud_call(c, "GetPolicy", "{'PolicyArn':" ARN "}"), "NoSuchEntity");
}

static void versions(void **state) {
    struct cloud *c = *state;
    create(c);
    for (int i = 2; i <= 5; i++)
        ok(cloud_call(c, "CreatePolicyVersion",
                      "{'PolicyArn':" ARN
                      ",'PolicyDocument':" DOC("s3:*") ",'SetAsDefault':true}"));
    CHECK_STR(json_str(json_obj(c->call.out, "PolicyVersion"), "VersionId"), S("v5"));
    fails(cloud_call(c, "CreatePolicyVersion",
                     "{'PolicyArn':" ARN ",'PolicyDocument':" DOC("s3:*") "}"),
          "LimitExceeded");
    fails(cloud_call(c, "DeletePolicyVersion", "{'PolicyArn':" ARN ",'VersionId':'v5'}"),
          "DeleteConflict");
    ok(cloud_call(c, "SetDefaultPolicyVersion", "{'PolicyArn':" ARN ",'VersionId':'v1'}"));
    ok(cloud_call(c, "DeletePolicyVersion", "{'PolicyArn':" ARN ",'VersionId':'v5'}"));
    ok(cloud_call(c, "ListPolicyVersions", "{'PolicyArn':" ARN "}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Versions")), 4);
    ok(cloud_call(c, "GetPolicyVersion", "{'PolicyArn':" ARN ",'VersionId':'v1'}"));
    CHECK(json_bool(json_obj(c->call.out, "PolicyVersion"), "IsDefaultVersion", false));
    CHECK(str_find(json_str(json_obj(c->call.out, "PolicyVersion"), "Document"), S("s3%3AGet%2A")) >
          0);
    fails(cloud_call(c, "GetPolicyVersion", "{'PolicyArn':" ARN ",'VersionId':'v9'}"),
          "NoSuchEntity");
    fails(cloud_call(c, "DeletePolicy", "{'PolicyArn':" ARN "}"), "DeleteConflict");
}

static void built_in_policies(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "GetPolicy", "{'PolicyArn':" BASIC "}"));
    CHECK_STR(json_str(json_obj(c->call.out, "Policy"), "Path"), S("/service-role/"));
    ok(cloud_call(c, "GetPolicyVersion", "{'PolicyArn':" BASIC ",'VersionId':'v1'}"));
    fails(cloud_call(c, "DeletePolicy", "{'PolicyArn':" BASIC "}"), "AccessDenied");
    create(c);
    ok(cloud_call(c, "ListPolicies", "{'Scope':'Local'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Policies")), 1);
    ok(cloud_call(c, "ListPolicies", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Policies")), 100);
    /* In pages: the account's own, and behind it all of the table, ascending. */
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in, "{'MaxItems':300}");
    CLEANUP_JSON json_t *all = json_array();
    for (bool more = true; more;) {
        ok(cloud_call(c, "ListPolicies", buf_cstr(&in)));
        json_array_extend(all, json_arr(c->call.out, "Policies"));
        more = json_bool(c->call.out, "IsTruncated", false);
        buf_clear(&in);
        buf_printf(&in, "{'MaxItems':300,'Marker':'" STR_FMT "'}",
                   STR_ARG(json_str(c->call.out, "Marker")));
    }
    CHECK_INT(json_array_size(all), 1 + iam_builtin_n);
    for (size_t i = 0; i < iam_builtin_n; i++)
        CHECK_STR(json_str(json_array_get(all, i + 1), "Arn"), str_c(iam_builtin_table[i].arn));
    ok(cloud_call(c, "ListPolicies", "{'OnlyAttached':true}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Policies")), 0);
}

static void size_limits(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in,
          "{'PolicyName':'big','PolicyDocument':'{`Statement`:{`Effect`:`Allow`,`Action`:[`s3:*`");
    while (in.len < 6300)
        buf_c(&in, ",`s3:GetObject`");
    buf_c(&in, "],`Resource`:`*`}}'}");
    fails(cloud_call(c, "CreatePolicy", buf_cstr(&in)), "LimitExceeded");
    message("Cannot exceed quota for PolicySize: 6144");
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(life_of_a_policy), T(versions), T(built_in_policies),
                                       T(size_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
