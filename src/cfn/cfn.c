/*
 * cfn/cfn: CloudFormation as a service: the row of hooks that aws calls, and the object that joins
 * engine and hub.
 */
#include "aws/model.h"
#include "base/arn.h"
#include "cfn/cfn_priv.h"
#include "svc/kit/op_table.h"

/*
 * The stack that the request is about: that of the change set, whatever stack is named beside its
 * id, the one that is named, or the one that has the resource. Its id stays absent where there is
 * none.
 */
static int look_up(struct rq *rq, struct cfn_stack *ret) {
    str name = json_str(rq->in, "StackName"), set = json_str(rq->in, "ChangeSetName");
    str physical = json_str(rq->in, "PhysicalResourceId");
    CLEANUP_DEINIT(cfn_set) struct cfn_set found = {0};
    CLEANUP_DEINIT(cfn_resources) struct cfn_resources resources = {0};
    int r = STORE_E_ABSENT;
    if (cfn_is_set_id(set)) {
        r = cfn_look_up_set(rq, set, &found);
        if (r == 0)
            r = cfn_look_up(rq, found.stack_id, ret);
    } else if (name.p) {
        r = cfn_look_up(rq, name, ret);
    } else if (physical.p) {
        r = cfn_look_up_physical(rq, physical, ret, &resources.list);
    }
    return r == STORE_E_ABSENT ? 0 : r;
}

/* The ARN that IAM is asked about: the stack's, with * for the id while there is none. */
static int resource(void *cfn_, struct rq *rq, struct buf *ret_arn) {
    struct cfn_svc *cfn = cfn_;
    (void)cfn;
    str name = json_str(rq->in, "StackName");
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    int r = look_up(rq, &stack);
    if (r)
        return r;
    if (stack.id.p)
        buf_str(ret_arn, stack.id);
    else if (name.p && str_starts(name, S("arn:")))
        buf_str(ret_arn, name);
    else
        arn_add(ret_arn, "cloudformation", rq->region, rq->account, "stack/" STR_FMT "/*",
                STR_ARG(name.p ? name : S("*")));
    return 0;
}

/* arn:aws:cloudformation:REGION:ACCOUNT:changeSet/NAME/ID → NAME */
static str set_name(str name_or_id) {
    str kind, rest, name = name_or_id, id;
    if (cfn_is_set_id(name_or_id) && str_cut(name_or_id, '/', &kind, &rest))
        str_cut(rest, '/', &name, &id);
    return name;
}

static int context(void *, struct rq *rq, const struct aws_question *question,
                   struct policy_context *c) {
    str set = json_str(rq->in, "ChangeSetName");
    if (set.p)
        policy_context_add(c, S("cloudformation:ChangeSetName"), set_name(set));
    if (strcmp(question->action, "cloudformation:TagResource") == 0)
        policy_context_add(c, S("cloudformation:CreateAction"), str_c(rq->op->name));
    return 0;
}

static int tags(void *, struct rq *rq, str arn, json_t **ret_tags) {
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    if (str_ends(arn, S("/*")))
        return 0;
    int r = cfn_look_up(rq, arn, &stack);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    *ret_tags = json_incref(stack.now.tags);
    return 0;
}

struct aws_service cfn_service(struct cfn_svc *cfn) {
    return (struct aws_service){.name = "cloudformation",
                                .api = &api_cloudformation,
                                KIT_TABLES,
                                .svc = cfn,
                                .common = CFN_common,
                                .resource = resource,
                                .context = context,
                                .tags = tags};
}

int cfn_open(struct cfn_svc **ret_cfn, struct aws_cloud *cloud, struct err *err) {
    (void)err;
    struct cfn_svc *cfn = mem_new(struct cfn_svc);
    struct cfn_backend backend = cfn_cloud_backend(cloud);
    cfn->cloud = cloud;
    cfn->store = aws_cloud_store(cloud);
    cfn->engine = cfn_engine_new(cfn->store, aws_cloud_hub(cloud), &backend);
    *ret_cfn = cfn;
    return 0;
}

void cfn_stop(struct cfn_svc *cfn) { cfn_engine_stop(cfn->engine); }

struct cfn_svc *cfn_close(struct cfn_svc *cfn) {
    if (cfn) {
        cfn_engine_free(cfn->engine);
        free(cfn);
    }
    return NULL;
}

int cfn_answer(struct cfn_svc *cfn, const struct cfn_answer *answer) {
    return cfn_take_answer(cfn->engine, answer);
}
