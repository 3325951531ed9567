/* Access keys and users: whose keys a call means, what root is told of itself, lists of nothing. */
#include "svc/answers.h"

#define DOC(action) "'{`Statement`:{`Effect`:`Allow`,`Action`:`" action "`,`Resource`:`*`}}'"

static int64_t now_s(void) { return clock_world_ms() / 1000; }

/* A user with every right of IAM, and a key; the identity of that key. */
static struct aws_identity *make_user(struct cloud *c, const char *name) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'UserName':'%s'}", name);
    ok(cloud_call(c, "CreateUser", buf_cstr(&in)));
    ok(cloud_call(c, "CreateAccessKey", buf_cstr(&in)));
    char key[24];
    snprintf(key, sizeof key, STR_FMT, STR_ARG(text_at(c, "AccessKey.AccessKeyId")));
    buf_clear(&in);
    buf_printf(&in, "{'UserName':'%s','PolicyName':'p','PolicyDocument':" DOC("iam:*") "}", name);
    ok(cloud_call(c, "PutUserPolicy", buf_cstr(&in)));
    return cloud_find(c, str_c(key));
}

static void of_whom(void **state) {
    struct cloud *c = *state;
    CLEANUP(aws_identity) struct aws_identity *ann = make_user(c, "Ann");
    CLEANUP(aws_identity) struct aws_identity *bob = make_user(c, "bob");
    CLEANUP_DEINIT(buf) struct buf in = {0};
    ok(cloud_call_as(c, ann, "iam", "CreateAccessKey", "{}"));
    check_at(c, "AccessKey.UserName", "'Ann'");
    check_at(c, "AccessKey.Status", "'Active'");
    CHECK_RANGE(now_s() - json_int(json_at(c->call.out, "AccessKey"), "CreateDate", 0), 0, 60);
    buf_printf(&in, "{'AccessKeyId':'" STR_FMT "'", STR_ARG(text_at(c, "AccessKey.AccessKeyId")));
    ok(cloud_call_as(c, ann, "iam", "ListAccessKeys", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "AccessKeyMetadata")), 2);
    check_at(c, "AccessKeyMetadata.1.UserName", "'Ann'");
    ok(cloud_call_as(c, bob, "iam", "ListAccessKeys", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "AccessKeyMetadata")), 1);
    /* another's key is not found under one's own name */
    size_t len = in.len;
    buf_c(&in, ",'Status':'Inactive'}");
    fails(cloud_call_as(c, bob, "iam", "UpdateAccessKey", buf_cstr(&in)), "NoSuchEntity");
    CHECK(str_starts(buf_view(&c->call.error_message), S("The Access Key with id AKIA")));
    ok(cloud_call_as(c, ann, "iam", "UpdateAccessKey", buf_cstr(&in)));
    ok(cloud_call(c, "ListAccessKeys", "{'UserName':'ANN'}"));
    size_t inactive = 0;
    for (size_t i = 0; i < 2; i++)
        inactive += str_is(
            json_str(json_array_get(json_arr(c->call.out, "AccessKeyMetadata"), i), "Status"),
            "Inactive");
    CHECK_INT(inactive, 1);
    in.len = len;
    buf_c(&in, ",'Status':'Expired'}");
    fails(cloud_call_as(c, ann, "iam", "UpdateAccessKey", buf_cstr(&in)), "ValidationError");
    in.len = len;
    buf_c(&in, ",'UserName':'ann'}");
    ok(cloud_call(c, "DeleteAccessKey", buf_cstr(&in)));
    ok(cloud_call(c, "ListAccessKeys", "{'UserName':'Ann'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "AccessKeyMetadata")), 1);
    fails(cloud_call(c, "ListAccessKeys", "{'UserName':'none'}"), "NoSuchEntity");
    message("The user with name none cannot be found.");
}

/* Root's keys are its own: at most two, and switched off like others'. */
static void of_root(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    ok(cloud_call(c, "CreateAccessKey", "{}"));
    check_at(c, "AccessKey.UserName", "'root'");
    buf_printf(&in, "{'AccessKeyId':'" STR_FMT "','Status':'Inactive'}",
               STR_ARG(text_at(c, "AccessKey.AccessKeyId")));
    fails(cloud_call(c, "CreateAccessKey", "{}"), "LimitExceeded");
    message("Cannot exceed quota for AccessKeysPerUser: 2");
    ok(cloud_call(c, "UpdateAccessKey", buf_cstr(&in)));
    ok(cloud_call(c, "ListAccessKeys", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "AccessKeyMetadata")), 2);
    check_at(c, "IsTruncated", "false");
    ok(cloud_call(c, "ListAccessKeys", "{'MaxItems':1}"));
    check_at(c, "IsTruncated", "true");
    CHECK_INT(json_array_size(json_arr(c->call.out, "AccessKeyMetadata")), 1);
}

static void who_is_told(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "GetUser", "{}"));
    const json_t *root = json_obj(c->call.out, "User");
    CHECK_INT(json_object_size(root), 5);
    check_at(c, "User.Path", "'/'");
    check_at(c, "User.UserName", "'root'");
    check_at(c, "User.UserId", "'" ACCOUNT "'");
    check_at(c, "User.Arn", "'arn:aws:iam::" ACCOUNT ":root'");
    CHECK_RANGE(now_s() - json_int(root, "CreateDate", 0), 0, 60);
    CLEANUP(aws_identity) struct aws_identity *ann = make_user(c, "ann");
    ok(cloud_call_as(c, ann, "iam", "GetUser", "{}"));
    check_at(c, "User.UserName", "'ann'");
    check_at(c, "User.Arn", "'arn:aws:iam::" ACCOUNT ":user/ann'");
    ok(cloud_call(c, "GetUser", "{'UserName':'ann'}"));
    check_at(c, "User.UserName", "'ann'");
    fails(cloud_call(c, "TagUser", "{'Tags':[]}"), "ValidationError");
}

/* There are no groups and no aliases. */
static void lists_of_nothing(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "CreateUser", "{'UserName':'ann'}"));
    ok(cloud_call(c, "ListGroupsForUser", "{'UserName':'ann'}"));
    check_answer(c, "{'Groups':[],'IsTruncated':false}");
    fails(cloud_call(c, "ListGroupsForUser", "{'UserName':'none'}"), "NoSuchEntity");
    ok(cloud_call(c, "ListAccountAliases", "{}"));
    check_answer(c, "{'AccountAliases':[],'IsTruncated':false}");
}

static void deleted_last(void **state) {
    static const struct refusal rows[] = {
        {"CreateUser", "{'UserName':'ann'}", "", NULL},
        {"CreateUser", "{'UserName':'ANN'}", "EntityAlreadyExists",
         "User with name ANN already exists."},
        {"AttachUserPolicy",
         "{'UserName':'ann','PolicyArn':'arn:aws:iam::aws:policy/AmazonSQSFullAccess'}", "", NULL},
        {"PutUserPolicy", "{'UserName':'ann','PolicyName':'p','PolicyDocument':" DOC("s3:*") "}",
         "", NULL},
        {"DeleteUser", "{'UserName':'ann'}", "DeleteConflict",
         "Cannot delete entity, must detach all policies first."},
        {"DetachUserPolicy",
         "{'UserName':'ann','PolicyArn':'arn:aws:iam::aws:policy/AmazonSQSFullAccess'}", "", NULL},
        {"DeleteUser", "{'UserName':'ann'}", "DeleteConflict",
         "Cannot delete entity, must delete policies first."},
        {"DeleteUserPolicy", "{'UserName':'ann','PolicyName':'p'}", "", NULL},
        {"DeleteUserPolicy", "{'UserName':'ann','PolicyName':'p'}", "NoSuchEntity",
         "The user policy with name p cannot be found."},
        {"DeleteUser", "{'UserName':'ann'}", "", NULL},
        {"DeleteUser", "{'UserName':'ann'}", "NoSuchEntity",
         "The user with name ann cannot be found."},
    };
    check_refusals(*state, cloud_call, rows);
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(of_whom), T(of_root), T(who_is_told), T(lists_of_nothing),
                                       T(deleted_last)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
