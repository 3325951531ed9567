/* iam: GetAccountAuthorizationDetails: what it lists, by which filters, and its pages. */
#include "lib/cloud.h"

#define TRUST                                                                                      \
    "'{`Statement`:{`Effect`:`Allow`,`Principal`:{`Service`:`lambda.amazonaws.com`},`Action`:`sts:AssumeRole`}}'"
#define DOC       "'{`Statement`:{`Effect`:`Allow`,`Action`:`s3:*`,`Resource`:`*`}}'"
#define READ_ONLY "'arn:aws:iam::aws:policy/ReadOnlyAccess'"
#define POWER     "'arn:aws:iam::aws:policy/PowerUserAccess'"

static const char *const lists[] = {"UserDetailList", "GroupDetailList", "RoleDetailList",
                                    "Policies"};

/* How many each list has, "2 0 1 3". */
static void check_lists(struct cloud *c, const char *in, const char *want) {
    CLEANUP_DEINIT(buf) struct buf got = {0};
    ok(cloud_call(c, "GetAccountAuthorizationDetails", in));
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        buf_printf(&got, i ? " %zu" : "%zu", json_array_size(json_arr(c->call.out, lists[i])));
    CHECK_TEXT(buf_cstr(&got), want);
}

static void fill(struct cloud *c) {
    ok(cloud_call(c, "CreateUser", "{'UserName':'Ann','Tags':[{'Key':'a','Value':'b'}]}"));
    ok(cloud_call(c, "CreateUser", "{'UserName':'bob','PermissionsBoundary':" POWER "}"));
    ok(cloud_call(c, "PutUserPolicy",
                  "{'UserName':'Ann','PolicyName':'p','PolicyDocument':" DOC "}"));
    ok(cloud_call(c, "CreatePolicy",
                  "{'PolicyName':'own','Description':'d','PolicyDocument':" DOC "}"));
    ok(cloud_call(c, "CreatePolicyVersion",
                  "{'PolicyArn':'arn:aws:iam::000000000000:policy/own','PolicyDocument':" DOC "}"));
    ok(cloud_call(c, "CreateRole",
                  "{'RoleName':'Work','Description':'d','AssumeRolePolicyDocument':" TRUST "}"));
    ok(cloud_call(c, "AttachRolePolicy", "{'RoleName':'Work','PolicyArn':" READ_ONLY "}"));
    ok(cloud_call(c, "AttachRolePolicy",
                  "{'RoleName':'Work','PolicyArn':'arn:aws:iam::000000000000:policy/own'}"));
    ok(cloud_call(c, "CreateInstanceProfile", "{'InstanceProfileName':'machines'}"));
    ok(cloud_call(c, "AddRoleToInstanceProfile",
                  "{'InstanceProfileName':'machines','RoleName':'work'}"));
}

static void what_it_lists(void **state) {
    struct cloud *c = *state;
    fill(c);
    check_lists(c, "{}", "2 0 1 3");
    const json_t *ann = json_array_get(json_arr(c->call.out, "UserDetailList"), 0);
    CHECK_STR(json_str(ann, "UserName"), S("Ann"));
    CHECK_STR(json_str(json_array_get(json_arr(ann, "UserPolicyList"), 0), "PolicyName"), S("p"));
    CHECK_INT(json_array_size(json_arr(ann, "Tags")), 1);
    const json_t *bob = json_array_get(json_arr(c->call.out, "UserDetailList"), 1);
    CHECK_STR(json_str(json_obj(bob, "PermissionsBoundary"), "PermissionsBoundaryArn"),
              S("arn:aws:iam::aws:policy/PowerUserAccess"));
    const json_t *role = json_array_get(json_arr(c->call.out, "RoleDetailList"), 0);
    CHECK_INT(json_array_size(json_arr(role, "AttachedManagedPolicies")), 2);
    const json_t *profile = json_array_get(json_arr(role, "InstanceProfileList"), 0);
    CHECK_STR(json_str(profile, "InstanceProfileName"), S("machines"));
    /* The account's own, with all its versions; of AWS's, those that somebody here has. */
    static const struct {
        const char *name;
        size_t versions;
        int attached, bounding;
    } want[] = {{"own", 2, 1, 0}, {"PowerUserAccess", 1, 0, 1}, {"ReadOnlyAccess", 1, 1, 0}};
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        const json_t *policy = json_array_get(json_arr(c->call.out, "Policies"), i);
        const json_t *versions = json_arr(policy, "PolicyVersionList");
        CHECK_STR(json_str(policy, "PolicyName"), str_c(want[i].name));
        CHECK_INT(json_array_size(versions), want[i].versions);
        CHECK(json_str(json_array_get(versions, 0), "Document").len > 50);
        CHECK_INT(json_int(policy, "AttachmentCount", -1), want[i].attached);
        CHECK_INT(json_int(policy, "PermissionsBoundaryUsageCount", -1), want[i].bounding);
    }
}

static void filters_and_pages(void **state) {
    struct cloud *c = *state;
    check_lists(c, "{}", "0 0 0 0");
    fill(c);
    check_lists(c, "{'Filter':['User']}", "2 0 0 0");
    check_lists(c, "{'Filter':['Role','Group']}", "0 0 1 0");
    check_lists(c, "{'Filter':['Group']}", "0 0 0 0");
    check_lists(c, "{'Filter':['LocalManagedPolicy']}", "0 0 0 1");
    check_lists(c, "{'Filter':['AWSManagedPolicy']}", "0 0 0 2");
    fails(cloud_call(c, "GetAccountAuthorizationDetails", "{'Filter':['Users']}"),
          "ValidationError");
    fails(cloud_call(c, "GetAccountAuthorizationDetails", "{'Marker':'x'}"), "ValidationError");
    static const char *const pages[] = {"2 0 0 0", "0 0 1 1", "0 0 0 2"};
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in, "{'MaxItems':2}");
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        check_lists(c, buf_cstr(&in), pages[i]);
        CHECK_INT(json_bool(c->call.out, "IsTruncated", false), i + 1 < ARRAY_LEN(pages));
        buf_clear(&in);
        buf_printf(&in, "{'MaxItems':2,'Marker':'" STR_FMT "'}",
                   STR_ARG(json_str(c->call.out, "Marker")));
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(what_it_lists), T(filters_and_pages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
