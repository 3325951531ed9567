/* AWS::IAM::ManagedPolicy. Another document is another version, of which there can be five. */
#include "cfn/type.h"

static json_t *version(const struct cfn_work *w, const json_t *document) {
    json_t *text = cfn_text(w, document);
    return w->old ? json_pack("{so,sb}", "PolicyDocument", text, "SetAsDefault", 1) : text;
}

/* The versions that are not the default. */
static int drop_old_versions(struct cfn_work *w) {
    CLEANUP_JSON json_t *out = NULL;
    if (cfn_call_unless(w, "iam", "ListPolicyVersions", cfn_on(w), "NoSuchEntity", &out))
        return CFN_FAILED;
    size_t i;
    json_t *one;
    json_array_foreach (json_arr(out, "Versions"), i, one) {
        if (json_bool(one, "IsDefaultVersion", false))
            continue;
        json_t *in = cfn_on(w);
        cfn_move(in, "VersionId", one, "VersionId");
        if (cfn_call_unless(w, "iam", "DeletePolicyVersion", in, "NoSuchEntity", NULL))
            return CFN_FAILED;
    }
    return CFN_DONE;
}

static int update(struct cfn_work *w) {
    return cfn_changed(w, "PolicyDocument") && drop_old_versions(w) ? CFN_FAILED : cfn_update(w);
}

static int remove_policy(struct cfn_work *w) {
    return drop_old_versions(w) ? CFN_FAILED : cfn_remove(w);
}

static const struct cfn_prop props[] = {
    {"PolicyDocument", .create = "*", .shape = version, .set = "CreatePolicyVersion", .as = "."},
    {"Description", .create = "*"},
    {"Path", .create = "*"},
    {"Roles", .each = true, .set = "AttachRolePolicy", .as = "RoleName",
     .clear = "DetachRolePolicy"},
    {"Users", .each = true, .set = "AttachUserPolicy", .as = "UserName",
     .clear = "DetachUserPolicy"},
    {"Groups", .each = true, .set = "AttachGroupPolicy", .as = "GroupName",
     .clear = "DetachGroupPolicy"},
    {0},
};

const struct cfn_type cfn_type_iam_managed_policy = {
    .name = "AWS::IAM::ManagedPolicy",
    .name_max = 128,
    .update = update,
    .remove = remove_policy,
    .service = "iam",
    .lets = "Roles|Users|Groups",
    .props = props,
    .on = "PolicyArn={id}",
    .make = {"CreatePolicy", "PolicyName={name}"},
    .ask = {"GetPolicy", "PolicyArn=arn:aws:iam::{account}:policy{Path}{name}"},
    .there = "EntityAlreadyExists",
    .drop = "DeletePolicy",
    .gone = "NoSuchEntity",
    .id = "arn:aws:iam::{account}:policy{Path}{name}",
    .attributes = {{"PolicyArn", "{id}"}},
};
