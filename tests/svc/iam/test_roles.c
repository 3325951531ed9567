/* iam: roles, their documents and tags. */
#include "lib/cloud.h"

#define TRUST                                                                                      \
    "'{`Version`:`2012-10-17`,`Statement`:{`Effect`:`Allow`,`Principal`:{`Service`:`lambda.amazonaws.com`},`Action`:`sts:AssumeRole`}}'"
#define DOC(actions) "'{`Statement`:{`Effect`:`Allow`,`Action`:`" actions "`,`Resource`:`*`}}'"
#define BASIC        "'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'"

static void create(struct cloud *c, const char *name) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in,
               "{'RoleName':'%s','Path':'/service/','AssumeRolePolicyDocument':" TRUST
               ",'Tags':[{'Key':'team','Value':'blue'}]}",
               name);
    ok(cloud_call(c, "CreateRole", buf_cstr(&in)));
}

static void life_of_a_role(void **state) {
    struct cloud *c = *state;
    create(c, "Worker");
    const json_t *role = json_obj(c->call.out, "Role");
    CHECK_STR(json_str(role, "Arn"), S("arn:aws:iam::000000000000:role/service/Worker"));
    CHECK(str_starts(json_str(role, "RoleId"), S("AROA")) && json_str(role, "RoleId").len == 21);
    CHECK(str_starts(json_str(role, "AssumeRolePolicyDocument"), S("%7B%22Version%22%3A")));

    fails(cloud_call(c, "CreateRole", "{'RoleName':'wOrker','AssumeRolePolicyDocument':" TRUST "}"),
          "EntityAlreadyExists");
    message("Role with name wOrker already exists.");
    ok(cloud_call(c, "GetRole", "{'RoleName':'worker'}"));
    CHECK_STR(json_str(json_obj(c->call.out, "Role"), "RoleName"), S("Worker"));
    CHECK_STR(json_str(json_array_get(json_arr(json_obj(c->call.out, "Role"), "Tags"), 0), "Value"),
              S("blue"));
    fails(cloud_call(c, "GetRole", "{'RoleName':'other'}"), "NoSuchEntity");
    message("The role with name other cannot be found.");

    ok(cloud_call(c, "UpdateRole",
                  "{'RoleName':'Worker','MaxSessionDuration':7200,'Description':'d'}"));
    ok(cloud_call(c, "GetRole", "{'RoleName':'Worker'}"));
    CHECK_INT(json_int(json_obj(c->call.out, "Role"), "MaxSessionDuration", 0), 7200);

    ok(cloud_call(c, "PutRolePolicy",
                  "{'RoleName':'Worker','PolicyName':'p','PolicyDocument':" DOC("s3:*") "}"));
    fails(cloud_call(c, "DeleteRole", "{'RoleName':'Worker'}"), "DeleteConflict");
    message("Cannot delete entity, must delete policies first.");
    ok(cloud_call(c, "ListRolePolicies", "{'RoleName':'Worker'}"));
    CHECK_STR(json_text(json_array_get(json_arr(c->call.out, "PolicyNames"), 0)), S("p"));
    ok(cloud_call(c, "GetRolePolicy", "{'RoleName':'Worker','PolicyName':'p'}"));
    CHECK_STR(json_str(c->call.out, "RoleName"), S("Worker"));
    ok(cloud_call(c, "DeleteRolePolicy", "{'RoleName':'Worker','PolicyName':'p'}"));
    fails(cloud_call(c, "GetRolePolicy", "{'RoleName':'Worker','PolicyName':'p'}"), "NoSuchEntity");
    message("The role policy with name p cannot be found.");

    ok(cloud_call(c, "AttachRolePolicy", "{'RoleName':'Worker','PolicyArn':" BASIC "}"));
    ok(cloud_call(c, "AttachRolePolicy", "{'RoleName':'Worker','PolicyArn':" BASIC "}"));
    fails(cloud_call(c, "DeleteRole", "{'RoleName':'Worker'}"), "DeleteConflict");
    message("Cannot delete entity, must detach all policies first.");
    ok(cloud_call(c, "ListAttachedRolePolicies", "{'RoleName':'Worker'}"));
    const json_t *attached = json_arr(c->call.out, "AttachedPolicies");
    CHECK_INT(json_array_size(attached), 1);
    CHECK_STR(json_str(json_array_get(attached, 0), "PolicyName"),
              S("AWSLambdaBasicExecutionRole"));
    ok(cloud_call(c, "DetachRolePolicy", "{'RoleName':'Worker','PolicyArn':" BASIC "}"));
    fails(cloud_call(c, "DetachRolePolicy", "{'RoleName':'Worker','PolicyArn':" BASIC "}"),
          "NoSuchEntity");
    ok(cloud_call(c, "DeleteRole", "{'RoleName':'Worker'}"));
    fails(cloud_call(c, "DeleteRole", "{'RoleName':'Worker'}"), "NoSuchEntity");
}

static void documents_are_checked(void **state) {
    struct cloud *c = *state;
    fails(cloud_call(c, "CreateRole", "{'RoleName':'r','AssumeRolePolicyDocument':'{}'}"),
          "MalformedPolicyDocument");
    message("Missing required field Statement");
    create(c, "r");
    fails(cloud_call(c, "PutRolePolicy",
                     "{'RoleName':'r','PolicyName':'p','PolicyDocument':" DOC("GetObject") "}"),
          "MalformedPolicyDocument");
    fails(cloud_call(c, "UpdateAssumeRolePolicy",
                     "{'RoleName':'r','PolicyDocument':" DOC("s3:*") "}"),
          "MalformedPolicyDocument");
    fails(cloud_call(c, "AttachRolePolicy",
                     "{'RoleName':'r','PolicyArn':'arn:aws:iam::aws:policy/Nothing'}"),
          "NoSuchEntity");
    message("Policy arn:aws:iam::aws:policy/Nothing does not exist or is not attachable.");
    fails(cloud_call(c, "CreateRole",
                     "{'RoleName':'b','AssumeRolePolicyDocument':" TRUST
                     ",'PermissionsBoundary':'arn:aws:iam::000000000000:policy/none'}"),
          "NoSuchEntity");
}

static void lists_in_pages(void **state) {
    struct cloud *c = *state;
    create(c, "b"), create(c, "C"), create(c, "a");
    ok(cloud_call(c, "ListRoles", "{'MaxItems':2}"));
    const json_t *roles = json_arr(c->call.out, "Roles");
    CHECK_INT(json_array_size(roles), 2);
    CHECK_STR(json_str(json_array_get(roles, 0), "RoleName"), S("a"));
    CHECK(json_bool(c->call.out, "IsTruncated", false));
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'Marker':'" STR_FMT "'}", STR_ARG(json_str(c->call.out, "Marker")));
    ok(cloud_call(c, "ListRoles", buf_cstr(&in)));
    roles = json_arr(c->call.out, "Roles");
    CHECK_INT(json_array_size(roles), 1);
    CHECK_STR(json_str(json_array_get(roles, 0), "RoleName"), S("C"));
    CHECK(!json_bool(c->call.out, "IsTruncated", true));
    ok(cloud_call(c, "ListRoles", "{'PathPrefix':'/other/'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Roles")), 0);
}

static void tags(void **state) {
    struct cloud *c = *state;
    create(c, "r");
    ok(cloud_call(c, "TagRole",
                  "{'RoleName':'r','Tags':[{'Key':'Team','Value':'red'},{'Key':'x','Value':''}]}"));
    ok(cloud_call(c, "ListRoleTags", "{'RoleName':'r'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Tags")), 2);
    CHECK_STR(json_str(json_array_get(json_arr(c->call.out, "Tags"), 0), "Value"), S("red"));
    fails(cloud_call(c, "TagRole",
                     "{'RoleName':'r','Tags':[{'Key':'a','Value':'1'},{'Key':'A','Value':'2'}]}"),
          "InvalidInput");
    ok(cloud_call(c, "UntagRole", "{'RoleName':'r','TagKeys':['team']}"));
    ok(cloud_call(c, "ListRoleTags", "{'RoleName':'r'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Tags")), 1);
}

static void survives_a_restart(void **state) {
    struct cloud *c = *state;
    create(c, "r");
    cloud_stop(c);
    cloud_start(c);
    ok(cloud_call(c, "GetRole", "{'RoleName':'r'}"));
    struct aws_identity *id = cloud_find(c, str_c(c->root_key.access_key));
    CHECK(id);
    CHECK_STR(id->secret_key, str_c(c->root_key.secret_key));
    aws_identity_free(id);
    struct aws_credentials again;
    CHECK_INT(iam_create_account(c->iam, S(ACCOUNT), &again, NULL), IAM_E_EXISTS);
    CHECK_INT(iam_create_account(c->iam, S("12"), &again, NULL), IAM_E_BAD_ACCOUNT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(life_of_a_role), T(documents_are_checked),
                                       T(lists_in_pages), T(tags), T(survives_a_restart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
