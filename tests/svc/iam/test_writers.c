/* Several writers of one entity: what each was answered is there. */
#include "lib/race.h"

#define TRUST                                                                                      \
    "'{`Statement`:{`Effect`:`Allow`,`Principal`:{`Service`:`lambda.amazonaws.com`},`Action`:`sts:AssumeRole`}}'"
#define DOC   "'{`Statement`:{`Effect`:`Allow`,`Action`:`s3:*`,`Resource`:`*`}}'"
#define BASIC "'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'"
enum { WRITERS = 6, ROUNDS = 10 };

static void create(struct cloud *c) {
    ok(cloud_call(c, "CreateRole", "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}"));
}

static void tags_of_one_role(void **state) {
    struct cloud *c = *state;
    create(c);
    for (int round = 0; round < ROUNDS; round++) {
        struct racer racers[WRITERS];
        for (int i = 0; i < WRITERS; i++) {
            char in[128];
            snprintf(in, sizeof in, "{'RoleName':'r','Tags':[{'Key':'k%d','Value':'%d'}]}", i,
                     round);
            racers[i] = (struct racer){.service = "iam", .op = "TagRole", .in = cloud_doc(in)};
        }
        race(c, racers, WRITERS);
        ok(cloud_call(c, "ListRoleTags", "{'RoleName':'r'}"));
        const json_t *tags = json_arr(c->call.out, "Tags");
        CHECK_INT(json_array_size(tags), WRITERS);
        for (int i = 0; i < WRITERS; i++) {
            CHECK_TEXT(racers[i].code, "");
            CHECK_INT(atoi(json_str(json_array_get(tags, (size_t)i), "Value").p), round);
        }
    }
}

static void different_parts_of_one_role(void **state) {
    struct cloud *c = *state;
    create(c);
    for (int round = 0; round < ROUNDS; round++) {
        struct racer racers[] = {
            {.service = "iam",
             .op = "AttachRolePolicy",
             .in = cloud_doc("{'RoleName':'r','PolicyArn':" BASIC "}")},
            {.service = "iam",
             .op = "PutRolePolicy",
             .in = cloud_doc("{'RoleName':'r','PolicyName':'p','PolicyDocument':" DOC "}")},
            {.service = "iam",
             .op = "UpdateRole",
             .in = cloud_doc("{'RoleName':'r','Description':'new'}")},
        };
        race(c, racers, ARRAY_LEN(racers));
        for (size_t i = 0; i < ARRAY_LEN(racers); i++)
            CHECK_TEXT(racers[i].code, "");
        ok(cloud_call(c, "DetachRolePolicy", "{'RoleName':'r','PolicyArn':" BASIC "}"));
        ok(cloud_call(c, "DeleteRolePolicy", "{'RoleName':'r','PolicyName':'p'}"));
        ok(cloud_call(c, "GetRole", "{'RoleName':'r'}"));
        CHECK_STR(json_str(json_obj(c->call.out, "Role"), "Description"), S("new"));
        ok(cloud_call(c, "UpdateRole", "{'RoleName':'r','Description':'old'}"));
    }
}

/* A role is not deleted while it goes into a profile, nor a policy while it is attached. */
static void deleting_what_is_taken_up(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "CreateInstanceProfile", "{'InstanceProfileName':'i'}"));
    for (int round = 0; round < ROUNDS; round++) {
        create(c);
        struct racer racers[] = {
            {.service = "iam",
             .op = "AddRoleToInstanceProfile",
             .in = cloud_doc("{'InstanceProfileName':'i','RoleName':'r'}")},
            {.service = "iam", .op = "DeleteRole", .in = cloud_doc("{'RoleName':'r'}")},
        };
        race(c, racers, ARRAY_LEN(racers));
        bool added = racers[0].code[0] == '\0', deleted = racers[1].code[0] == '\0';
        CHECK(added != deleted);
        CHECK_TEXT(racers[added ? 1 : 0].code, added ? "DeleteConflict" : "NoSuchEntity");
        ok(cloud_call(c, "GetInstanceProfile", "{'InstanceProfileName':'i'}"));
        if (!added)
            continue;
        ok(cloud_call(c, "RemoveRoleFromInstanceProfile",
                      "{'InstanceProfileName':'i','RoleName':'r'}"));
        ok(cloud_call(c, "DeleteRole", "{'RoleName':'r'}"));
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(tags_of_one_role), T(different_parts_of_one_role),
                                       T(deleting_what_is_taken_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
