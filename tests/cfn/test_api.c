/*
 * The API, called from inside, over stacks of resources that need no other service. What the other
 * services make of the engine's calls is for the wire tests.
 */
#include "lib/cloud.h"

#include "cfn/cfn.h"
#include "aws/aws_priv.h"
#include "cfn/cfn_priv.h"
#include "cfn/rows.h"
#include "cfn/source.h"

#include <unistd.h>

struct world {
    struct cloud f;
    struct aws_service service;
    struct cfn_svc *cfn;
    void (*meanwhile)(struct world *w); /* between a request's first read and its commit, once */
    int (*resource)(void *cfn, struct rq *rq, struct buf *ret_arn);
};
static struct world *now;

/* The service's own question for the ARN reads the stack, and so makes the request's snapshot. */
static int resource_then_others(void *cfn, struct rq *rq, struct buf *ret_arn) {
    int r = now->resource(cfn, rq, ret_arn);
    void (*others)(struct world *) = now->meanwhile;
    now->meanwhile = NULL;
    if (others)
        others(now);
    return r;
}

static int open_world(void **state) {
    struct world *w = mem_new(struct world);
    struct err err = {{0}};
    cloud_open(&w->f, NULL);
    CHECK_CASE(cfn_open(&w->cfn, w->f.cloud, &err) == 0, err.text);
    w->service = cfn_service(w->cfn);
    w->resource = w->service.resource;
    w->service.resource = resource_then_others;
    now = w;
    cloud_add(&w->f, &w->service);
    CHECK_CASE(hub_start(w->f.hub, &err) == 0, err.text);
    *state = w;
    return 0;
}

static int close_world(void **state) {
    struct world *w = *state;
    cfn_stop(w->cfn);
    hub_stop(w->f.hub);
    cfn_close(w->cfn);
    cloud_close(&w->f);
    free(w);
    return 0;
}

/* Answers the document, or {"Error": "Code: message"}; in: of cloud_doc. */
static json_t *call_as(struct world *w, struct aws_identity *as, const char *op, const char *in) {
    CLEANUP_DEINIT(answer)
    struct answer a = cloud_answer(&w->f, as, "cloudformation", op, cloud_doc(in), STR_NONE);
    if (a.code.len)
        return json_pack("{so}", "Error",
                         json_sprintf("%s: %s", buf_cstr(&a.code), buf_cstr(&a.message)));
    return a.out ? json_incref(a.out) : json_object();
}
static json_t *call(struct world *w, const char *op, const char *in) {
    return call_as(w, w->f.root, op, in);
}

static void refuses(struct world *w, const char *op, const char *in, const char *want) {
    CLEANUP_JSON json_t *out = call(w, op, in);
    CHECK_STR(json_str(out, "Error"), str_c(want));
}
static void succeeds(struct world *w, const char *op, const char *in) {
    CLEANUP_JSON json_t *out = call(w, op, in);
    CHECK_CASE(!json_has(out, "Error"), json_str(out, "Error").p);
}

static json_t *stack_of(struct world *w, const char *name) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'StackName':'%s'}", name);
    CLEANUP_JSON json_t *out = call(w, "DescribeStacks", buf_cstr(&in));
    return json_incref(json_array_get(json_arr(out, "Stacks"), 0));
}

static void damage(struct world *w, const char *kind, str first, str second) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, kind, (struct cfn_place){S("000000000000"), S("us-east-1")}, first, second);
    store_put_blind(batch, STORE_META, buf_view(&key), S("{\"StackId\":"));
    CHECK_INT(store_commit(aws_cloud_store(w->f.cloud), batch, NULL), 0);
}

/* The engine works in its own threads: at most a few seconds. */
static void settles(struct world *w, const char *name, const char *want) {
    for (int i = 0; i < 500; i++) {
        CLEANUP_JSON json_t *stack = stack_of(w, name);
        str status = json_str(stack, "StackStatus");
        if (!str_ends(status, S("_IN_PROGRESS"))) {
            CHECK_STR(status, str_c(want));
            return;
        }
        usleep(10000);
    }
    fail();
}

#define HANDLE "AWS::CloudFormation::WaitConditionHandle"
#define ONE                                                                                                                                                                                     \
    "{\\\"Resources\\\":{\\\"H\\\":{\\\"Type\\\":\\\"" HANDLE                                                                                                                                   \
    "\\\"}},\\\"Parameters\\\":{\\\"P\\\":{\\\"Type\\\":\\\"String\\\",\\\"Default\\\":\\\"d\\\"},\\\"Secret\\\":{\\\"Type\\\":\\\"String\\\",\\\"NoEcho\\\":true,\\\"Default\\\":\\\"s\\\"}}," \
    "\\\"Outputs\\\":{\\\"O\\\":{\\\"Value\\\":{\\\"Ref\\\":\\\"P\\\"},\\\"Export\\\":{\\\"Name\\\":{\\\"Fn::Sub\\\":\\\"${AWS::StackName}-O\\\"}}}}}"
#define TWO                                                                                        \
    "{\\\"Resources\\\":{\\\"H\\\":{\\\"Type\\\":\\\"" HANDLE                                      \
    "\\\"},\\\"I\\\":{\\\"Type\\\":\\\"" HANDLE "\\\"}}}"

static void a_stack_s_life(void **state) {
    struct world *w = *state;
    succeeds(
        w, "CreateStack",
        "{'StackName':'s','TemplateBody':'" ONE
        "','Parameters':[{'ParameterKey':'P','ParameterValue':'v'}],'Tags':[{'Key':'k','Value':'t'}]}");
    settles(w, "s", "CREATE_COMPLETE");
    CLEANUP_JSON json_t *stack = stack_of(w, "s");
    CHECK_STR(json_str(json_array_get(json_arr(stack, "Outputs"), 0), "OutputValue"), S("v"));
    CHECK_STR(json_str(json_array_get(json_arr(stack, "Outputs"), 0), "ExportName"), S("s-O"));
    CHECK_STR(json_str(json_array_get(json_arr(stack, "Parameters"), 1), "ParameterValue"),
              S("****"));
    refuses(w, "CreateStack", "{'StackName':'s','TemplateBody':'" ONE "'}",
            "AlreadyExistsException: Stack [s] already exists");

    CLEANUP_JSON json_t *resources = call(w, "DescribeStackResources", "{'StackName':'s'}");
    CHECK_STR(json_str(json_array_get(json_arr(resources, "StackResources"), 0), "ResourceStatus"),
              S("CREATE_COMPLETE"));
    CLEANUP_JSON json_t *events = call(w, "DescribeStackEvents", "{'StackName':'s'}");
    CHECK_INT(json_array_size(json_arr(events, "StackEvents")), 5);
    CHECK_STR(json_str(json_array_get(json_arr(events, "StackEvents"), 0), "ResourceStatus"),
              S("CREATE_COMPLETE"));
    CLEANUP_JSON json_t *text = call(w, "GetTemplate", "{'StackName':'s'}");
    CHECK(str_starts(json_str(text, "TemplateBody"), S("{\"Resources\"")));
    CLEANUP_JSON json_t *exports = call(w, "ListExports", "{}");
    CHECK_STR(json_str(json_array_get(json_arr(exports, "Exports"), 0), "Value"), S("v"));

    refuses(
        w, "UpdateStack",
        "{'StackName':'s','UsePreviousTemplate':true,'Parameters':[{'ParameterKey':'P','UsePreviousValue':true}]}",
        "ValidationError: No updates are to be performed.");
    succeeds(
        w, "UpdateStack",
        "{'StackName':'s','UsePreviousTemplate':true,'Parameters':[{'ParameterKey':'P','ParameterValue':'v2'}]}");
    settles(w, "s", "UPDATE_COMPLETE");
    CLEANUP_JSON json_t *after = stack_of(w, "s");
    CHECK_STR(json_str(json_array_get(json_arr(after, "Outputs"), 0), "OutputValue"), S("v2"));

    succeeds(w, "UpdateTerminationProtection",
             "{'StackName':'s','EnableTerminationProtection':true}");
    refuses(w, "DeleteStack", "{'StackName':'s'}",
            "ValidationError: Stack [s] cannot be deleted while TerminationProtection is enabled");
    succeeds(w, "UpdateTerminationProtection",
             "{'StackName':'s','EnableTerminationProtection':false}");
    succeeds(w, "DeleteStack", "{'StackName':'s'}");
    CLEANUP_DEINIT(buf) struct buf id = {0};
    buf_str(&id, json_str(stack, "StackId"));
    settles(w, buf_cstr(&id), "DELETE_COMPLETE");
    refuses(w, "DescribeStacks", "{'StackName':'s'}",
            "ValidationError: Stack with id s does not exist");
    succeeds(w, "DeleteStack", "{'StackName':'s'}");
    succeeds(w, "CreateStack", "{'StackName':'s','TemplateBody':'" TWO "'}");
    settles(w, "s", "CREATE_COMPLETE");
}

static void change_sets(void **state) {
    struct world *w = *state;
    refuses(w, "CreateChangeSet", "{'StackName':'s','ChangeSetName':'c','TemplateBody':'" TWO "'}",
            "ValidationError: Stack [s] does not exist");
    succeeds(w, "CreateChangeSet",
             "{'StackName':'s','ChangeSetName':'c','ChangeSetType':'CREATE','TemplateBody':'" TWO
             "'}");
    CLEANUP_JSON json_t *review = stack_of(w, "s");
    CHECK_STR(json_str(review, "StackStatus"), S("REVIEW_IN_PROGRESS"));
    CLEANUP_JSON json_t *set =
        call(w, "DescribeChangeSet", "{'StackName':'s','ChangeSetName':'c'}");
    CHECK_STR(json_str(set, "Status"), S("CREATE_COMPLETE"));
    CHECK_INT(json_array_size(json_arr(set, "Changes")), 2);
    CHECK_STR(
        json_str(json_obj(json_array_get(json_arr(set, "Changes"), 0), "ResourceChange"), "Action"),
        S("Add"));
    refuses(w, "CreateChangeSet",
            "{'StackName':'s','ChangeSetName':'c','ChangeSetType':'CREATE','TemplateBody':'" TWO
            "','ClientToken':'x'}",
            ({
                static char want[300];
                snprintf(want, sizeof want, "AlreadyExistsException: ChangeSet %s already exists",
                         json_str(set, "ChangeSetId").p);
                want;
            }));
    succeeds(w, "ExecuteChangeSet", "{'StackName':'s','ChangeSetName':'c'}");
    settles(w, "s", "CREATE_COMPLETE");
    refuses(w, "DescribeChangeSet", "{'StackName':'s','ChangeSetName':'c'}",
            "ChangeSetNotFound: ChangeSet [c] does not exist");

    succeeds(w, "CreateChangeSet",
             "{'StackName':'s','ChangeSetName':'same','TemplateBody':'" TWO "'}");
    CLEANUP_JSON json_t *same =
        call(w, "DescribeChangeSet", "{'StackName':'s','ChangeSetName':'same'}");
    CHECK_STR(json_str(same, "Status"), S("FAILED"));
    CHECK_STR(
        json_str(same, "StatusReason"),
        S("The submitted information didn't contain changes. Submit different information to create a change set."));
    succeeds(w, "DeleteChangeSet", "{'StackName':'s','ChangeSetName':'same'}");

    succeeds(w, "CreateChangeSet",
             "{'StackName':'s','ChangeSetName':'less','TemplateBody':'" ONE "'}");
    succeeds(w, "ExecuteChangeSet", "{'StackName':'s','ChangeSetName':'less'}");
    settles(w, "s", "UPDATE_COMPLETE");
    CLEANUP_JSON json_t *resources = call(w, "ListStackResources", "{'StackName':'s'}");
    CHECK_INT(json_array_size(json_arr(resources, "StackResourceSummaries")), 1);
}

static void refusals(void **state) {
    struct world *w = *state;
    static const struct {
        const char *op, *in, *want;
    } cases[] = {
        {"CreateStack", "{'StackName':'s'}",
         "ValidationError: Either Template URL or Template Body must be specified."},
        {"CreateStack", "{'StackName':'s','TemplateBody':'a: ['}",
         "ValidationError: Template format error: YAML not well-formed: did not find expected node content (line 2, column 1)"},
        {"CreateStack",
         "{'StackName':'s','TemplateBody':'Resources: {A: {Type: AWS::EC2::VPC}, B: {Type: Other::Thing}}'}",
         "ValidationError: Template error: resource A: the type AWS::EC2::VPC is not supported by calotype (line 1, column 23)\n"
         "Template format error: Unrecognized resource types: [Other::Thing] (line 1, column 49)"},
        {"CreateStack",
         "{'StackName':'s','TemplateBody':'Resources: {A: {Type: AWS::S3::Bucket, Properties: {WebsiteConfiguration: {IndexDocument: x}}}}'}",
         "ValidationError: Resource A: the property WebsiteConfiguration of AWS::S3::Bucket is not supported by calotype (line 1, column 53)"},
        {"CreateStack",
         "{'StackName':'s','TemplateBody':'Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketNam: x}}}'}",
         "ValidationError: Resource A: Properties validation failed: [#: extraneous key [BucketNam] is not permitted] (line 1, column 53)"},
        {"CreateStack",
         "{'StackName':'s','TemplateBody':'Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt B.Nope}}, B: {Type: AWS::SQS::Queue}}'}",
         "ValidationError: Template error: resource B does not support attribute type Nope in Fn::GetAtt (line 1, column 64)"},
        {"CreateStack",
         "{'StackName':'s','TemplateBody':'Resources: {A: {Type: AWS::SQS::Queue}}\\nOutputs: {O: {Value: [a]}}'}",
         "ValidationError: Template format error: Output O is malformed. The Value field of every Outputs member must evaluate to a String. (line 2, column 22)"},
        {"CreateStack",
         "{'StackName':'s','TemplateBody':'Resources: {A: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}}'}",
         "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]"},
        {"CreateStack",
         "{'StackName':'s','Capabilities':['CAPABILITY_IAM'],'TemplateBody':'Resources: {A: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {}}}}'}",
         "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]"},
        {"CreateStack",
         "{'StackName':'s','Capabilities':['CAPABILITY_IAM'],'TemplateBody':'Resources: {A: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: i, Roles: [r]}}}'}",
         "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]"},
        {"CreateStack",
         "{'StackName':'s','NotificationARNs':['arn:aws:sns:us-east-1:000000000000:t'],'TemplateBody':'" TWO
         "'}",
         "ValidationError: NotificationARNs is not supported"},
        {"CreateStack",
         "{'StackName':'s','Parameters':[{'ParameterKey':'X','ParameterValue':'1'}],'TemplateBody':'" TWO
         "'}",
         "ValidationError: Parameters: [X] do not exist in the template"},
        {"UpdateStack", "{'StackName':'s','TemplateBody':'" TWO "'}",
         "ValidationError: Stack [s] does not exist"},
        {"DescribeStacks", "{'StackName':'s'}", "ValidationError: Stack with id s does not exist"},
        {"ValidateTemplate",
         "{'TemplateBody':'Resources: {A: {Type: " HANDLE ", DependsOn: B}, B: {Type: " HANDLE
         ", DependsOn: A}}'}",
         "ValidationError: Circular dependency between resources: [A -> B -> A] (line 1, column 13)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        refuses(w, cases[i].op, cases[i].in, cases[i].want);
}

static void a_failure_leaves_nothing(void **state) {
    struct world *w = *state;
    /* S3 is not part of this cloud: the engine is told so, by name, and rolls back. */
    succeeds(w, "CreateStack",
             "{'StackName':'s','TemplateBody':'Resources: {H: {Type: " HANDLE
             "}, B: {Type: AWS::S3::Bucket, DependsOn: H}}'}");
    settles(w, "s", "ROLLBACK_COMPLETE");
    CLEANUP_JSON json_t *stack = stack_of(w, "s");
    CHECK_STR(json_str(stack, "StackStatusReason"), STR_NONE);
    CLEANUP_JSON json_t *row =
        call(w, "DescribeStackResource", "{'StackName':'s','LogicalResourceId':'B'}");
    CHECK_STR(json_str(json_obj(row, "StackResourceDetail"), "ResourceStatus"),
              S("DELETE_COMPLETE"));
    refuses(
        w, "UpdateStack", "{'StackName':'s','TemplateBody':'" TWO "'}", ({
            static char want[300];
            snprintf(
                want, sizeof want,
                "ValidationError: Stack:%s is in ROLLBACK_COMPLETE state and can not be updated.",
                json_str(stack, "StackId").p);
            want;
        }));
}

static void what_failed_updates_leave_has_an_end(void **state) {
    struct world *w = *state;
    struct cfn_stack stack = {.name = S("s"), .status = CFN_UPDATE_FAILED};
    struct rq *rq = aws_rq_new(w->f.cloud);
    stack.garbage.n = 500 - 1;
    CHECK_INT(cfn_check_retry(rq, &stack, true, "update-stack"), 0);
    stack.garbage.n++;
    CHECK_INT(cfn_check_retry(rq, &stack, true, "update-stack"), AWS_FAILED);
    CHECK_STR(str_c(rq->priv->error->code), S("LimitExceededException"));
    aws_rq_free(rq);
}

static void imports_hold_exports(void **state) {
    struct world *w = *state;
    succeeds(w, "CreateStack", "{'StackName':'a','TemplateBody':'" ONE "'}");
    settles(w, "a", "CREATE_COMPLETE");
    succeeds(w, "CreateStack",
             "{'StackName':'b','TemplateBody':'Resources: {H: {Type: " HANDLE
             "}}\\nOutputs: {O: {Value: !ImportValue a-O}}'}");
    settles(w, "b", "CREATE_COMPLETE");
    refuses(w, "DeleteStack", "{'StackName':'a'}",
            "ValidationError: Export a-O cannot be deleted as it is in use by b");
    CLEANUP_JSON json_t *imports = call(w, "ListImports", "{'ExportName':'a-O'}");
    CHECK_STR(json_text(json_array_get(json_arr(imports, "Imports"), 0)), S("b"));
    succeeds(w, "DeleteStack", "{'StackName':'b'}");
    CLEANUP_JSON json_t *b = stack_of(w, "b");
    CLEANUP_DEINIT(buf) struct buf id = {0};
    buf_str(&id, json_str(b, "StackId"));
    if (id.len)
        settles(w, buf_cstr(&id), "DELETE_COMPLETE");
    refuses(w, "ListImports", "{'ExportName':'a-O'}",
            "ValidationError: Export 'a-O' is not imported by any stack.");
    succeeds(w, "DeleteStack", "{'StackName':'a'}");
}

/* ---- Two at once: what one has read, the other changes before it writes ---- */

static void protect(struct world *w) {
    succeeds(w, "UpdateTerminationProtection",
             "{'StackName':'s','EnableTerminationProtection':true}");
}

static void create_two(struct world *w, const char *name) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'StackName':'%s','TemplateBody':'" TWO "'}", name);
    succeeds(w, "CreateStack", buf_cstr(&in));
    settles(w, name, "CREATE_COMPLETE");
}

static void a_protection_is_not_overlooked(void **state) {
    struct world *w = *state;
    create_two(w, "s");
    w->meanwhile = protect;
    refuses(w, "DeleteStack", "{'StackName':'s'}",
            "ValidationError: Stack [s] cannot be deleted while TerminationProtection is enabled");
}

static void an_update_loses_no_protection(void **state) {
    struct world *w = *state;
    create_two(w, "s");
    w->meanwhile = protect;
    succeeds(w, "UpdateStack", "{'StackName':'s','TemplateBody':'" ONE "'}");
    settles(w, "s", "UPDATE_COMPLETE");
    CLEANUP_JSON json_t *stack = stack_of(w, "s");
    CHECK(json_bool(stack, "EnableTerminationProtection", false));
}

static void update_to_two(struct world *w) {
    succeeds(w, "UpdateStack", "{'StackName':'s','TemplateBody':'" TWO "'}");
    settles(w, "s", "UPDATE_COMPLETE");
}

static void an_update_begins_where_the_last_ended(void **state) {
    struct world *w = *state;
    succeeds(w, "CreateStack", "{'StackName':'s','TemplateBody':'" ONE "'}");
    settles(w, "s", "CREATE_COMPLETE");
    w->meanwhile = update_to_two;
    succeeds(w, "UpdateStack",
             "{'StackName':'s','UsePreviousTemplate':true,'Tags':[{'Key':'k','Value':'v'}]}");
    settles(w, "s", "UPDATE_COMPLETE");
    CLEANUP_JSON json_t *resources = call(w, "ListStackResources", "{'StackName':'s'}");
    CHECK_INT(json_array_size(json_arr(resources, "StackResourceSummaries")), 2);
}

static void make_set(struct world *w, const char *type) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(
        &in, "{'StackName':'s','ChangeSetName':'c','ChangeSetType':'%s','TemplateBody':'" ONE "'}",
        type);
    succeeds(w, "CreateChangeSet", buf_cstr(&in));
}
static void execute_set(struct world *w) {
    succeeds(w, "ExecuteChangeSet", "{'StackName':'s','ChangeSetName':'c'}");
    settles(w, "s", "CREATE_COMPLETE");
}
static void delete_set(struct world *w) {
    succeeds(w, "DeleteChangeSet", "{'StackName':'s','ChangeSetName':'c'}");
}
static void delete_s(struct world *w) {
    CLEANUP_JSON json_t *stack = stack_of(w, "s");
    succeeds(w, "DeleteStack", "{'StackName':'s'}");
    settles(w, json_str(stack, "StackId").p, "DELETE_COMPLETE");
}

static void a_review_that_was_executed_is_not_forgotten(void **state) {
    struct world *w = *state;
    make_set(w, "CREATE");
    CLEANUP_JSON json_t *stack = stack_of(w, "s");
    str id = json_str(stack, "StackId");
    w->meanwhile = execute_set;
    succeeds(w, "DeleteStack", "{'StackName':'s'}");
    settles(w, id.p, "DELETE_COMPLETE");
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'StackName':'" STR_FMT "','LogicalResourceId':'H'}", STR_ARG(id));
    CLEANUP_JSON json_t *resource = call(w, "DescribeStackResource", buf_cstr(&in));
    CHECK_STR(json_str(json_obj(resource, "StackResourceDetail"), "ResourceStatus"),
              S("DELETE_COMPLETE"));
}

static void a_deleted_change_set_is_not_executed(void **state) {
    struct world *w = *state;
    create_two(w, "s");
    make_set(w, "UPDATE");
    w->meanwhile = delete_set;
    refuses(w, "ExecuteChangeSet", "{'StackName':'s','ChangeSetName':'c'}",
            "ChangeSetNotFound: ChangeSet [c] does not exist");
    CLEANUP_JSON json_t *stack = stack_of(w, "s");
    CHECK_STR(json_str(stack, "StackStatus"), S("CREATE_COMPLETE"));
}

static void a_deleted_stack_gets_no_change_set(void **state) {
    struct world *w = *state;
    create_two(w, "s");
    w->meanwhile = delete_s;
    refuses(w, "CreateChangeSet", "{'StackName':'s','ChangeSetName':'c','TemplateBody':'" ONE "'}",
            "ValidationError: Stack [s] does not exist");
}

static void rights_are_asked_for(void **state) {
    struct world *w = *state;
    cloud_user_policy(
        &w->f,
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"cloudformation:CreateStack\",\"Resource\":\"arn:aws:cloudformation:us-east-1:000000000000:stack/mine/*\"}]}");
    CLEANUP_JSON json_t *mine =
        call_as(w, w->f.user, "CreateStack", "{'StackName':'mine','TemplateBody':'" TWO "'}");
    CHECK_CASE(!json_has(mine, "Error"), json_str(mine, "Error").p);
    CLEANUP_JSON json_t *other =
        call_as(w, w->f.user, "CreateStack", "{'StackName':'other','TemplateBody':'" TWO "'}");
    CHECK(str_starts(
        json_str(other, "Error"),
        S("AccessDenied: User: arn:aws:iam::000000000000:user/anna is not authorized to perform: cloudformation:CreateStack")));
    settles(w, "mine", "CREATE_COMPLETE");
    cloud_user_policy(&w->f, NULL);
}

/* What is listed passes a damaged row by; who asks for it hears of a fault. */
static void damage_is_passed_by(void **state) {
    static const struct {
        const char *op, *in, *list;
        size_t n;
    } lists[] = {
        {"DescribeStacks", "{}", "Stacks", 1},
        {"ListStacks", "{}", "StackSummaries", 1},
        {"ListExports", "{}", "Exports", 0},
        {"ListChangeSets", "{'StackName':'s'}", "Summaries", 1},
    };
    struct world *w = *state;
    succeeds(w, "CreateStack", "{'StackName':'s','TemplateBody':'" ONE "'}");
    settles(w, "s", "CREATE_COMPLETE");
    succeeds(w, "CreateStack", "{'StackName':'t','TemplateBody':'" TWO "'}");
    settles(w, "t", "CREATE_COMPLETE");
    succeeds(w, "CreateChangeSet",
             "{'StackName':'s','ChangeSetName':'a','TemplateBody':'" TWO "'}");
    succeeds(w, "CreateChangeSet",
             "{'StackName':'s','ChangeSetName':'b','TemplateBody':'" TWO "'}");
    CLEANUP_JSON json_t *s = stack_of(w, "s"), *t = stack_of(w, "t");
    damage(w, "cfn-stack", cfn_uuid_of(json_str(t, "StackId")), STR_NONE);
    damage(w, "cfn-set", cfn_uuid_of(json_str(s, "StackId")), S("a"));
    damage(w, "cfn-export", S("s-O"), STR_NONE);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        CLEANUP_JSON json_t *out = call(w, lists[i].op, lists[i].in);
        CHECK_CASE(!json_has(out, "Error") &&
                       json_array_size(json_arr(out, lists[i].list)) == lists[i].n,
                   lists[i].op);
    }
    CLEANUP_JSON json_t *out = call(w, "DescribeStacks", "{'StackName':'t'}");
    CHECK(str_starts(json_str(out, "Error"), S("InternalFailure")));
    succeeds(w, "ExecuteChangeSet", "{'StackName':'s','ChangeSetName':'b'}");
    settles(w, "s", "UPDATE_COMPLETE");
}

static void put_export(struct world *w, const char *name) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct cfn_export export = {.name = str_c(name),
                                .value = S("v"),
                                .stack_id = S("arn:s"),
                                .stack_name = S("s")};
    const struct rows rows = {aws_cloud_store(w->f.cloud), NULL, batch};
    cfn_key(&key, "cfn-export", (struct cfn_place){S("000000000000"), S("us-east-1")}, export.name,
            STR_NONE);
    cfn_put_blind(&rows, &cfn_export_form, buf_view(&key), &export);
    CHECK_INT(store_commit(rows.store, batch, NULL), 0);
}

/* A token stands for the last item, not for a number of items. */
static void pages(void **state) {
    struct world *w = *state;
    char name[8];
    for (int i = 0; i < 102; i++) {
        snprintf(name, sizeof name, "e%03d", i);
        put_export(w, name);
    }
    CLEANUP_JSON json_t *first = call(w, "ListExports", "{}");
    CHECK_INT(json_array_size(json_arr(first, "Exports")), 100);
    put_export(w, "a");
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'NextToken':'" STR_FMT "'}", STR_ARG(json_str(first, "NextToken")));
    CLEANUP_JSON json_t *second = call(w, "ListExports", buf_cstr(&in));
    CHECK_INT(json_array_size(json_arr(second, "Exports")), 2);
    CHECK_STR(json_str(json_array_get(json_arr(second, "Exports"), 0), "Name"), S("e100"));
    CHECK(!json_has(second, "NextToken"));
    refuses(w, "ListStacks", buf_cstr(&in), "ValidationError: Invalid NextToken");
    refuses(w, "ListExports", "{'NextToken':'100'}", "ValidationError: Invalid NextToken");
}

static void template_urls(void **state) {
    (void)state;
    static const struct {
        const char *url, *want;
    } cases[] = {
        {"https://b.s3.us-east-1.amazonaws.com/dir/t%20x.yaml", "b|dir/t x.yaml|"},
        {"https://b.s3.amazonaws.com/t.yaml?versionId=v1", "b|t.yaml|v1"},
        {"https://my.s3.bucket.s3-us-west-2.amazonaws.com/t", "my|t|"},
        {"https://b.s3-eu-west-1.amazonaws.com/t", "b|t|"},
        {"https://b.s3x.amazonaws.com/c/t", "c|t|"},
        {"https://s3.amazonaws.com/b/dir/t", "b|dir/t|"},
        {"https://s3.eu-west-1.amazonaws.com/b/t", "b|t|"},
        {"https://127.0.0.1:4566/b/t", "b|t|"},
        {"http://localhost:4566/b/t?versionId=2", "b|t|2"},
        {"https://127.0.0.1:4566/b", NULL},
        {"https://127.0.0.1:4566/b/", NULL},
        {"file:///etc/passwd", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf got = {0};
        CLEANUP_DEINIT(buf) struct buf key = {0};
        CLEANUP_DEINIT(buf) struct buf version = {0};
        bool ok = cfn_parse_template_url(str_c(cases[i].url), &got, &key, &version);
        CHECK_CASE(ok == (cases[i].want != NULL), cases[i].url);
        buf_printf(&got, "|%s|%s", buf_cstr(&key), buf_cstr(&version));
        if (ok)
            CHECK_BUF(got, cases[i].want);
    }
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, open_world, close_world)
int main(void) {
    const struct CMUnitTest tests[] = {T(a_stack_s_life),
                                       T(change_sets),
                                       T(refusals),
                                       T(a_failure_leaves_nothing),
                                       T(what_failed_updates_leave_has_an_end),
                                       T(imports_hold_exports),
                                       T(rights_are_asked_for),
                                       T(damage_is_passed_by),
                                       T(pages),
                                       cmocka_unit_test(template_urls),
                                       T(a_protection_is_not_overlooked),
                                       T(an_update_loses_no_protection),
                                       T(an_update_begins_where_the_last_ended),
                                       T(a_review_that_was_executed_is_not_forgotten),
                                       T(a_deleted_change_set_is_not_executed),
                                       T(a_deleted_stack_gets_no_change_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
