/* AWS::CloudFormation::WaitConditionHandle: a URL that nobody needs to call. */
#include "cfn/engine.h"

#include "base/rand.h"

static int create_handle(struct cfn_work *w) {
    char token[33];
    rand_hex(token, 16);
    CLEANUP_DEINIT(buf) struct buf url = {0};
    buf_printf(&url, "%s/_calotype/wait-handle/%s", CFN_RESPONSE_BASE, token);
    cfn_set_physical(w, buf_view(&url));
    return CFN_DONE;
}

const struct cfn_type cfn_type_cloudformation_wait_condition_handle = {
    .name = "AWS::CloudFormation::WaitConditionHandle",
    .create = create_handle,
};
