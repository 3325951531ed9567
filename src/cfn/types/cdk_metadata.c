/* AWS::CDK::Metadata: which constructs a template was made of. It makes nothing, on AWS either. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {{.name = "Analytics"}, {.name = "Modules"}, {0}};

static int name_it(struct cfn_work *w) {
    cfn_set_physical(w, w->name);
    return CFN_DONE;
}

static int change_nothing(struct cfn_work *) { return CFN_DONE; }

const struct cfn_type cfn_type_cdk_metadata = {
    .name = "AWS::CDK::Metadata",
    .props = props,
    .put = true,
    .create = name_it,
    .update = change_nothing,
};
