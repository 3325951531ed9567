/* rules/logging: what handlers log, by the calls that people log with. */
#include "audit/rules/logging_priv.h"

#include "base/ascii.h"

bool audit_log_is_raw(const struct audit_code *code, const struct code_call *call) {
    static const char *const python[] = {"print",
                                         "pprint",
                                         "pprint.pprint",
                                         "sys.stdout.write",
                                         "sys.stderr.write",
                                         "traceback.print_exc",
                                         NULL};
    static const char *const javascript[] = {"process.stdout.write", "process.stderr.write", NULL};
    const char *const *names = code->language == CODE_PYTHON ? python : javascript;
    for (; *names; names++)
        if (str_is(call->callee, *names))
            return true;
    return false;
}

/* What a logger is called: log, logger, LOG, _logger, appLog; not a catalog. */
static bool is_log(str name) {
    static const char *const whole[] = {"console", "winston", "pino", "bunyan", "l", NULL};
    static const char *const ends[] = {"log", "logger", "logging"};
    static const char *const others[] = {"catalog", "dialog", "blog", "changelog", "backlog"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (str_eq_nocase(name, str_c(others[i])))
            return false;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t n = strlen(ends[i]);
        if (name.len >= n && str_eq_nocase(str_skip(name, name.len - n), str_c(ends[i])))
            return true;
    }
    return str_starts_nocase(name, S("log_")) || audit_flow_is_one_of(name, whole);
}

/* Does a chain that goes on at a token begin with getLogger() or the like? */
static bool is_made_by_logger(const struct audit_code *code, uint32_t token) {
    for (unsigned steps = 0; steps < 4 && token > 0; steps++, token--) {
        if (code->tokens[token].match < token)
            token = code->tokens[token].match;
        if (audit_code_mentions(code, token - 1, token, "logger"))
            return true;
    }
    return false;
}

/* logger.info, this.log.warn, console.error, and a helper that is called log or logEvent. */
static bool is_logger(const struct audit_code *code, const struct code_call *call) {
    static const char *const levels[] = {"debug",     "info",     "warn",  "warning", "error",
                                         "exception", "critical", "fatal", "log",     "trace",
                                         "notice",    "dir",      "table", NULL};
    str callee = call->callee;
    ptrdiff_t dot = str_rchr(callee, '.');
    if (dot == 0) /* logging.getLogger().info(...) */
        return audit_flow_is_one_of(callee, levels) && call->token > 1 &&
               is_made_by_logger(code, call->token - 1);
    if (dot < 0)
        return str_starts_nocase(callee, S("log")) && !str_starts(callee, S("login")) &&
               !str_starts(callee, S("logging"));
    return is_log(audit_flow_last(str_slice(callee, 0, (size_t)dot))) &&
           audit_flow_is_one_of(callee, levels);
}

/* What logs by itself: the answer's body, the event. */
static bool is_others(const struct audit_code *code, const struct code_call *call) {
    str callee = call->callee;
    if (str_is(callee, "send") && call->open + 1 < call->close &&
        audit_code_is(code, call->open + 1, "event"))
        return true; /* from cfnresponse import send */
    return str_is(callee, "cfnresponse.send") || str_is(callee, "response.send") ||
           str_is(callee, "cfnResponse.send") || str_is(callee, "cfn.send") ||
           str_ends(callee, S("inject_lambda_context")) ||
           str_ends(callee, S("injectLambdaContext")) || str_ends(callee, S("logEventIfEnabled"));
}

/* The first token of a first argument that is made into JSON: json.dumps(X), JSON.stringify(X). */
static uint32_t json_of(const struct audit_code *code, uint32_t first) {
    if (first + 4 < code->n_tokens && audit_code_is(code, first + 1, ".") &&
        audit_code_is(code, first + 3, "(") &&
        (audit_code_is(code, first + 2, "dumps") || audit_code_is(code, first + 2, "stringify")))
        return first + 4;
    return 0;
}

static bool is_event(const struct audit_code *code, uint32_t token) {
    return audit_code_is(code, token, "event") &&
           (audit_code_is(code, token + 1, ")") || audit_code_is(code, token + 1, ","));
}

/* Of the first argument that is no plain word: behind a text JSON is prose. LOG_NONE: neither. */
static enum audit_log_form form_of_arguments(const struct audit_code *code, uint32_t first,
                                             uint32_t end) {
    while (first < end && code->tokens[first].kind != CODE_STRING) {
        uint32_t json = json_of(code, first);
        if (is_event(code, json ? json : first))
            return LOG_EVENT;
        if (json || audit_code_is(code, first, "{"))
            return LOG_FIELDS;
        while (first < end && !audit_code_is(code, first, ","))
            first = code->tokens[first].match > first ? code->tokens[first].match : first + 1;
        first++;
    }
    return LOG_NONE;
}

enum audit_log_form audit_log_form(const struct audit_code *code, const struct code_call *call) {
    if (is_others(code, call))
        return LOG_OTHERS;
    if (!audit_log_is_raw(code, call) && !is_logger(code, call))
        return LOG_NONE;
    uint32_t first = call->open + 1;
    if (first >= call->close)
        return LOG_FIXED;
    enum audit_log_form form = form_of_arguments(code, first, call->close);
    if (form != LOG_NONE)
        return form;
    for (uint32_t i = first; i < call->close; i++)
        if (code->tokens[i].kind == CODE_NAME || code->tokens[i].has_holes)
            return LOG_TEXT;
    return LOG_FIXED;
}

bool audit_log_is_structured(const struct audit_code *code) {
    /* Libraries, and words of a formatter's name. */
    static const char *const words[] = {"aws_lambda_powertools",
                                        "@aws-lambda-powertools/logger",
                                        "structlog",
                                        "jsonlogger",
                                        "jsonformatter",
                                        "json_formatter",
                                        "json_log",
                                        "jsonlog",
                                        "loguru",
                                        "pino",
                                        "winston",
                                        "bunyan",
                                        "lambda-log",
                                        "lambda_log",
                                        "aws_embedded_metrics",
                                        "@middy/input-output-logger",
                                        "ecs_logging",
                                        "google.cloud.logging"};
    for (; code; code = code->next)
        for (size_t w = 0; w < ARRAY_LEN(words); w++)
            if (audit_code_mentions(code, 0, code->n_tokens, words[w]))
                return true;
    return false;
}
