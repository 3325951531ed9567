/*
 * IAM's quotas and sizes at their bounds, versions of policies, tags, boundaries, paths and pages.
 */
#include "svc/answers.h"

#define TRUST                                                                                      \
    "'{`Statement`:{`Effect`:`Allow`,`Principal`:{`Service`:`lambda.amazonaws.com`},`Action`:"     \
    "`sts:AssumeRole`}}'"
#define DOC(action) "'{`Statement`:{`Effect`:`Allow`,`Action`:`" action "`,`Resource`:`*`}}'"
#define ARN(name)   "arn:aws:iam::" ACCOUNT ":policy/" name

static void make(struct cloud *c) {
    ok(cloud_call(c, "CreateRole", "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}"));
    ok(cloud_call(c, "CreateUser", "{'UserName':'u','Path':'/team/'}"));
}

/* A call with a policy document of that many characters, and spaces that do not count. */
static const char *with_document(struct cloud *c, const char *op, const char *members,
                                 size_t characters) {
    static const char head[] = "{`Statement`:{`Effect`:`Allow`,`Action`:`s3:",
                      tail[] = "`,`Resource`:`*`}}";
    CLEANUP_DEINIT(buf)
    struct buf in = {0}, fill = many(characters - strlen(head) - strlen(tail), 'A');
    buf_printf(&in, "{%s,'PolicyDocument':' \\n\\t\\r%s%s%s  '}", members, head, buf_cstr(&fill),
               tail);
    return cloud_call(c, op, buf_cstr(&in));
}

static void document_sizes(void **state) {
    static const struct {
        const char *op, *members;
        size_t most;
        const char *message;
    } rows[] = {
        {"CreatePolicy", "'PolicyName':'p'", 6144, "Cannot exceed quota for PolicySize: 6144"},
        {"CreatePolicyVersion", "'PolicyArn':'" ARN("p") "'", 6144,
         "Cannot exceed quota for PolicySize: 6144"},
        {"PutRolePolicy", "'RoleName':'r','PolicyName':'p'", 10240,
         "Maximum policy size of 10240 bytes exceeded for role r"},
        {"PutUserPolicy", "'UserName':'u','PolicyName':'p'", 2048,
         "Maximum policy size of 2048 bytes exceeded for user u"}};
    struct cloud *c = *state;
    make(c);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fails(with_document(c, rows[i].op, rows[i].members, rows[i].most), "");
        fails(with_document(c, rows[i].op, rows[i].members, rows[i].most + 1), "LimitExceeded");
        message(rows[i].message);
    }
    /* the quota is for all inline policies together */
    fails(with_document(c, "PutUserPolicy", "'UserName':'u','PolicyName':'p'", 1000), "");
    fails(with_document(c, "PutUserPolicy", "'UserName':'u','PolicyName':'q'", 1049),
          "LimitExceeded");
    fails(with_document(c, "PutUserPolicy", "'UserName':'u','PolicyName':'q'", 1048), "");
}

static void trust_size(void **state) {
    static const char head[] = "{`Statement`:{`Sid`:`",
                      tail[] = "`,`Effect`:`Allow`,`Principal`:{`AWS`:`" ACCOUNT
                               "`},`Action`:`sts:AssumeRole`}}";
    struct cloud *c = *state;
    make(c);
    for (size_t n = 2048; n <= 2049; n++) {
        CLEANUP_DEINIT(buf) struct buf sid = many(n - strlen(head) - strlen(tail), 's'), in = {0};
        buf_printf(&in, "{'RoleName':'r','PolicyDocument':'%s%s%s'}", head, buf_cstr(&sid), tail);
        fails(cloud_call(c, "UpdateAssumeRolePolicy", buf_cstr(&in)),
              n == 2048 ? "" : "LimitExceeded");
    }
    message("Cannot exceed quota for ACLSizePerRole: 2048");
}

static void twenty_policies_attached(void **state) {
    struct cloud *c = *state;
    make(c);
    for (int i = 0; i <= 20; i++) {
        char in[200];
        snprintf(in, sizeof in, "{'PolicyName':'p%02d','PolicyDocument':" DOC("s3:*") "}", i);
        ok(cloud_call(c, "CreatePolicy", in));
        snprintf(in, sizeof in, "{'RoleName':'r','PolicyArn':'" ARN("p%02d") "'}", i);
        fails(cloud_call(c, "AttachRolePolicy", in), i < 20 ? "" : "LimitExceeded");
    }
    message("Cannot exceed quota for PoliciesPerRole: 20");
    ok(cloud_call(c, "AttachRolePolicy", "{'RoleName':'r','PolicyArn':'" ARN("p00") "'}"));
    ok(cloud_call(c, "ListAttachedRolePolicies", "{'RoleName':'r','MaxItems':19}"));
    check_at(c, "AttachedPolicies.18", "{'PolicyName':'p18','PolicyArn':'" ARN("p18") "'}");
    check_at(c, "AttachedPolicies.19", "");
    check_at(c, "IsTruncated", "true");
    char in[200];
    snprintf(in, sizeof in, "{'RoleName':'r','Marker':'" STR_FMT "'}",
             STR_ARG(text_at(c, "Marker")));
    ok(cloud_call(c, "ListAttachedRolePolicies", in));
    check_answer(c, "{'IsTruncated':false,"
                    "'AttachedPolicies':[{'PolicyName':'p19','PolicyArn':'" ARN("p19") "'}]}");
    ok(cloud_call(c, "ListAttachedRolePolicies", "{'RoleName':'r','PathPrefix':'/x/'}"));
    check_at(c, "AttachedPolicies", "[]");
}

/* Numbers of versions are not given twice. */
static void versions(void **state) {
    static const struct refusal rows[] = {
        {"CreatePolicy", "{'PolicyName':'p','PolicyDocument':" DOC("s3:Get*") "}", "", NULL},
        {"CreatePolicyVersion", "{'PolicyArn':'" ARN("p") "','PolicyDocument':" DOC("s3:*") "}", "",
         NULL},
        {"DeletePolicyVersion", "{'PolicyArn':'" ARN("p") "','VersionId':'v1'}", "DeleteConflict",
         "Cannot delete the default version of a policy."},
        {"DeletePolicyVersion", "{'PolicyArn':'" ARN("p") "','VersionId':'v2'}", "", NULL},
        {"GetPolicyVersion", "{'PolicyArn':'" ARN("p") "','VersionId':'v2'}", "NoSuchEntity",
         "Policy " ARN("p") " version v2 does not exist or is not attachable."},
        {"CreatePolicyVersion",
         "{'PolicyArn':'" ARN("p") "','PolicyDocument':" DOC("s3:*") ",'SetAsDefault':true}", "",
         NULL},
        {"DeletePolicy", "{'PolicyArn':'" ARN("p") "'}", "DeleteConflict",
         "This policy has more than one version. Before you delete a policy, you must delete the "
         "policy's versions. The default version is deleted with the policy."},
    };
    struct cloud *c = *state;
    check_refusals(c, cloud_call, rows);
    ok(cloud_call(c, "ListPolicyVersions", "{'PolicyArn':'" ARN("p") "'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Versions")), 2);
    check_at(c, "Versions.0.VersionId", "'v3'"); /* the newest first */
    check_at(c, "Versions.0.IsDefaultVersion", "true");
    check_at(c, "Versions.1.VersionId", "'v1'");
    check_at(c, "Versions.1.IsDefaultVersion", "false");
    check_at(c, "Versions.1.Document", "");
    check_at(c, "IsTruncated", "false");
    ok(cloud_call(c, "SetDefaultPolicyVersion", "{'PolicyArn':'" ARN("p") "','VersionId':'v1'}"));
    ok(cloud_call(c, "GetPolicy", "{'PolicyArn':'" ARN("p") "'}"));
    check_at(c, "Policy.DefaultVersionId", "'v1'");
    ok(cloud_call(c, "DeletePolicyVersion", "{'PolicyArn':'" ARN("p") "','VersionId':'v3'}"));
    ok(cloud_call(c, "DeletePolicy", "{'PolicyArn':'" ARN("p") "'}"));
}

/* Which version is the default decides what its holders may, at once. */
static void the_default_version_counts(void **state) {
    struct cloud *c = *state;
    char key[24];
    make(c);
    ok(cloud_call(c, "CreateAccessKey", "{'UserName':'u'}"));
    snprintf(key, sizeof key, STR_FMT, STR_ARG(text_at(c, "AccessKey.AccessKeyId")));
    ok(cloud_call(c, "CreatePolicy",
                  "{'PolicyName':'p','PolicyDocument':" DOC("iam:ListRoles") "}"));
    ok(cloud_call(c, "AttachUserPolicy", "{'UserName':'u','PolicyArn':'" ARN("p") "'}"));
    ok(cloud_call(c, "CreatePolicyVersion",
                  "{'PolicyArn':'" ARN("p") "','PolicyDocument':" DOC("iam:ListUsers") "}"));
    CLEANUP(aws_identity) struct aws_identity *first = cloud_find(c, str_c(key));
    ok(cloud_call_as(c, first, "iam", "ListRoles", "{}"));
    fails(cloud_call_as(c, first, "iam", "ListUsers", "{}"), "AccessDenied");
    ok(cloud_call(c, "SetDefaultPolicyVersion", "{'PolicyArn':'" ARN("p") "','VersionId':'v2'}"));
    CLEANUP(aws_identity) struct aws_identity *second = cloud_find(c, str_c(key));
    fails(cloud_call_as(c, second, "iam", "ListRoles", "{}"), "AccessDenied");
    ok(cloud_call_as(c, second, "iam", "ListUsers", "{}"));
}

static void holders(void **state) {
    struct cloud *c = *state;
    make(c);
    ok(cloud_call(c, "CreatePolicy", "{'PolicyName':'p','PolicyDocument':" DOC("s3:*") "}"));
    ok(cloud_call(c, "AttachUserPolicy", "{'UserName':'u','PolicyArn':'" ARN("p") "'}"));
    ok(cloud_call(c, "AttachRolePolicy", "{'RoleName':'r','PolicyArn':'" ARN("p") "'}"));
    ok(cloud_call(c, "PutRolePermissionsBoundary",
                  "{'RoleName':'r','PermissionsBoundary':'" ARN("p") "'}"));
    ok(cloud_call(c, "GetPolicy", "{'PolicyArn':'" ARN("p") "'}"));
    check_at(c, "Policy.AttachmentCount", "2");
    check_at(c, "Policy.PermissionsBoundaryUsageCount", "1");
    check_at(c, "Policy.IsAttachable", "true");
    check_at(c, "Policy.Tags", "[]");
    static const struct {
        const char *more;
        size_t roles, users;
    } rows[] = {{"", 1, 1},
                {",'EntityFilter':'Role'", 1, 0},
                {",'EntityFilter':'User'", 0, 1},
                {",'PathPrefix':'/team/'", 0, 1},
                {",'PolicyUsageFilter':'PermissionsBoundary'", 1, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char in[200];
        snprintf(in, sizeof in, "{'PolicyArn':'" ARN("p") "'%s}", rows[i].more);
        ok(cloud_call(c, "ListEntitiesForPolicy", in));
        CHECK_CASE(json_array_size(json_arr(c->call.out, "PolicyRoles")) == rows[i].roles, in);
        CHECK_CASE(json_array_size(json_arr(c->call.out, "PolicyUsers")) == rows[i].users, in);
        check_at(c, "PolicyGroups", "[]");
        check_at(c, "IsTruncated", "false");
    }
    static const struct {
        const char *in;
        size_t n;
    } lists[] = {{"{'OnlyAttached':true}", 1},
                 {"{'PolicyUsageFilter':'PermissionsBoundary'}", 1},
                 {"{'Scope':'Local','PathPrefix':'/x/'}", 0},
                 {"{'Scope':'AWS','PathPrefix':'/job-function/'}", 8}};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        ok(cloud_call(c, "ListPolicies", lists[i].in));
        CHECK_CASE(json_array_size(json_arr(c->call.out, "Policies")) == lists[i].n, lists[i].in);
    }
    /* attached once and a boundary once */
    ok(cloud_call(c, "DetachUserPolicy", "{'UserName':'u','PolicyArn':'" ARN("p") "'}"));
    fails(cloud_call(c, "DeletePolicy", "{'PolicyArn':'" ARN("p") "'}"), "DeleteConflict");
    message("Cannot delete a policy attached to entities.");
    /* AWS's own have their dates */
    ok(cloud_call(c, "GetPolicy",
                  "{'PolicyArn':'arn:aws:iam::aws:policy/service-role/"
                  "AWSLambdaBasicExecutionRole'}"));
    check_at(c, "Policy.CreateDate", "1428591823");
    check_at(c, "Policy.DefaultVersionId", "'v1'");
}

static void boundaries(void **state) {
    static const struct refusal rows[] = {
        {"PutUserPermissionsBoundary", "{'UserName':'u','PermissionsBoundary':'" ARN("none") "'}",
         "NoSuchEntity", "Scope ARN: " ARN("none") " does not exist or is not attachable."},
        {"DeleteUserPermissionsBoundary", "{'UserName':'u'}", "NoSuchEntity",
         "Can't find permissions boundary for user u"},
        {"DeleteRolePermissionsBoundary", "{'RoleName':'r'}", "NoSuchEntity",
         "Can't find permissions boundary for role r"},
        {"CreatePolicy", "{'PolicyName':'p','PolicyDocument':" DOC("iam:*") "}", "", NULL},
        {"PutUserPermissionsBoundary", "{'UserName':'u','PermissionsBoundary':'" ARN("p") "'}", "",
         NULL},
        {"GetUser", "{'UserName':'u'}", "", NULL},
    };
    struct cloud *c = *state;
    make(c);
    check_refusals(c, cloud_call, rows);
    check_at(c, "User.PermissionsBoundary",
             "{'PermissionsBoundaryType':'PermissionsBoundaryPolicy',"
             "'PermissionsBoundaryArn':'" ARN("p") "'}");
    ok(cloud_call(c, "ListUsers", "{}"));
    check_at(c, "Users.0.PermissionsBoundary", "");
    check_at(c, "Users.0.Arn", "'arn:aws:iam::" ACCOUNT ":user/team/u'");
}

static void fifty_tags(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    make(c);
    buf_c(&in, "{'UserName':'u','Tags':[");
    for (int i = 0; i < 50; i++)
        buf_printf(&in, "%s{'Key':'k%d','Value':'v'}", i ? "," : "", i);
    buf_c(&in, "]}");
    ok(cloud_call(c, "TagUser", buf_cstr(&in)));
    ok(cloud_call(c, "TagUser", "{'UserName':'u','Tags':[{'Key':'K1','Value':'w'}]}"));
    fails(cloud_call(c, "TagUser", "{'UserName':'u','Tags':[{'Key':'x','Value':'v'}]}"),
          "LimitExceeded");
    message("Cannot exceed quota for TagsPerEntity: 50");
    fails(cloud_call(c, "TagUser",
                     "{'UserName':'u','Tags':[{'Key':'a','Value':'1'},{'Key':'A','Value':'2'}]}"),
          "InvalidInput");
    message("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    ok(cloud_call(c, "ListUserTags", "{'UserName':'u'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Tags")), 50);
    check_at(c, "Tags.1", "{'Key':'K1','Value':'w'}");
    check_at(c, "IsTruncated", "false");
}

static void roles_described(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "CreateRole",
                  "{'RoleName':'r','Description':'one','AssumeRolePolicyDocument':" TRUST "}"));
    check_at(c, "Role.MaxSessionDuration", "3600");
    check_at(c, "Role.RoleLastUsed", "");
    CHECK_RANGE(clock_world_ms() / 1000 - json_int(json_obj(c->call.out, "Role"), "CreateDate", 0),
                0, 60);
    ok(cloud_call(c, "UpdateRoleDescription", "{'RoleName':'r','Description':'two'}"));
    check_at(c, "Role.Description", "'two'");
    ok(cloud_call(c, "UpdateRole", "{'RoleName':'r','Description':'three'}"));
    check_answer(c, "{}");
    ok(cloud_call(c, "GetRole", "{'RoleName':'r'}"));
    check_at(c, "Role.Description", "'three'");
    check_at(c, "Role.RoleLastUsed", "{}");
    check_at(c, "Role.Path", "'/'");
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(document_sizes),
        T(trust_size),
        T(twenty_policies_attached),
        T(versions),
        T(the_default_version_counts),
        T(holders),
        T(boundaries),
        T(fifty_tags),
        T(roles_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
