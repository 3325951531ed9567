/* AssumeRole: durations, chains, session policies and their limits, what is told of the session. */
#include "svc/sts/fixture.h"

#define ASK(more) "{'RoleArn':'" ROLE "','RoleSessionName':'s1'" more "}"

static int64_t seconds_left(struct cloud *c) {
    return json_int(json_obj(c->call.out, "Credentials"), "Expiration", 0) - clock_real_ms() / 1000;
}

static void what_is_told(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "GetRole", "{'RoleName':'app'}"));
    CLEANUP_DEINIT(buf) struct buf want = {0};
    buf_printf(&want,
               "{'AssumedRoleId':'" STR_FMT ":s1','Arn':'arn:aws:sts::" ACCOUNT
               ":assumed-role/app/s1'}",
               STR_ARG(text_at(c, "Role.RoleId")));
    ok(as_ann(c, "AssumeRole", ASK("")));
    check_at(c, "AssumedRoleUser", buf_cstr(&want));
    check_at(c, "PackedPolicySize", "");
    CHECK_RANGE(seconds_left(c), 3595, 3600);
    str key = text_at(c, "Credentials.AccessKeyId");
    CHECK(str_starts(key, S("ASIA")) && key.len == 20);
    CHECK_INT(text_at(c, "Credentials.SecretAccessKey").len, 40);
    CHECK_INT(text_at(c, "Credentials.SessionToken").len, 128); /* 96 bytes in base64 */
    CLEANUP(aws_identity) struct aws_identity *session = identity_of(c, "Credentials");
    CHECK_RANGE(session->expires_ms - clock_real_ms(), 3595000, 3600000);
    CHECK_STR(session->principal.role_arn, S(ROLE));
    ok(as_ann(c, "AssumeRole", ASK("")));
    CHECK(!str_eq(text_at(c, "Credentials.SessionToken"), session->session_token));
}

static void durations(void **state) {
    static const char too_long[] =
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    static const struct refusal rows[] = {
        {"AssumeRole", ASK(",'DurationSeconds':899"), "ValidationError", NULL},
        {"AssumeRole", ASK(",'DurationSeconds':900"), "", NULL},
        {"AssumeRole", ASK(",'DurationSeconds':3600"), "", NULL},
        {"AssumeRole", ASK(",'DurationSeconds':3601"), "ValidationError", too_long},
        {"AssumeRole", ASK(",'DurationSeconds':43201"), "ValidationError", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, as_ann, rows);
    ok(as_ann(c, "AssumeRole", ASK(",'DurationSeconds':900")));
    CHECK_RANGE(seconds_left(c), 895, 900);
    ok(cloud_call(c, "UpdateRole", "{'RoleName':'app','MaxSessionDuration':43200}"));
    ok(as_ann(c, "AssumeRole", ASK(",'DurationSeconds':43200")));
    CHECK_RANGE(seconds_left(c), 43195, 43200);
    ok(as_ann(c, "AssumeRole", ASK(""))); /* an hour, however long the role allows */
    CHECK_RANGE(seconds_left(c), 3595, 3600);
}

/* A session that assumes a role gets an hour at most. */
static void chains(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "UpdateRole", "{'RoleName':'app','MaxSessionDuration':43200}"));
    ok(as_ann(c, "AssumeRole", ASK("")));
    CLEANUP(aws_identity) struct aws_identity *session = identity_of(c, "Credentials");
    ok(cloud_call_as(c, session, "sts", "AssumeRole", ASK(",'DurationSeconds':3600")));
    fails(cloud_call_as(c, session, "sts", "AssumeRole", ASK(",'DurationSeconds':3601")),
          "ValidationError");
    message("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining.");
    ok(cloud_call_as(c, session, "sts", "AssumeRole", ASK("")));
    CHECK_RANGE(seconds_left(c), 3595, 3600);
}

static void refused(void **state) {
    static const struct refusal rows[] = {
        {"AssumeRole", ASK(",'SerialNumber':'arn:aws:iam::000000000000:mfa/ann'"),
         "ValidationError", "SerialNumber is not supported by calotype"},
        {"AssumeRole", ASK(",'SourceIdentity':'ann'"), "ValidationError",
         "SourceIdentity is not supported by calotype"},
        {"AssumeRole", ASK(",'TransitiveTagKeys':['a']"), "ValidationError",
         "TransitiveTagKeys is not supported by calotype"},
        {"AssumeRole", ASK(",'TransitiveTagKeys':[]"), "", NULL},
        {"AssumeRole", ASK(",'PolicyArns':[]"), "", NULL},
        {"AssumeRole", ASK(",'Policy':'{`Statement`:1}'"), "MalformedPolicyDocument", NULL},
        {"AssumeRole", ASK(",'PolicyArns':[{'arn':'arn:aws:iam::aws:policy/NoneSuchAsThis'}]"),
         "ValidationError", "The policy arn:aws:iam::aws:policy/NoneSuchAsThis does not exist"},
        {"AssumeRole", "{'RoleArn':'" ROLE "','RoleSessionName':'s'}", "ValidationError", NULL},
        {"AssumeRole", "{'RoleArn':'arn:aws:iam::" ACCOUNT ":role/x/none','RoleSessionName':'s1'}",
         "AccessDenied",
         "User: arn:aws:iam::" ACCOUNT ":user/ann is not authorized to perform: sts:AssumeRole on "
         "resource: arn:aws:iam::" ACCOUNT ":role/x/none"},
        {"AssumeRole", "{'RoleArn':'arn:aws:iam::" ACCOUNT ":role/app','RoleSessionName':'s1'}",
         "AccessDenied", NULL},
        {"AssumeRole", "{'RoleArn':'arn:aws:iam::" ACCOUNT ":user/ann','RoleSessionName':'s1'}",
         "AccessDenied", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, as_ann, rows);
    fails(cloud_call_as(c, c->root, "sts", "AssumeRole", ASK("")), "AccessDenied");
    message("Roles may not be assumed by root accounts.");
}

/* A trust that names the account leaves the decision to the user's own policies. */
static void trust_in_the_account(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "DeleteUserPolicy", "{'UserName':'ann','PolicyName':'sts'}"));
    CLEANUP(aws_identity) struct aws_identity *bare = cloud_find(c, ann->access_key);
    fails(cloud_call_as(c, bare, "sts", "AssumeRole", ASK("")), "AccessDenied");
    ok(cloud_call(
        c, "UpdateAssumeRolePolicy",
        "{'RoleName':'app','PolicyDocument':" TRUST("arn:aws:iam::" ACCOUNT ":user/ann") "}"));
    ok(cloud_call_as(c, bare, "sts", "AssumeRole", ASK("")));
    ok(cloud_call(c, "UpdateAssumeRolePolicy",
                  "{'RoleName':'app','PolicyDocument':" TRUST("111111111111") "}"));
    fails(as_ann(c, "AssumeRole", ASK("")), "AccessDenied");
}

/* ---- Session policies ---- */

static const char *ask_with_policy_of(struct cloud *c, size_t bytes, const char *more) {
    static const char head[] = "{`Statement`:{`Effect`:`Allow`,`Action`:`iam:",
                      tail[] = "`,`Resource`:`*`}}";
    CLEANUP_DEINIT(buf)
    struct buf action = many(bytes - strlen(head) - strlen(tail), 'A'), in = {0};
    buf_printf(&in, ASK(",'Policy':'%s%s%s'%s"), head, buf_cstr(&action), tail, more);
    return as_ann(c, "AssumeRole", buf_cstr(&in));
}

/* 2,048 characters of policy and ARNs; the answer tells what share of them was used. */
static void size_of_policies(void **state) {
    static const struct {
        size_t bytes;
        const char *percent;
    } rows[] = {{102, "5"}, {103, "6"}, {1024, "50"}, {1025, "51"}, {2048, "100"}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ok(ask_with_policy_of(c, rows[i].bytes, ""));
        check_at(c, "PackedPolicySize", rows[i].percent);
    }
#define ADMIN ",'PolicyArns':[{'arn':'arn:aws:iam::aws:policy/AdministratorAccess'}]" /* 43 */
    ok(ask_with_policy_of(c, 2048 - 43, ADMIN));
    check_at(c, "PackedPolicySize", "100");
    fails(ask_with_policy_of(c, 2048 - 42, ADMIN), "PackedPolicyTooLarge");
    message("Serialized token too large for session");
    ok(as_ann(c, "AssumeRole", ASK(ADMIN)));
    check_at(c, "PackedPolicySize", "3");
}

static void ten_policy_arns(void **state) {
    struct cloud *c = *state;
    for (int n = 10; n <= 11; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{'RoleArn':'" ROLE "','RoleSessionName':'s1','PolicyArns':[");
        for (int i = 0; i < n; i++)
            buf_printf(&in, "%s{'arn':'arn:aws:iam::aws:policy/AdministratorAccess'}",
                       i ? "," : "");
        buf_c(&in, "]}");
        fails(as_ann(c, "AssumeRole", buf_cstr(&in)), n == 10 ? "" : "ValidationError");
    }
    message("PolicyArns may name at most 10 policies");
}

/* What a session may is what both the role and one of the session's policies allow. */
static void policies_narrow(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "CreatePolicy",
                  "{'PolicyName':'own','PolicyDocument':" ALLOW("iam:ListUsers") "}"));
    ok(as_ann(c, "AssumeRole",
              ASK(",'Policy':" ALLOW("iam:GetRole") ",'PolicyArns':[{'arn':'arn:aws:iam::" ACCOUNT
                                                    ":policy/own'}]")));
    CLEANUP(aws_identity) struct aws_identity *session = identity_of(c, "Credentials");
    ok(cloud_call_as(c, session, "iam", "GetRole", "{'RoleName':'app'}"));
    ok(cloud_call_as(c, session, "iam", "ListUsers", "{}"));
    fails(cloud_call_as(c, session, "iam", "ListRoles", "{}"), "AccessDenied");
    ok(cloud_call(c, "DeleteRolePolicy", "{'RoleName':'app','PolicyName':'all'}"));
    CLEANUP(aws_identity) struct aws_identity *after = cloud_find(c, session->access_key);
    fails(cloud_call_as(c, after, "iam", "ListUsers", "{}"), "AccessDenied");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(what_is_told),         T(durations),        T(chains),          T(refused),
        T(trust_in_the_account), T(size_of_policies), T(ten_policy_arns), T(policies_narrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
