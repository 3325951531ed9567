/* svc/sqs: the operation table, expanded from ops.def, the service row, and which queue is meant. */
#include "aws/model.h"
#include "aws/validate.h"
#include "base/codec.h"
#include "svc/sqs/live.h"
#include "svc/kit/op_table.h"

/* ---- Which queue ---- */

/* https://host/ACCOUNT/NAME, whatever the host; the account and name are its last two parts. */
static bool parse_url(str url, str *ret_account, str *ret_name) {
    ptrdiff_t slash = str_rchr(url, '/');
    if (slash < 0)
        return false;
    *ret_name = str_skip(url, (size_t)slash + 1);
    str rest = str_slice(url, 0, (size_t)slash);
    slash = str_rchr(rest, '/');
    *ret_account = slash < 0 ? rest : str_skip(rest, (size_t)slash + 1);
    uint64_t number;
    return ret_name->len > 0 && ret_account->len == 12 && str_to_u64(*ret_account, &number);
}

/* QueueUrl, or QueueName with QueueOwnerAWSAccountId. */
static int name_queue(struct rq *rq, str *ret_account, str *ret_name) {
    str url = json_str(rq->in, "QueueUrl"), owner = json_str(rq->in, "QueueOwnerAWSAccountId");
    if (!url.p) {
        *ret_name = json_str(rq->in, "QueueName");
        *ret_account = owner.len ? owner : rq->account;
        return 0;
    }
    if (parse_url(url, ret_account, ret_name))
        return 0;
    return aws_fail(rq, &SQS_InvalidAddress, "The address " STR_FMT " is not valid for this endpoint.", STR_ARG(url));
}

int sqs_use_queue(struct svc *svc, struct rq *rq, struct sqs_queue *ret_queue) {
    str account = STR_NONE, name = STR_NONE;
    if (name_queue(rq, &account, &name))
        return AWS_FAILED;
    int r = sqs_queue_load(svc, account, rq->region, name, ret_queue);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &SQS_QueueDoesNotExist, NULL);
    return r ? aws_fault(rq, r, "reading a queue") : 0;
}

str sqs_queue_url(struct rq *rq, const struct sqs_queue *queue) {
    return arena_printf(&rq->arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(rq_endpoint(rq)), STR_ARG(queue->account), STR_ARG(queue->name));
}

/* ---- Authorisation ---- */

static int resource(struct svc *svc, struct rq *rq, struct buf *ret_arn) {
    str account = STR_NONE, name = STR_NONE;
    (void)svc;
    if (name_queue(rq, &account, &name))
        return AWS_FAILED;
    buf_printf(ret_arn, "arn:aws:sqs:" STR_FMT ":" STR_FMT ":" STR_FMT, STR_ARG(rq->region), STR_ARG(account), STR_ARG(name));
    return 0;
}

static void drop_policy(void *policy) { policy_free(policy); }

static int resource_policy(struct svc *svc, struct rq *rq, str arn, const struct policy **ret_policy, str *ret_account) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    int r = sqs_queue_load_arn(svc, arn, &queue);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    str text = json_str(json_obj(queue.doc, "Attributes"), "Policy");
    *ret_account = arena_str(&rq->arena, queue.account);
    struct policy *policy = NULL;
    struct err err = {0};
    if (text.len == 0)
        return 0;
    if (policy_new(&policy, POLICY_RESOURCE, text, &err)) /* it was checked when it was set */
        return aws_fault(rq, STORE_E_DAMAGED, err.text);
    rq_on_done(rq, drop_policy, policy);
    *ret_policy = policy;
    return 0;
}

/* Its only enums are the names of attributes. */
static int invalid(struct svc *sqs, struct rq *rq, const struct aws_violation *v) {
    (void)sqs;
    if (v->missing)
        return aws_fail(rq, &SQS_MissingParameter, "The request must contain the parameter " STR_FMT ".", STR_ARG(v->member->name));
    return v->odd.p ? aws_fail(rq, &SQS_InvalidAttributeName, "Unknown Attribute " STR_FMT ".", STR_ARG(v->odd)) : 0;
}

struct aws_service sqs_service(struct svc *sqs) {
    return (struct aws_service){.name = "sqs", .api = &api_sqs, KIT_TABLES, .svc = sqs, .common = SQS_common, .invalid = invalid,
                                .resource = resource, .resource_policy = resource_policy};
}

/* ---- Life ---- */

int sqs_open(struct svc **ret_sqs, struct store *store, struct hub *hub, struct err *err) {
    struct svc *sqs = mem_new(struct svc);
    (void)err;
    sqs->store = store;
    sqs->hub = hub;
    pthread_mutex_init(&sqs->lock, NULL);
    sqs->timer = hub_add_timer(hub, "sqs", sqs_timer_run, sqs);
    sqs_plug(sqs);
    *ret_sqs = sqs;
    return 0;
}

struct svc *sqs_close(struct svc *sqs) {
    if (!sqs)
        return NULL;
    sqs_live_free_all(sqs);
    pthread_mutex_destroy(&sqs->lock);
    free(sqs);
    return NULL;
}
