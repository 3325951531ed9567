#pragma once
/*
 * A cloud with user ann, who may call sts:*, and role "app" at path /x/, which trusts the account.
 */
#include "svc/answers.h"

#include "base/clock.h"

#define ROLE "arn:aws:iam::" ACCOUNT ":role/x/app"
#define TRUST(principal)                                                                           \
    "'{`Statement`:{`Effect`:`Allow`,`Principal`:{`AWS`:`" principal "`},`Action`:"                \
    "`sts:AssumeRole`}}'"
#define ALLOW(action) "'{`Statement`:{`Effect`:`Allow`,`Action`:`" action "`,`Resource`:`*`}}'"

static struct aws_identity *ann;

/* The identity of the key in the last answer's member. */
static inline struct aws_identity *identity_of(struct cloud *c, const char *member) {
    struct aws_identity *id = cloud_find(c, json_str(json_obj(c->call.out, member), "AccessKeyId"));
    CHECK(id);
    return id;
}

static inline const char *as_ann(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, ann, "sts", op, in);
}

static inline int sts_setup(void **state) {
    cloud_setup(state);
    struct cloud *c = *state;
    ok(cloud_call(c, "CreateRole",
                  "{'RoleName':'app','Path':'/x/','AssumeRolePolicyDocument':" TRUST(ACCOUNT) "}"));
    ok(cloud_call(c, "PutRolePolicy",
                  "{'RoleName':'app','PolicyName':'all','PolicyDocument':" ALLOW("*") "}"));
    ok(cloud_call(c, "CreateUser", "{'UserName':'ann'}"));
    ok(cloud_call(c, "PutUserPolicy",
                  "{'UserName':'ann','PolicyName':'sts','PolicyDocument':" ALLOW("sts:*") "}"));
    ok(cloud_call(c, "CreateAccessKey", "{'UserName':'ann'}"));
    ann = identity_of(c, "AccessKey");
    return 0;
}

static inline int sts_teardown(void **state) {
    ann = (aws_identity_free(ann), NULL);
    return cloud_teardown(state);
}
#define T(f) cmocka_unit_test_setup_teardown(f, sts_setup, sts_teardown)
