/* Handlers whose log is prose: none of its lines can be asked for by a field. */
#include "audit/rules/logging_priv.h"

/* Is the function told to write its log as JSON? What cannot be told counts as yes. */
static bool is_json(const struct audit_template *t, const struct audit_function *f) {
    struct audit_values formats = audit_property(t, f->r, "LoggingConfig.LogFormat");
    for (size_t i = 0; i < formats.n; i++)
        if (formats.v[i].kind == AUDIT_UNKNOWN ||
            (formats.v[i].kind == AUDIT_LITERAL && str_is(formats.v[i].text, "JSON")))
            return true;
    return false;
}

struct lines {
    const struct code_call *first; /* of prose; NULL: none */
    bool has_fields, all_raw;
};

static struct lines lines_of(const struct audit_code *code) {
    struct lines l = {.all_raw = true};
    for (uint32_t i = 0; i < code->n_calls; i++) {
        const struct code_call *call = &code->calls[i];
        enum audit_log_form form = audit_log_form(code, call);
        if (form == LOG_FIELDS)
            l.has_fields = true;
        if (form != LOG_TEXT)
            continue;
        l.first = l.first ? l.first : call;
        l.all_raw = l.all_raw && audit_log_is_raw(code, call);
    }
    return l;
}

static bool others_have_fields(const struct audit_code *code) {
    for (; code; code = code->next)
        if (lines_of(code).has_fields)
            return true;
    return false;
}

static void check_handler(const struct audit_flow *flow) {
    struct lines l = lines_of(flow->code);
    bool json = is_json(flow->t, flow->function);
    if (!l.first || (json && !l.all_raw) || others_have_fields(flow->function->code) ||
        audit_log_is_structured(flow->function->code))
        return;
    struct audit_finding *f =
        audit_tell_code(flow->t, &audit_rule_handler_unstructured_logging, flow->function,
                        flow->code, l.first->token, l.first->open - 1,
                        json ? "the handler logs with print, which stays text in the format JSON"
                             : "the handler logs prose, without fields that a query could ask for");
    if (!l.all_raw)
        audit_fix_property(f, flow->function->r, "LoggingConfig.LogFormat", "JSON");
}

static void check(struct audit_template *t) { audit_flow_each(t, false, check_handler); }

const struct audit_rule audit_rule_handler_unstructured_logging = {
    .id = "handler-unstructured-logging",
    .class = 8,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Handler that logs prose",
    .why =
        "Logs Insights and metric filters cannot select by bucket, key or request without a regular "
        "expression for each line",
    .fix = "set LoggingConfig: LogFormat to JSON and log by a logger, or print JSON objects",
    .bad = "Resources:\n"
           "  Resize:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: nodejs22.x\n"
           "      Handler: index.handler\n"
           "      Code:\n"
           "        ZipFile: |\n"
           "          exports.handler = async (event) => {\n"
           "            console.log('got ' + event.Records.length + ' records');\n"
           "          };\n",
    .good = "Resources:\n"
            "  Resize:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: nodejs22.x\n"
            "      Handler: index.handler\n"
            "      LoggingConfig: {LogFormat: JSON}\n"
            "      Code:\n"
            "        ZipFile: |\n"
            "          exports.handler = async (event) => {\n"
            "            console.log('got ' + event.Records.length + ' records');\n"
            "          };\n",
    .check = check,
};
