/*
 * AWS::Lambda::LayerVersionPermission: a statement of the policy of a layer's version. Its physical
 * id is the version's ARN, "#" and the statement's id.
 */
#include "cfn/type.h"

static json_t *version(const struct cfn_work *, const json_t *arn) {
    return cfn_layer_version(json_text(arn));
}

static const struct cfn_prop props[] = {
    {"Action", .create = "*"},
    {"Principal", .create = "*"},
    {"LayerVersionArn", .create = ".", .shape = version},
    {0},
};

static int drop(struct cfn_work *w) {
    str arn, sid;
    if (!str_cut(cfn_physical(w), '#', &arn, &sid))
        return CFN_DONE; /* it was never made */
    json_t *in = cfn_layer_version(arn);
    json_set_str(in, "StatementId", sid);
    return cfn_call_unless(w, "lambda", "RemoveLayerVersionPermission", in,
                           "ResourceNotFoundException", NULL);
}

const struct cfn_type cfn_type_lambda_layer_version_permission = {
    .name = "AWS::Lambda::LayerVersionPermission",
    .name_max = 100,
    .service = "lambda",
    .lets = "LayerVersionArn",
    .props = props,
    .remove = drop,
    .make = {"AddLayerVersionPermission", "StatementId={generated}"},
    .there = "ResourceConflictException",
    .id = "{LayerVersionArn}#{generated}",
    .attributes = {{"Id", "{id}"}},
};
