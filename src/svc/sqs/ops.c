/*
 * svc/sqs: the operation table, expanded from ops.def, the service row, and which queue is meant.
 */
#include "aws/model.h"
#include "aws/validate.h"
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
    *ret_account = str_skip(rest, (size_t)(str_rchr(rest, '/') + 1));
    return ret_name->len > 0 && arn_is_account(*ret_account);
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
    return aws_fail(rq, &SQS_InvalidAddress,
                    "The address " STR_FMT " is not valid for this endpoint.", STR_ARG(url));
}

int sqs_use_queue(struct rq *rq, struct sqs_queue *ret_queue) {
    str account = STR_NONE, name = STR_NONE;
    struct kit_doc *doc;
    if (name_queue(rq, &account, &name))
        return AWS_FAILED;
    int r = kit_doc_use(rq, account, rq->region, name, &doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &SQS_QueueDoesNotExist, NULL);
    if (r == 0)
        r = sqs_queue_of(doc, ret_queue);
    return r && r != AWS_FAILED ? aws_fault(rq, r, "reading a queue") : r;
}

str sqs_queue_url(struct rq *rq, str account, str name) {
    return arena_printf(&rq->arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(rq_endpoint(rq)),
                        STR_ARG(account), STR_ARG(name));
}

/* ---- What is asked for ---- */

bool sqs_is_asked(const json_t *names, const char *name) {
    for (size_t i = 0; i < json_array_size(names); i++) {
        str want = json_text(json_array_get(names, i));
        if (str_is(want, "All") || str_is(want, name))
            return true;
    }
    return false;
}

void sqs_set_number(json_t *out, const char *name, int64_t v) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)v);
    json_set_str(out, name, str_c(text));
}

/* ---- Authorisation ---- */

static int resource(void *, struct rq *rq, struct buf *ret_arn) {
    str account = STR_NONE, name = STR_NONE;
    if (name_queue(rq, &account, &name))
        return AWS_FAILED;
    arn_add(ret_arn, "sqs", rq->region, account, STR_FMT, STR_ARG(name));
    return 0;
}

/* Its only enums are the names of attributes. */
static int invalid(void *, struct rq *rq, const struct aws_violation *v) {
    if (v->missing)
        return aws_fail(rq, &SQS_MissingParameter,
                        "The request must contain the parameter " STR_FMT ".",
                        STR_ARG(v->member->name));
    return v->odd.p ? aws_fail(rq, &SQS_InvalidAttributeName, "Unknown Attribute " STR_FMT ".",
                               STR_ARG(v->odd))
                    : 0;
}

struct aws_service sqs_service(struct sqs_svc *sqs) {
    return (struct aws_service){.name = "sqs",
                                .api = &api_sqs,
                                KIT_TABLES,
                                .svc = sqs,
                                .common = SQS_common,
                                .invalid = invalid,
                                .resource = resource,
                                .resource_policy = kit_doc_policy,
                                .tags = kit_doc_tags};
}

/* ---- Life ---- */

int sqs_open(struct sqs_svc **ret_sqs, struct store *store, struct hub *hub, struct err *) {
    struct sqs_svc *sqs = mem_new(struct sqs_svc);
    sqs->store = store;
    sqs->hub = hub;
    lock_init(&sqs->lock);
    sqs->due = hub_due_add(hub, &(struct hub_due_kind){.name = "sqs",
                                                       .longest_ms = SQS_LONGEST_MS,
                                                       .in_memory = true,
                                                       .run = sqs_queue_due,
                                                       .look = sqs_each_minute,
                                                       .ctx = sqs});
    sqs_plug(sqs);
    *ret_sqs = sqs;
    return 0;
}

struct sqs_svc *sqs_close(struct sqs_svc *sqs) {
    if (!sqs)
        return NULL;
    sqs_live_free_all(sqs);
    pthread_mutex_destroy(&sqs->lock);
    free(sqs);
    return NULL;
}
