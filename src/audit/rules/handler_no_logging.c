/* Handlers that do something and log nothing of it, or the same words each time. */
#include "audit/rules/logging_priv.h"

struct said {
    size_t n;                      /* calls that log */
    size_t n_telling;              /* and say something of the event */
    bool has_event;                /* the event as it came */
    const struct code_call *first; /* of those that run */
};

static struct said said_by(const struct audit_code *code) {
    struct said s = {0};
    for (; code; code = code->next)
        for (uint32_t i = 0; i < code->n_calls; i++) {
            enum audit_log_form form = audit_log_form(code, &code->calls[i]);
            if (form == LOG_NONE)
                continue;
            s.first = s.first ? s.first : &code->calls[i];
            s.n++;
            s.n_telling += form != LOG_FIXED && form != LOG_EVENT;
            s.has_event = s.has_event || form == LOG_EVENT;
        }
    return s;
}

/* Worth a line: it takes records, or asks something of somebody. */
static bool does_work(const struct audit_flow *flow) {
    for (uint32_t i = 0; i < flow->code->n_calls; i++)
        if (audit_flow_work(flow, &flow->code->calls[i]) > FLOW_PARSES)
            return true;
    for (uint32_t i = 0; i < flow->code->n_tokens; i++)
        if (audit_code_says(flow->code, i, "Records") ||
            audit_code_says(flow->code, i, "RequestType"))
            return true;
    return false;
}

static void check_handler(const struct audit_flow *flow) {
    const struct audit_code *code = flow->code;
    struct said said = said_by(flow->function->code);
    if (said.n_telling || !does_work(flow))
        return;
    if (said.n == 0 && !audit_log_is_structured(flow->function->code)) {
        uint32_t name = audit_code_name_of(code, code->handler);
        audit_tell_code(flow->t, &audit_rule_handler_no_logging, flow->function, code, name, name,
                        "the handler logs nothing");
    } else if (said.n && said.first >= code->calls && said.first < code->calls + code->n_calls) {
        audit_tell_code(flow->t, &audit_rule_handler_no_logging, flow->function, code,
                        said.first->token, said.first->close,
                        said.has_event
                            ? "the handler logs its event and nothing of what it does with it"
                            : "the handler logs the same words whatever it works on");
    }
}

static void check(struct audit_template *t) { audit_flow_each(t, false, check_handler); }

const struct audit_rule audit_rule_handler_no_logging = {
    .id = "handler-no-logging",
    .class = 8,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Handler that does not say what it did",
    .why = "nobody can find out later which picture was processed, and why one was not",
    .fix = "log one line for each record: bucket, key, what came of it and how long it took",
    .bad = "Resources:\n"
           "  Record:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: index.handler\n"
           "      Code:\n"
           "        ZipFile: |\n"
           "          import boto3\n"
           "          table = boto3.resource('dynamodb').Table('pictures')\n"
           "          def handler(event, context):\n"
           "              table.put_item(Item={'Id': event['id']})\n",
    .good = "Resources:\n"
            "  Record:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: index.handler\n"
            "      Code:\n"
            "        ZipFile: |\n"
            "          import boto3, json\n"
            "          table = boto3.resource('dynamodb').Table('pictures')\n"
            "          def handler(event, context):\n"
            "              table.put_item(Item={'Id': event['id']})\n"
            "              print(json.dumps({'recorded': event['id']}))\n",
    .check = check,
};
