/*
 * Instance profiles: the row holds the names of the roles in it, one at the most. Nothing here runs
 * instances; templates and tools that make servers elsewhere keep a role in a profile.
 *
 * Words of the errors as AWS answers them: "Instance Profile … already exists." and "… cannot be
 * found." (ansible-collections/amazon.aws#2102, skyplane#724), DeleteConflict of profile and role
 * (99designs/iamy#47 and #68), the quota of one, which also a role that is in it already meets
 * (getmoto/moto#6404, coreos/mantle#1058). PassRole: AddRoleToInstanceProfile, IAM API reference.
 */
#include "svc/iam/iam_priv.h"

/* A role as profiles show it: without what only ListRoles and GetRole tell. */
static json_t *describe_role(const json_t *doc) {
    static const char *const members[] = {"Path", "RoleName", "RoleId", "Arn", "CreateDate"};
    json_t *out = json_object();
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        json_set(out, members[i], json_incref(json_object_get(doc, members[i])));
    json_set(out, "AssumeRolePolicyDocument",
             iam_uri_text(json_str(doc, "AssumeRolePolicyDocument")));
    return out;
}

static int describe(struct rq *rq, const json_t *doc, bool, json_t *out) {
    const json_t *names = json_arr(doc, "Roles");
    json_t *roles = json_array();
    json_set(out, "Roles", roles);
    for (size_t i = 0; i < json_array_size(names); i++) {
        CLEANUP_DEINIT(iam_entity) struct iam_entity role = {0};
        if (iam_entity_named(&iam_kind_role, rq, json_text(json_array_get(names, i)), &role))
            return AWS_FAILED;
        json_array_append_new(roles, describe_role(role.doc));
    }
    return 0;
}

const struct iam_kind iam_kind_profile = {
    .row = "iam.instance-profile",
    .title = "instance profile",
    .capital = "InstanceProfile",
    .plural = "InstanceProfiles",
    .name_member = "InstanceProfileName",
    .id_member = "InstanceProfileId",
    .id_prefix = "AIPA",
    .arn_type = "instance-profile",
    .missing = "Instance Profile ",
    .existing = {"Instance Profile ", " already exists."},
    .calls = {.describe = describe},
};

/* Where the role is among the profile's; their number when it is not. */
static size_t find_role(const json_t *doc, str role) {
    const json_t *names = json_arr(doc, "Roles");
    size_t n = json_array_size(names);
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(json_text(json_array_get(names, i)), role))
            return i;
    return n;
}

static bool holds(const void *ctx, const json_t *doc) {
    const str *role = ctx;
    return find_role(doc, *role) < json_array_size(json_arr(doc, "Roles"));
}

int iam_profile_check_none(struct rq *rq, str role) {
    CLEANUP(store_iter) struct store_iter *it = iam_rows(rq, iam_kind_profile.row, STR_NONE);
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        if (holds(&role, doc))
            return aws_fail(rq, &IAM_DeleteConflict,
                            "Cannot delete entity, must remove roles from instance profile first.");
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "list instance profiles") : 0;
}

/* ---- Operations ---- */

int iam_op_CreateInstanceProfile(struct iam_svc *, struct rq *rq) {
    CLEANUP_DEINIT(iam_entity) struct iam_entity profile = {0};
    if (iam_entity_new(&iam_kind_profile, rq, &profile))
        return AWS_FAILED;
    json_set(profile.doc, "Roles", json_array());
    return iam_entity_answer(rq, &profile) || iam_entity_put(rq, &profile) ? AWS_FAILED : 0;
}

static int delete_instance_profile(struct rq *rq, struct iam_entity *profile) {
    if (json_array_size(json_arr(profile->doc, "Roles")))
        return aws_fail(rq, &IAM_DeleteConflict,
                        "Cannot delete entity, must remove roles from instance profile first.");
    return iam_entity_delete(rq, profile);
}
IAM_OP(DeleteInstanceProfile, delete_instance_profile, profile)

static int list_instance_profiles_for_role(struct rq *rq, struct iam_entity *role) {
    str name = json_str(role->doc, "RoleName");
    return iam_entity_list(&iam_kind_profile, rq, holds, &name);
}
IAM_OP(ListInstanceProfilesForRole, list_instance_profiles_for_role, role)

static int add_role_to_instance_profile(struct rq *rq, struct iam_entity *profile) {
    CLEANUP_DEINIT(iam_entity) struct iam_entity role = {0};
    if (iam_entity_get(&iam_kind_role, rq, &role))
        return AWS_FAILED;
    json_t *names = json_arr(profile->doc, "Roles");
    if (json_array_size(names))
        return aws_fail(rq, &IAM_LimitExceeded,
                        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    json_push_str(names, json_str(role.doc, "RoleName"));
    return iam_entity_put(rq, profile);
}
IAM_OP(AddRoleToInstanceProfile, add_role_to_instance_profile, profile)

static int remove_role_from_instance_profile(struct rq *rq, struct iam_entity *profile) {
    str name = json_str(rq->in, "RoleName");
    json_t *names = json_arr(profile->doc, "Roles");
    if (json_array_remove(names, find_role(profile->doc, name)))
        return aws_fail(rq, &IAM_NoSuchEntity, "%s" STR_FMT " cannot be found.",
                        iam_kind_role.missing, STR_ARG(name));
    return iam_entity_put(rq, profile);
}
IAM_OP(RemoveRoleFromInstanceProfile, remove_role_from_instance_profile, profile)
