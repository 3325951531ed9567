/* Handlers that let an error of the calls they make end the whole invocation. */
#include "audit/rules/flow_priv.h"

/* What is uncaught in one handler. */
struct uncaught {
    const struct code_call *first, *first_of_records; /* NULL: none */
    size_t n, n_of_records, n_caught;
};

/* The record's own parsing counts where it is done for each record: one bad message spoils the batch. */
static bool counts(enum audit_flow_work work, bool is_of_records) {
    return work > FLOW_PARSES || (work == FLOW_PARSES && is_of_records);
}

static void look_at(const struct audit_flow *flow, const struct code_call *call,
                    struct uncaught *u) {
    bool is_of_records = audit_code_per_record(flow->code, call->block);
    if (!counts(audit_flow_work(flow, call), is_of_records) || !audit_flow_runs(flow, call) ||
        audit_flow_cleans_up(flow, call))
        return;
    if (!audit_flow_escapes(flow, call)) {
        u->n_caught++;
        return;
    }
    u->first = u->first ? u->first : call;
    u->n++;
    if (is_of_records) {
        u->first_of_records = u->first_of_records ? u->first_of_records : call;
        u->n_of_records++;
    }
}

/* Around a single picture one try is enough; what is done for each record has to be in one. */
static void check_handler(const struct audit_flow *flow) {
    struct uncaught u = {0};
    for (uint32_t i = 0; i < flow->code->n_calls; i++)
        look_at(flow, &flow->code->calls[i], &u);
    const struct code_call *call = u.first_of_records;
    size_t n = u.n_of_records;
    if (!call && u.n_caught == 0) {
        call = u.first;
        n = u.n;
    }
    if (!call)
        return;
    str name = audit_code_callee(flow->t->arena, flow->code, call);
    str more =
        n == 1 ? S("")
               : arena_printf(flow->t->arena, " or of %zu more call%s", n - 1, n == 2 ? "" : "s");
    audit_tell_code(flow->t, &audit_rule_handler_no_error_handling, flow->function, flow->code,
                    call->token, call->open ? call->open - 1 : call->token,
                    "nothing catches an error of " STR_FMT STR_FMT "%s%s", STR_ARG(name),
                    STR_ARG(more), u.first_of_records ? ", for each record" : "",
                    flow->function->is_image_work ? "" : ": CloudFormation is not answered");
}

static void check(struct audit_template *t) { audit_flow_each(t, false, check_handler); }

const struct audit_rule audit_rule_handler_no_error_handling = {
    .id = "handler-no-error-handling",
    .class = 5,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Handler without error handling",
    .why =
        "one picture that cannot be read ends the invocation, and the records behind it with it; "
        "the log does not say which it was",
    .fix =
        "put what is done for each record into a try, log the error with its bucket and key, and "
        "fail at the end",
    .bad =
        "Resources:\n"
        "  Resize:\n"
        "    Type: AWS::Lambda::Function\n"
        "    Properties:\n"
        "      Runtime: python3.12\n"
        "      Handler: index.handler\n"
        "      Code:\n"
        "        ZipFile: |\n"
        "          import boto3\n"
        "          s3 = boto3.client('s3')\n"
        "          def handler(event, context):\n"
        "              for record in event['Records']:\n"
        "                  s3.get_object(Bucket='pictures', Key=record['s3']['object']['key'])\n",
    .good = "Resources:\n"
            "  Resize:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: index.handler\n"
            "      Code:\n"
            "        ZipFile: |\n"
            "          import boto3, logging\n"
            "          s3 = boto3.client('s3')\n"
            "          def handler(event, context):\n"
            "              for record in event['Records']:\n"
            "                  key = record['s3']['object']['key']\n"
            "                  try:\n"
            "                      s3.get_object(Bucket='pictures', Key=key)\n"
            "                  except Exception:\n"
            "                      logging.exception('could not read %s', key)\n"
            "                      raise\n",
    .check = check,
};
