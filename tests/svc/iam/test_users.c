/* iam: users and access keys, and how soon a change counts. */
#include "lib/cloud.h"

#define DOC(action)                                                                                \
    "'{`Version`:`2012-10-17`,`Statement`:{`Effect`:`Allow`,`Action`:`" action                     \
    "`,`Resource`:`arn:aws:iam::000000000000:user/${aws:username}`}}'"

/* Makes user ann with a key; *ret_key is copied out. */
static struct aws_identity *make_ann(struct cloud *c, struct buf *ret_key) {
    ok(cloud_call(c, "CreateUser", "{'UserName':'ann'}"));
    ok(cloud_call(c, "CreateAccessKey", "{'UserName':'ann'}"));
    const json_t *key = json_obj(c->call.out, "AccessKey");
    buf_str(ret_key, json_str(key, "AccessKeyId"));
    CLEANUP_DEINIT(buf) struct buf secret = {0};
    buf_str(&secret, json_str(key, "SecretAccessKey"));
    CHECK_INT(secret.len, 40);
    struct aws_identity *id = cloud_find(c, buf_view(ret_key));
    CHECK(id);
    CHECK_STR(id->secret_key, buf_view(&secret));
    return id;
}

static void keys_sign_in(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf key = {0}, in = {0};
    CLEANUP(aws_identity) struct aws_identity *ann = make_ann(c, &key);
    CHECK_STR(ann->principal.arn, S("arn:aws:iam::000000000000:user/ann"));
    CHECK_STR(ann->user_name, S("ann"));
    buf_printf(&in, "{'UserName':'ann','AccessKeyId':'%s','Status':'Inactive'}", buf_cstr(&key));
    ok(cloud_call(c, "UpdateAccessKey", buf_cstr(&in)));
    CHECK(!cloud_find(c, buf_view(&key)));
    fails(cloud_call(c, "DeleteUser", "{'UserName':'ann'}"), "DeleteConflict");
    message("Cannot delete entity, must delete access keys first.");
    buf_clear(&in);
    buf_printf(&in, "{'UserName':'ann','AccessKeyId':'%s'}", buf_cstr(&key));
    ok(cloud_call(c, "DeleteAccessKey", buf_cstr(&in)));
    fails(cloud_call(c, "DeleteAccessKey", buf_cstr(&in)), "NoSuchEntity");
    ok(cloud_call(c, "DeleteUser", "{'UserName':'ann'}"));
    CHECK(!cloud_find(c, S("AKIAUNKNOWN000000000")));
}

static void two_keys_at_most(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "CreateUser", "{'UserName':'ann'}"));
    ok(cloud_call(c, "CreateAccessKey", "{'UserName':'ann'}"));
    ok(cloud_call(c, "CreateAccessKey", "{'UserName':'ann'}"));
    fails(cloud_call(c, "CreateAccessKey", "{'UserName':'ann'}"), "LimitExceeded");
    ok(cloud_call(c, "ListAccessKeys", "{'UserName':'ann'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "AccessKeyMetadata")), 2);
    CHECK(!json_has(json_array_get(json_arr(c->call.out, "AccessKeyMetadata"), 0),
                    "SecretAccessKey"));
    /* Root's own, without a user's name. */
    ok(cloud_call(c, "ListAccessKeys", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "AccessKeyMetadata")), 1);
}

/* A change is seen by the next request, although the identity was cached. */
static void changes_are_seen_at_once(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP(aws_identity) struct aws_identity *before = make_ann(c, &key);
    fails(cloud_call_as(c, before, "iam", "GetUser", "{}"), "AccessDenied");
    message(
        "User: arn:aws:iam::000000000000:user/ann is not authorized to perform: iam:GetUser on resource: "
        "arn:aws:iam::000000000000:user/ann because no identity-based policy allows the iam:GetUser action");
    ok(cloud_call(
        c, "PutUserPolicy",
        "{'UserName':'ann','PolicyName':'self','PolicyDocument':" DOC("iam:GetUser") "}"));
    fails(cloud_call_as(c, before, "iam", "GetUser", "{}"),
          "AccessDenied"); /* what began keeps what it had */
    CLEANUP(aws_identity) struct aws_identity *after = cloud_find(c, buf_view(&key));
    ok(cloud_call_as(c, after, "iam", "GetUser", "{}"));
    CHECK_STR(json_str(json_obj(c->call.out, "User"), "UserName"), S("ann"));
    CLEANUP(aws_identity) struct aws_identity *again = cloud_find(c, buf_view(&key));
    CHECK(after == again);
    fails(cloud_call_as(c, after, "iam", "ListUsers", "{}"), "AccessDenied");
}

static void a_boundary_narrows(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    aws_identity_free(make_ann(c, &key));
    ok(cloud_call(c, "AttachUserPolicy",
                  "{'UserName':'ann','PolicyArn':'arn:aws:iam::aws:policy/AdministratorAccess'}"));
    ok(cloud_call(
        c, "PutUserPermissionsBoundary",
        "{'UserName':'ann','PermissionsBoundary':'arn:aws:iam::aws:policy/AmazonS3FullAccess'}"));
    CLEANUP(aws_identity) struct aws_identity *ann = cloud_find(c, buf_view(&key));
    fails(cloud_call_as(c, ann, "iam", "GetUser", "{}"), "AccessDenied");
    CHECK(str_find(buf_view(&c->call.error_message), S("because no permissions boundary allows")) >
          0);
    ok(cloud_call(c, "DeleteUserPermissionsBoundary", "{'UserName':'ann'}"));
    CLEANUP(aws_identity) struct aws_identity *free_ann = cloud_find(c, buf_view(&key));
    ok(cloud_call_as(c, free_ann, "iam", "GetUser", "{}"));
    /* AWS's own policies belong to whoever asks. */
    ok(cloud_call_as(c, free_ann, "iam", "GetPolicy",
                     "{'PolicyArn':'arn:aws:iam::aws:policy/AdministratorAccess'}"));
}

static void accounts_are_apart(void **state) {
    struct cloud *c = *state;
    struct aws_credentials key;
    CHECK_INT(iam_create_account(c->iam, S("111122223333"), &key, NULL), 0);
    CLEANUP(aws_identity) struct aws_identity *other = cloud_find(c, str_c(key.access_key));
    ok(cloud_call(c, "CreateUser", "{'UserName':'ann'}"));
    fails(cloud_call_as(c, other, "iam", "GetUser", "{'UserName':'ann'}"), "NoSuchEntity");
    ok(cloud_call_as(c, other, "iam", "CreateUser", "{'UserName':'ann'}"));
    CHECK_STR(json_str(json_obj(c->call.out, "User"), "Arn"),
              S("arn:aws:iam::111122223333:user/ann"));
    fails(cloud_call_as(c, other, "iam", "GetPolicy",
                        "{'PolicyArn':'arn:aws:iam::000000000000:policy/p'}"),
          "AccessDenied");
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(keys_sign_in), T(two_keys_at_most),
                                       T(changes_are_seen_at_once), T(a_boundary_narrows),
                                       T(accounts_are_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
