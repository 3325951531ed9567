/* iam: instance profiles. */
#include "lib/cloud.h"

#define TRUST                                                                                      \
    "'{`Statement`:{`Effect`:`Allow`,`Principal`:{`Service`:`ec2.amazonaws.com`},`Action`:`sts:AssumeRole`}}'"
#define IN_IT "{'InstanceProfileName':'servers','RoleName':'r'}"

static void create(struct cloud *c) {
    ok(cloud_call(c, "CreateRole", "{'RoleName':'R','AssumeRolePolicyDocument':" TRUST "}"));
    ok(cloud_call(
        c, "CreateInstanceProfile",
        "{'InstanceProfileName':'Servers','Path':'/web/','Tags':[{'Key':'team','Value':'blue'}]}"));
}

static void life_of_a_profile(void **state) {
    struct cloud *c = *state;
    create(c);
    const json_t *profile = json_obj(c->call.out, "InstanceProfile");
    CHECK_STR(json_str(profile, "Arn"), S("arn:aws:iam::" ACCOUNT ":instance-profile/web/Servers"));
    CHECK(str_starts(json_str(profile, "InstanceProfileId"), S("AIPA")) &&
          json_str(profile, "InstanceProfileId").len == 21);
    CHECK_INT(json_array_size(json_arr(profile, "Roles")), 0);

    fails(cloud_call(c, "CreateInstanceProfile", "{'InstanceProfileName':'servers'}"),
          "EntityAlreadyExists");
    message("Instance Profile servers already exists.");
    fails(cloud_call(c, "GetInstanceProfile", "{'InstanceProfileName':'other'}"), "NoSuchEntity");
    message("Instance Profile other cannot be found.");
    ok(cloud_call(c, "ListInstanceProfiles", "{'PathPrefix':'/web/'}"));
    profile = json_array_get(json_arr(c->call.out, "InstanceProfiles"), 0);
    CHECK_STR(json_str(profile, "InstanceProfileName"), S("Servers"));
    CHECK(!json_arr(profile, "Tags"));
    ok(cloud_call(c, "ListInstanceProfiles", "{'PathPrefix':'/db/'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "InstanceProfiles")), 0);
    ok(cloud_call(c, "DeleteInstanceProfile", "{'InstanceProfileName':'servers'}"));
    fails(cloud_call(c, "DeleteInstanceProfile", "{'InstanceProfileName':'servers'}"),
          "NoSuchEntity");
}

static void holds_one_role(void **state) {
    struct cloud *c = *state;
    create(c);
    fails(cloud_call(c, "RemoveRoleFromInstanceProfile", IN_IT), "NoSuchEntity");
    message("The role with name r cannot be found.");
    fails(cloud_call(c, "AddRoleToInstanceProfile",
                     "{'InstanceProfileName':'servers','RoleName':'no'}"),
          "NoSuchEntity");
    ok(cloud_call(c, "AddRoleToInstanceProfile", IN_IT));
    fails(cloud_call(c, "AddRoleToInstanceProfile", IN_IT), "LimitExceeded");
    message("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");

    ok(cloud_call(c, "GetInstanceProfile", "{'InstanceProfileName':'servers'}"));
    const json_t *roles = json_arr(json_obj(c->call.out, "InstanceProfile"), "Roles");
    CHECK_INT(json_array_size(roles), 1);
    CHECK_STR(json_str(json_array_get(roles, 0), "Arn"), S("arn:aws:iam::" ACCOUNT ":role/R"));
    CHECK(str_starts(json_str(json_array_get(roles, 0), "AssumeRolePolicyDocument"), S("%7B")));

    fails(cloud_call(c, "DeleteInstanceProfile", "{'InstanceProfileName':'servers'}"),
          "DeleteConflict");
    message("Cannot delete entity, must remove roles from instance profile first.");
    fails(cloud_call(c, "DeleteRole", "{'RoleName':'r'}"), "DeleteConflict");
    message("Cannot delete entity, must remove roles from instance profile first.");
    ok(cloud_call(c, "RemoveRoleFromInstanceProfile", IN_IT));
    ok(cloud_call(c, "DeleteRole", "{'RoleName':'r'}"));
    ok(cloud_call(c, "DeleteInstanceProfile", "{'InstanceProfileName':'servers'}"));
}

static void profiles_of_a_role(void **state) {
    struct cloud *c = *state;
    create(c);
    ok(cloud_call(c, "CreateInstanceProfile", "{'InstanceProfileName':'empty'}"));
    ok(cloud_call(c, "AddRoleToInstanceProfile", IN_IT));
    ok(cloud_call(c, "ListInstanceProfilesForRole", "{'RoleName':'r'}"));
    const json_t *profiles = json_arr(c->call.out, "InstanceProfiles");
    CHECK_INT(json_array_size(profiles), 1);
    CHECK_STR(json_str(json_array_get(profiles, 0), "InstanceProfileName"), S("Servers"));
    fails(cloud_call(c, "ListInstanceProfilesForRole", "{'RoleName':'no'}"), "NoSuchEntity");
}

static void tags(void **state) {
    struct cloud *c = *state;
    create(c);
    ok(cloud_call(c, "TagInstanceProfile",
                  "{'InstanceProfileName':'servers','Tags':[{'Key':'Team','Value':'red'}]}"));
    ok(cloud_call(c, "ListInstanceProfileTags", "{'InstanceProfileName':'servers'}"));
    CHECK_STR(json_str(json_array_get(json_arr(c->call.out, "Tags"), 0), "Value"), S("red"));
    ok(cloud_call(c, "UntagInstanceProfile",
                  "{'InstanceProfileName':'servers','TagKeys':['team']}"));
    ok(cloud_call(c, "ListInstanceProfileTags", "{'InstanceProfileName':'servers'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Tags")), 0);
}

/* A role goes into a profile only by who may pass it, and only to EC2. */
static void needs_pass_role(void **state) {
    static const char grant[] =
        "{'UserName':'u','PolicyName':'%s','PolicyDocument':'{`Statement`:{`Effect`:`Allow`,"
        "`Action`:`iam:%s`,`Resource`:`*`,`Condition`:%s}}'}";
    struct cloud *c = *state;
    create(c);
    CLEANUP_DEINIT(buf) struct buf in = {0};
    ok(cloud_call(c, "CreateUser", "{'UserName':'u'}"));
    ok(cloud_call(c, "CreateAccessKey", "{'UserName':'u'}"));
    CLEANUP_DEINIT(buf) struct buf key = {0};
    buf_str(&key, json_str(json_obj(c->call.out, "AccessKey"), "AccessKeyId"));
    const struct {
        const char *action, *condition;
        bool may;
    } steps[] = {
        {"AddRoleToInstanceProfile", "{}", false},
        {"PassRole", "{`StringEquals`:{`iam:PassedToService`:`lambda.amazonaws.com`}}", false},
        {"PassRole", "{`StringEquals`:{`iam:PassedToService`:`ec2.amazonaws.com`}}", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        buf_clear(&in);
        buf_printf(&in, grant, steps[i].action, steps[i].action, steps[i].condition);
        ok(cloud_call(c, "PutUserPolicy", buf_cstr(&in)));
        CLEANUP(aws_identity) struct aws_identity *user = cloud_find(c, buf_view(&key));
        CHECK_TEXT(cloud_call_as(c, user, "iam", "AddRoleToInstanceProfile", IN_IT),
                   steps[i].may ? "" : "AccessDenied");
        if (!steps[i].may)
            CHECK(str_find(buf_view(&c->call.error_message),
                           S("iam:PassRole on resource: arn:aws:iam::" ACCOUNT ":role/R")) >= 0);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(life_of_a_profile), T(holds_one_role),
                                       T(profiles_of_a_role), T(tags), T(needs_pass_role)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
