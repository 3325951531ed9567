/* Sessions: through sts:AssumeRole, and as services assume roles. */
#include "lib/cloud.h"
#include "lib/tmp.h"

#include "svc/iam/iam_priv.h"

#define TRUST                                                                                               \
    "'{`Version`:`2012-10-17`,`Statement`:["                                                                \
    "{`Effect`:`Allow`,`Principal`:{`Service`:`lambda.amazonaws.com`},`Action`:`sts:AssumeRole`},"          \
    "{`Effect`:`Allow`,`Principal`:{`AWS`:`arn:aws:iam::000000000000:user/ann`},`Action`:`sts:AssumeRole`," \
    "`Condition`:{`StringEquals`:{`sts:ExternalId`:`12345`}}}]}'"
#define ALLOW(action) "'{`Statement`:{`Effect`:`Allow`,`Action`:`" action "`,`Resource`:`*`}}'"
#define ROLE          "arn:aws:iam::000000000000:role/app/worker"

static struct aws_identity *setup_ann(struct cloud *c) {
    ok(cloud_call(c, "CreateRole",
                  "{'RoleName':'worker','Path':'/app/','AssumeRolePolicyDocument':" TRUST "}"));
    ok(cloud_call(c, "PutRolePolicy",
                  "{'RoleName':'worker','PolicyName':'p','PolicyDocument':" ALLOW("iam:*") "}"));
    ok(cloud_call(c, "CreateUser", "{'UserName':'ann'}"));
    ok(cloud_call(c, "CreateAccessKey", "{'UserName':'ann'}"));
    return cloud_find(c, json_str(json_obj(c->call.out, "AccessKey"), "AccessKeyId"));
}

static struct aws_identity *assumed(struct cloud *c) {
    return cloud_find(c, json_str(json_obj(c->call.out, "Credentials"), "AccessKeyId"));
}

static void assume_role(void **state) {
    struct cloud *c = *state;
    CLEANUP(aws_identity) struct aws_identity *ann = setup_ann(c);
    fails(
        cloud_call_as(c, ann, "sts", "AssumeRole", "{'RoleArn':'" ROLE "','RoleSessionName':'s1'}"),
        "AccessDenied");
    message(
        "User: arn:aws:iam::000000000000:user/ann is not authorized to perform: sts:AssumeRole on resource: " ROLE
        " because no role trust policy allows the sts:AssumeRole action");
    fails(
        cloud_call_as(
            c, ann, "sts", "AssumeRole",
            "{'RoleArn':'arn:aws:iam::000000000000:role/worker','RoleSessionName':'s1','ExternalId':'12345'}"),
        "AccessDenied");
    ok(cloud_call_as(c, ann, "sts", "AssumeRole",
                     "{'RoleArn':'" ROLE "','RoleSessionName':'s1','ExternalId':'12345'}"));
    CHECK_STR(json_str(json_obj(c->call.out, "AssumedRoleUser"), "Arn"),
              S("arn:aws:sts::000000000000:assumed-role/worker/s1"));
    const json_t *credentials = json_obj(c->call.out, "Credentials");
    int64_t left = json_int(credentials, "Expiration", 0) - clock_real_ms() / 1000;
    CHECK(left > 3590 && left <= 3600);
    CLEANUP(aws_identity) struct aws_identity *session = assumed(c);
    CHECK_STR(session->secret_key, json_str(credentials, "SecretAccessKey"));
    CHECK_STR(session->session_token, json_str(credentials, "SessionToken"));
    ok(cloud_call_as(c, session, "sts", "GetCallerIdentity", "{}"));
    CHECK_STR(json_str(c->call.out, "Arn"), S("arn:aws:sts::000000000000:assumed-role/worker/s1"));
    CHECK(str_ends(json_str(c->call.out, "UserId"), S(":s1")));
    ok(cloud_call_as(c, session, "iam", "ListRoles", "{}"));
    fails(cloud_call_as(c, c->root, "sts", "AssumeRole",
                        "{'RoleArn':'" ROLE "','RoleSessionName':'s1'}"),
          "AccessDenied");
}

static void limits_and_refusals(void **state) {
    struct cloud *c = *state;
    CLEANUP(aws_identity) struct aws_identity *ann = setup_ann(c);
#define ASK(more)                                                                                  \
    cloud_call_as(c, ann, "sts", "AssumeRole",                                                     \
                  "{'RoleArn':'" ROLE "','RoleSessionName':'s1','ExternalId':'12345'," more "}")
    fails(ASK("'DurationSeconds':3601"), "ValidationError");
    message("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    fails(ASK("'Tags':[{'Key':'a','Value':'b'}]"), "ValidationError");
    message("Tags is not supported by calotype");
    fails(ASK("'Policy':'{}'"), "MalformedPolicyDocument");
    fails(ASK("'PolicyArns':[{'arn':'arn:aws:iam::aws:policy/Nothing'}]"), "ValidationError");
    ok(cloud_call(c, "UpdateRole", "{'RoleName':'worker','MaxSessionDuration':7200}"));
    ok(ASK("'DurationSeconds':7200"));
    ok(ASK("'Tags':[]"));
}

static void session_policies_narrow(void **state) {
    struct cloud *c = *state;
    CLEANUP(aws_identity) struct aws_identity *ann = setup_ann(c);
    ok(ASK("'Policy':" ALLOW("iam:GetRole")));
    CHECK(json_int(c->call.out, "PackedPolicySize", 0) > 0);
    CLEANUP(aws_identity) struct aws_identity *inline_only = assumed(c);
    ok(cloud_call_as(c, inline_only, "iam", "GetRole", "{'RoleName':'worker'}"));
    fails(cloud_call_as(c, inline_only, "iam", "ListRoles", "{}"), "AccessDenied");
    CHECK(str_find(buf_view(&c->call.error_message), S("because no session policy allows")) > 0);
    ok(ASK("'PolicyArns':[{'arn':'arn:aws:iam::aws:policy/AmazonS3FullAccess'}]"));
    CLEANUP(aws_identity) struct aws_identity *managed = assumed(c);
    fails(cloud_call_as(c, managed, "iam", "GetRole", "{'RoleName':'worker'}"), "AccessDenied");
}

static const struct aws_session_key no_key = {{0}, {0}};

static void services_assume(void **state) {
    struct cloud *c = *state;
    aws_identity_free(setup_ann(c));
    struct aws_identity_source source = iam_identity_source(c->iam);
    struct aws_credentials key = {.expires_ms = 0};
    struct err err = {{0}};
    CHECK_INT(source.assume(source.ctx, S("arn:aws:iam::000000000000:role/none"),
                            S("lambda.amazonaws.com"), S("f"), no_key, 900, &key, &err),
              AWS_E_NO_ROLE);
    CHECK_INT(source.assume(source.ctx, S(ROLE), S("states.amazonaws.com"), S("f"), no_key, 900,
                            &key, &err),
              AWS_E_NOT_TRUSTED);
    CHECK_TEXT(err.text, "The role " ROLE " cannot be assumed by states.amazonaws.com");
    CHECK_INT(source.assume(source.ctx, S(ROLE), S("lambda.amazonaws.com"), S("f"), no_key, 900,
                            &key, &err),
              0);
    CLEANUP(aws_identity) struct aws_identity *session = cloud_find(c, str_c(key.access_key));
    CHECK_STR(session->session_token, buf_view(&key.session_token));
    CHECK_INT(session->expires_ms, key.expires_ms);
    buf_deinit(&key.session_token);
    CLEANUP(aws_identity) struct aws_identity *acting = NULL;
    CHECK_INT(
        source.role(source.ctx, S(ROLE), S("lambda.amazonaws.com"), S("stack"), &acting, &err), 0);
    ok(cloud_call_as(c, acting, "iam", "ListRoles", "{}"));

    /* The role's next life is another role: its sessions are gone. */
    ok(cloud_call(c, "DeleteRolePolicy", "{'RoleName':'worker','PolicyName':'p'}"));
    ok(cloud_call(c, "DeleteRole", "{'RoleName':'worker'}"));
    CHECK(!cloud_find(c, str_c(key.access_key)));
    ok(cloud_call(c, "CreateRole",
                  "{'RoleName':'worker','Path':'/app/','AssumeRolePolicyDocument':" TRUST "}"));
    CHECK(!cloud_find(c, str_c(key.access_key)));
}

static void ended_sessions_are_swept(void **state) {
    struct cloud *c = *state;
    aws_identity_free(setup_ann(c));
    struct aws_identity_source source = iam_identity_source(c->iam);
    static const int64_t seconds[] = {900, -60, -7200};
    for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
        struct aws_credentials key = {.expires_ms = 0};
        CHECK_INT(source.assume(source.ctx, S(ROLE), S("lambda.amazonaws.com"), S("f"), no_key,
                                seconds[i], &key, NULL),
                  0);
        buf_deinit(&key.session_token);
    }
    CHECK_INT(count_rows(c->store, STORE_META, "iam.session"), 3);
    CHECK(iam_session_sweep(c->iam) > clock_world_ms());
    CHECK_INT(count_rows(c->store, STORE_META, "iam.session"),
              2); /* one that ended a minute ago is kept, to be told so */
    CHECK_INT(count_rows(c->store, STORE_META, "iam.expiry"), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(assume_role), T(limits_and_refusals),
                                       T(session_policies_narrow), T(services_assume),
                                       T(ended_sessions_are_swept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
