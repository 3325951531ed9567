/* AWS::IAM::Role, AWS::IAM::Policy, AWS::IAM::ManagedPolicy. */
#include "cfn/type.h"

static const char gone[] = "NoSuchEntity|NoSuchEntityException";
static const char there[] = "EntityAlreadyExists|EntityAlreadyExistsException";

static json_t *pair(const char *a, str value_a, const char *b, str value_b) {
    json_t *in = json_object();
    json_set_str(in, a, value_a);
    if (b)
        json_set_str(in, b, value_b);
    return in;
}

static bool has_text(const json_t *list, str text) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
        if (str_eq(json_text(one), text))
            return true;
    return false;
}

/* ---- Role ---- */

static const json_t *policy_named(const json_t *policies, str name) {
    size_t i;
    json_t *one;
    json_array_foreach(policies, i, one)
        if (str_eq(json_str(one, "PolicyName"), name))
            return one;
    return NULL;
}

/* Inline policies: new and changed ones are put, those no longer there deleted. */
static int set_inline(struct cfn_work *w, const json_t *now, const json_t *before) {
    size_t i;
    json_t *one;
    json_array_foreach(now, i, one) {
        const json_t *old = policy_named(before, json_str(one, "PolicyName"));
        if (old && json_equal(old, one))
            continue;
        json_t *in = pair("RoleName", cfn_physical(w), "PolicyName", json_str(one, "PolicyName"));
        json_set(in, "PolicyDocument", cfn_document(json_object_get(one, "PolicyDocument")));
        if (cfn_call(w, "iam", "PutRolePolicy", in, NULL))
            return CFN_FAILED;
    }
    json_array_foreach(before, i, one) {
        json_t *in = pair("RoleName", cfn_physical(w), "PolicyName", json_str(one, "PolicyName"));
        if (policy_named(now, json_str(one, "PolicyName")))
            json_decref(in);
        else if (cfn_call_unless(w, "iam", "DeleteRolePolicy", in, gone, NULL))
            return CFN_FAILED;
    }
    return CFN_DONE;
}

static int set_attached(struct cfn_work *w, const json_t *now, const json_t *before) {
    size_t i;
    json_t *arn;
    json_array_foreach(now, i, arn)
        if (!has_text(before, json_text(arn)) &&
            cfn_call(w, "iam", "AttachRolePolicy", pair("RoleName", cfn_physical(w), "PolicyArn", json_text(arn)), NULL))
            return CFN_FAILED;
    json_array_foreach(before, i, arn)
        if (!has_text(now, json_text(arn)) &&
            cfn_call_unless(w, "iam", "DetachRolePolicy", pair("RoleName", cfn_physical(w), "PolicyArn", json_text(arn)), gone, NULL))
            return CFN_FAILED;
    return CFN_DONE;
}

static int set_policies(struct cfn_work *w, const json_t *now, const json_t *before) {
    return set_inline(w, json_object_get(now, "Policies"), json_object_get(before, "Policies")) ||
                   set_attached(w, json_object_get(now, "ManagedPolicyArns"), json_object_get(before, "ManagedPolicyArns"))
               ? CFN_FAILED
               : CFN_DONE;
}

static int create_role(struct cfn_work *w) {
    static const char *const same[] = {"Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags", NULL};
    CLEANUP_JSON json_t *out = NULL;
    str name = cfn_name(w, "RoleName");
    json_t *in = pair("RoleName", name, NULL, STR_NONE);
    json_set(in, "AssumeRolePolicyDocument", cfn_document(json_object_get(w->props, "AssumeRolePolicyDocument")));
    cfn_copy(in, w->props, same);
    if (cfn_call_unless(w, "iam", "CreateRole", in, w->again ? there : NULL, &out))
        return CFN_FAILED;
    cfn_set_physical(w, name);
    if (w->code[0]) {
        json_decref(out);
        out = NULL;
        if (cfn_call(w, "iam", "GetRole", pair("RoleName", name, NULL, STR_NONE), &out))
            return CFN_FAILED;
    }
    const json_t *role = json_obj(out, "Role");
    cfn_set_attribute(w, "Arn", STR_FMT, STR_ARG(json_str(role, "Arn")));
    cfn_set_attribute(w, "RoleId", STR_FMT, STR_ARG(json_str(role, "RoleId")));
    return set_policies(w, w->props, NULL);
}

static int update_role_fields(struct cfn_work *w) {
    if (cfn_changed(w, "AssumeRolePolicyDocument")) {
        json_t *in = pair("RoleName", cfn_physical(w), NULL, STR_NONE);
        json_set(in, "PolicyDocument", cfn_document(json_object_get(w->props, "AssumeRolePolicyDocument")));
        if (cfn_call(w, "iam", "UpdateAssumeRolePolicy", in, NULL))
            return CFN_FAILED;
    }
    if (cfn_changed(w, "Description") || cfn_changed(w, "MaxSessionDuration")) {
        json_t *in = pair("RoleName", cfn_physical(w), "Description", json_str(w->props, "Description").p ? json_str(w->props, "Description") : S(""));
        json_set_int(in, "MaxSessionDuration", json_int(w->props, "MaxSessionDuration", 3600));
        if (cfn_call(w, "iam", "UpdateRole", in, NULL))
            return CFN_FAILED;
    }
    if (!cfn_changed(w, "PermissionsBoundary"))
        return CFN_DONE;
    json_t *in = pair("RoleName", cfn_physical(w), "PermissionsBoundary", json_str(w->props, "PermissionsBoundary"));
    return cfn_call(w, "iam", json_has(w->props, "PermissionsBoundary") ? "PutRolePermissionsBoundary" : "DeleteRolePermissionsBoundary", in, NULL);
}

static int update_role_tags(struct cfn_work *w) {
    if (!cfn_changed(w, "Tags"))
        return CFN_DONE;
    CLEANUP_JSON json_t *dropped = cfn_tags_gone(w);
    json_t *tags = json_object_get(w->props, "Tags");
    if (json_array_size(dropped)) {
        json_t *in = pair("RoleName", cfn_physical(w), NULL, STR_NONE);
        json_object_set(in, "TagKeys", dropped);
        if (cfn_call(w, "iam", "UntagRole", in, NULL))
            return CFN_FAILED;
    }
    if (!tags)
        return CFN_DONE;
    json_t *in = pair("RoleName", cfn_physical(w), NULL, STR_NONE);
    json_object_set(in, "Tags", tags);
    return cfn_call(w, "iam", "TagRole", in, NULL);
}

static int update_role(struct cfn_work *w) {
    return update_role_fields(w) || set_policies(w, w->props, w->old) ? CFN_FAILED : update_role_tags(w);
}

static int remove_role(struct cfn_work *w) {
    CLEANUP_JSON json_t *none = json_object();
    if (set_policies(w, none, w->props))
        return CFN_FAILED;
    return cfn_call_unless(w, "iam", "DeleteRole", pair("RoleName", cfn_physical(w), NULL, STR_NONE), gone, NULL);
}

/* ---- Who a policy is put on ---- */

static const struct { const char *property, *member, *put, *del, *attach, *detach; } holders[] = {
    {"Roles", "RoleName", "PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy"},
    {"Users", "UserName", "PutUserPolicy", "DeleteUserPolicy", "AttachUserPolicy", "DetachUserPolicy"},
    {"Groups", "GroupName", "PutGroupPolicy", "DeleteGroupPolicy", "AttachGroupPolicy", "DetachGroupPolicy"},
};

/* ---- Policy: inline, on several holders ---- */

static int put_on_all(struct cfn_work *w) {
    for (size_t h = 0; h < ARRAY_LEN(holders); h++) {
        size_t i;
        json_t *name;
        json_array_foreach(json_object_get(w->props, holders[h].property), i, name) {
            json_t *in = pair(holders[h].member, json_text(name), "PolicyName", json_str(w->props, "PolicyName"));
            json_set(in, "PolicyDocument", cfn_document(json_object_get(w->props, "PolicyDocument")));
            if (cfn_call(w, "iam", holders[h].put, in, NULL))
                return CFN_FAILED;
        }
    }
    return CFN_DONE;
}

/* From the holders in `from` that are not in `keep`. */
static int delete_from(struct cfn_work *w, const json_t *from, const json_t *keep) {
    bool renamed = keep && !str_eq(json_str(from, "PolicyName"), json_str(keep, "PolicyName"));
    for (size_t h = 0; h < ARRAY_LEN(holders); h++) {
        size_t i;
        json_t *name;
        json_array_foreach(json_object_get(from, holders[h].property), i, name) {
            if (!renamed && has_text(json_object_get(keep, holders[h].property), json_text(name)))
                continue;
            json_t *in = pair(holders[h].member, json_text(name), "PolicyName", json_str(from, "PolicyName"));
            if (cfn_call_unless(w, "iam", holders[h].del, in, gone, NULL))
                return CFN_FAILED;
        }
    }
    return CFN_DONE;
}

static int create_policy(struct cfn_work *w) {
    cfn_set_physical(w, w->name);
    cfn_set_attribute(w, "Id", STR_FMT, STR_ARG(w->name));
    return put_on_all(w);
}
static int update_policy(struct cfn_work *w) {
    return put_on_all(w) ? CFN_FAILED : delete_from(w, w->old, w->props);
}
static int remove_policy(struct cfn_work *w) { return delete_from(w, w->props, NULL); }

/* ---- Managed policy ---- */

static int attach_all(struct cfn_work *w, const json_t *now, const json_t *before, bool attach) {
    for (size_t h = 0; h < ARRAY_LEN(holders); h++) {
        size_t i;
        json_t *name;
        json_array_foreach(json_object_get(now, holders[h].property), i, name) {
            if (has_text(json_object_get(before, holders[h].property), json_text(name)))
                continue;
            json_t *in = pair(holders[h].member, json_text(name), "PolicyArn", cfn_physical(w));
            if (cfn_call_unless(w, "iam", attach ? holders[h].attach : holders[h].detach, in, attach ? NULL : gone, NULL))
                return CFN_FAILED;
        }
    }
    return CFN_DONE;
}

static int create_managed(struct cfn_work *w) {
    static const char *const same[] = {"Path", "Description", NULL};
    CLEANUP_JSON json_t *out = NULL;
    str name = cfn_name(w, "ManagedPolicyName");
    json_t *in = pair("PolicyName", name, NULL, STR_NONE);
    json_set(in, "PolicyDocument", cfn_document(json_object_get(w->props, "PolicyDocument")));
    cfn_copy(in, w->props, same);
    if (cfn_call_unless(w, "iam", "CreatePolicy", in, w->again ? there : NULL, &out))
        return CFN_FAILED;
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    str path = json_str(w->props, "Path");
    buf_printf(&arn, "arn:aws:iam::" STR_FMT ":policy" STR_FMT STR_FMT, STR_ARG(w->account), STR_ARG(path.len ? path : S("/")), STR_ARG(name));
    cfn_set_physical(w, buf_view(&arn));
    cfn_set_attribute(w, "PolicyArn", "%s", buf_cstr(&arn));
    return attach_all(w, w->props, NULL, true);
}

/* A policy holds five versions; the ones that are not the default go. */
static int drop_old_versions(struct cfn_work *w) {
    CLEANUP_JSON json_t *out = NULL;
    if (cfn_call_unless(w, "iam", "ListPolicyVersions", pair("PolicyArn", cfn_physical(w), NULL, STR_NONE), gone, &out))
        return CFN_FAILED;
    size_t i;
    json_t *version;
    json_array_foreach(json_arr(out, "Versions"), i, version)
        if (!json_bool(version, "IsDefaultVersion", false) &&
            cfn_call_unless(w, "iam", "DeletePolicyVersion", pair("PolicyArn", cfn_physical(w), "VersionId", json_str(version, "VersionId")), gone, NULL))
            return CFN_FAILED;
    return CFN_DONE;
}

static int update_managed(struct cfn_work *w) {
    if (cfn_changed(w, "PolicyDocument")) {
        json_t *in = pair("PolicyArn", cfn_physical(w), NULL, STR_NONE);
        json_set(in, "PolicyDocument", cfn_document(json_object_get(w->props, "PolicyDocument")));
        json_set_bool(in, "SetAsDefault", true);
        if (drop_old_versions(w) || cfn_call(w, "iam", "CreatePolicyVersion", in, NULL))
            return CFN_FAILED;
    }
    return attach_all(w, w->props, w->old, true) || attach_all(w, w->old, w->props, false) ? CFN_FAILED : CFN_DONE;
}

static int remove_managed(struct cfn_work *w) {
    if (attach_all(w, w->props, NULL, false) || drop_old_versions(w))
        return CFN_FAILED;
    return cfn_call_unless(w, "iam", "DeletePolicy", pair("PolicyArn", cfn_physical(w), NULL, STR_NONE), gone, NULL);
}

static const char *const role_props[] = {
    "AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "PermissionsBoundary", "Policies", "ManagedPolicyArns",
    "Tags", "Path", "RoleName", NULL};
static const char *const policy_props[] = {"PolicyDocument", "PolicyName", "Roles", "Users", "Groups", NULL};
static const char *const managed_props[] = {
    "PolicyDocument", "Roles", "Users", "Groups", "ManagedPolicyName", "Description", "Path", NULL};

const struct cfn_type cfn_types_iam[] = {
    {.name = "AWS::IAM::Role", .name_prop = "RoleName", .name_max = 64, .supported = role_props, .in_place = role_props,
     .create = create_role, .update = update_role, .remove = remove_role},
    {.name = "AWS::IAM::Policy", .supported = policy_props, .in_place = policy_props, .create = create_policy,
     .update = update_policy, .remove = remove_policy},
    {.name = "AWS::IAM::ManagedPolicy", .name_prop = "ManagedPolicyName", .name_max = 128, .supported = managed_props,
     .in_place = managed_props, .create = create_managed, .update = update_managed, .remove = remove_managed},
    {0},
};
