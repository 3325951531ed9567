/*
 * Functions behind custom resources that do not answer CloudFormation: never, not to every kind of
 * request, or not after an error that they catch. It waits for an hour and then rolls back.
 */
#include "audit/rules/flow_priv.h"
#include "audit/rules/logging_priv.h"

#include "base/ascii.h"

/* ---- What answers ---- */

/* Libraries that answer by themselves. */
static bool has_framework(const struct audit_code *code) {
    static const char *const names[] = {"crhelper",
                                        "CfnResource",
                                        "cfn_resource",
                                        "cfn-lambda",
                                        "cfn-custom-resource",
                                        "cfn_custom_resource",
                                        "custom-resource-helper"};
    for (; code; code = code->next)
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            if (audit_code_mentions(code, 0, code->n_tokens, names[i]))
                return true;
    return false;
}

/* Hands the request on to somebody who may answer. */
static bool hands_on(const struct audit_code *code, const struct code_call *call) {
    static const char *const operations[] = {
        "Invoke",      "InvokeAsync", "StartExecution",     "Publish",
        "SendMessage", "PutEvents",   "StartSyncExecution", NULL};
    struct code_aws aws;
    return audit_code_aws(code, call, &aws) &&
           audit_flow_is_one_of(str_c(aws.operation), operations);
}

/* Is the whole event handed to a function that is written elsewhere? It may answer. */
static bool asks_others(const struct audit_flow *flow, const struct code_call *call) {
    static const char *const harmless[] = {
        "dumps",   "stringify", "str",        "repr", "len",     "dict",   "keys",
        "entries", "deepcopy",  "isinstance", "type", "inspect", "String", NULL};
    const struct audit_code *code = flow->code;
    if (audit_flow_callee(flow, call) || audit_flow_is_one_of(call->callee, harmless) ||
        audit_log_form(code, call) == LOG_TEXT || audit_log_form(code, call) == LOG_EVENT ||
        audit_log_form(code, call) == LOG_FIELDS)
        return false;
    for (uint32_t i = call->open + 1; i < call->close; i++) {
        if (audit_code_is(code, i, "event") && !audit_code_is(code, i + 1, "[") &&
            !audit_code_is(code, i + 1, ".") && !audit_code_is(code, i + 1, "?."))
            return true;
        if (code->tokens[i].match > i)
            i = code->tokens[i].match;
    }
    return false;
}

static bool is_answer(const struct audit_flow *flow, const struct code_call *call) {
    str last = audit_flow_last(call->callee);
    return (str_eq_nocase(last, S("send")) && !str_starts(call->callee, S("console")) &&
            (audit_code_mentions(flow->code, call->token, call->close, "cfn") ||
             audit_code_mentions(flow->code, call->open, call->close, "SUCCESS") ||
             audit_code_mentions(flow->code, call->open, call->close, "FAILED") ||
             str_is(call->callee, "response.send"))) ||
           hands_on(flow->code, call) || asks_others(flow, call);
}

/* Where the code answers: tokens, in their order. */
struct points {
    const struct audit_flow *flow;
    bool *answers; /* by function: it has a point */
    uint32_t *tokens, n;
    uint32_t *before; /* by token: how many points stand before it */
};

static void add_point(struct points *p, uint32_t token) {
    p->tokens[p->n++] = token;
    p->answers[audit_flow_owner(p->flow, p->flow->code->tokens[token].block)] = true;
}

static void count_points(struct points *p) {
    uint32_t n = p->flow->code->n_tokens;
    p->before = arena_zalloc(p->flow->t->arena, (n + 1) * sizeof *p->before);
    for (uint32_t i = 0; i < p->n; i++)
        p->before[p->tokens[i] + 1]++;
    for (uint32_t i = 0; i < n; i++)
        p->before[i + 1] += p->before[i];
}

/* Answers themselves; then, a few calls deep, calls of functions that answer. */
static void find_points(struct points *p) {
    enum { MOST_ROUNDS = 4 };
    const struct audit_code *code = p->flow->code;
    p->answers = arena_zalloc(p->flow->t->arena, code->n_blocks * sizeof *p->answers);
    p->tokens =
        arena_alloc(p->flow->t->arena,
                    (code->n_tokens + code->n_calls * (MOST_ROUNDS + 1)) * sizeof *p->tokens);
    for (uint32_t i = 0; i < code->n_tokens; i++)
        if (audit_code_says(code, i, "ResponseURL") || audit_code_says(code, i, "ResponseUrl"))
            add_point(p, i);
    for (uint32_t i = 0; i < code->n_calls; i++)
        if (is_answer(p->flow, &code->calls[i]))
            add_point(p, code->calls[i].token);
    for (unsigned round = 0; round < MOST_ROUNDS; round++)
        for (uint32_t i = 0; i < code->n_calls; i++) {
            uint32_t callee = audit_flow_callee(p->flow, &code->calls[i]);
            if (callee && p->answers[callee])
                add_point(p, code->calls[i].token);
        }
    count_points(p);
}

/* ---- To which requests ---- */

enum { CREATE = 1, UPDATE = 2, DELETE = 4, ALL = 7 };

static bool is_request_type(const struct audit_code *code, uint32_t token) {
    str word = audit_code_word(code, token);
    return word.p &&
           (str_eq_nocase(word, S("RequestType")) || str_eq_nocase(word, S("request_type")));
}

/* What an IF lets through, by the words of its head. */
static unsigned lets_through(const struct audit_code *code, const struct code_block *b) {
    unsigned kinds = 0;
    bool of_type = audit_code_is(code, b->head, "case"), is_negated = false;
    for (uint32_t i = b->head; i < b->first; i++) {
        of_type = of_type || is_request_type(code, i);
        is_negated = is_negated || audit_code_is(code, i, "!=") || audit_code_is(code, i, "!==") ||
                     audit_code_is(code, i, "not") || audit_code_is(code, i, "!") ||
                     audit_code_is(code, i, "_");
        kinds |= audit_code_says(code, i, "Create") ? CREATE : 0U;
        kinds |= audit_code_says(code, i, "Update") ? UPDATE : 0U;
        kinds |= audit_code_says(code, i, "Delete") ? DELETE : 0U;
    }
    return of_type && kinds && !is_negated ? kinds : ALL;
}

/* Is the token in a CATCH of its function? */
static bool is_in_catch(const struct audit_flow *flow, uint32_t token) {
    const struct audit_code *code = flow->code;
    for (uint32_t b = code->tokens[token].block; b; b = code->blocks[b].parent)
        if (code->blocks[b].kind == CODE_CATCH)
            return true;
    return false;
}

/* All requests that the handler's points answer, errors apart. */
static unsigned answered(const struct points *p) {
    const struct audit_code *code = p->flow->code;
    unsigned kinds = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t block = code->tokens[p->tokens[i]].block;
        if (audit_flow_owner(p->flow, block) != code->handler || is_in_catch(p->flow, p->tokens[i]))
            continue;
        unsigned through = ALL;
        for (uint32_t b = block; b && b != code->handler; b = code->blocks[b].parent)
            if (code->blocks[b].kind == CODE_IF)
                through &= lets_through(code, &code->blocks[b]);
        kinds |= through;
    }
    return kinds;
}

/* ---- After an error ---- */

static bool has_point(const struct points *p, uint32_t first, uint32_t end) {
    return p->before[end] > p->before[first];
}

/* A CATCH of the handler that answers nothing, where nothing behind its try does. */
static uint32_t silent_catch(const struct points *p) {
    const struct audit_code *code = p->flow->code;
    for (uint32_t i = 1; i < code->n_blocks; i++) {
        const struct code_block *b = &code->blocks[i], *of = &code->blocks[b->of];
        if (b->kind != CODE_CATCH || of->kind != CODE_TRY || b->of == i ||
            audit_flow_owner(p->flow, b->of) != code->handler)
            continue;
        if (has_point(p, of->first, of->end) && !has_point(p, b->first, b->end) &&
            !has_point(p, b->end, code->blocks[code->handler].end))
            return i;
    }
    return 0;
}

/* ---- Telling ---- */

#define TELL(first, last, ...)                                                                     \
    audit_tell_code(flow->t, &audit_rule_custom_resource_no_answer, flow->function, flow->code,    \
                    (first), (last), __VA_ARGS__)

static void check_handler(const struct audit_flow *flow) {
    const struct audit_code *code = flow->code;
    if (!flow->function->is_custom || has_framework(flow->function->code))
        return;
    struct points p = {.flow = flow};
    find_points(&p);
    uint32_t name = audit_code_name_of(code, code->handler), silent;
    bool runs = false;
    for (uint32_t i = 0; i < p.n; i++) {
        uint32_t owner = audit_flow_owner(flow, code->tokens[p.tokens[i]].block);
        runs = runs || (owner && flow->reached[owner]);
    }
    unsigned kinds = answered(&p);
    if (!runs && !flow->function->code->next)
        TELL(name, name, "nothing that the handler does answers CloudFormation");
    else if (kinds && kinds != ALL)
        TELL(name, name, "the handler does not answer %s requests",
             !(kinds & DELETE)   ? "Delete"
             : !(kinds & CREATE) ? "Create"
                                 : "Update");
    else if (runs && (silent = silent_catch(&p)))
        TELL(code->blocks[silent].head, code->blocks[silent].head,
             "an error that is caught here is not answered");
}

static void check(struct audit_template *t) { audit_flow_each(t, false, check_handler); }

const struct audit_rule audit_rule_custom_resource_no_answer = {
    .id = "custom-resource-no-answer",
    .class = 0,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Custom resource that is not answered",
    .why = "CloudFormation waits for an hour, and again while it rolls back",
    .fix =
        "send SUCCESS or FAILED for Create, Update and Delete, and FAILED from an except or catch "
        "around it all (cfnresponse.send)",
    .bad = "Resources:\n"
           "  Seed:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: index.handler\n"
           "      Code:\n"
           "        ZipFile: |\n"
           "          def handler(event, context):\n"
           "              print(event['RequestType'])\n"
           "              return {'Status': 'SUCCESS'}\n"
           "  Seeded:\n"
           "    Type: Custom::Seed\n"
           "    Properties: {ServiceToken: !GetAtt Seed.Arn}\n",
    .good = "Resources:\n"
            "  Seed:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: index.handler\n"
            "      Code:\n"
            "        ZipFile: |\n"
            "          import cfnresponse\n"
            "          def handler(event, context):\n"
            "              print(event['RequestType'])\n"
            "              cfnresponse.send(event, context, cfnresponse.SUCCESS, {})\n"
            "  Seeded:\n"
            "    Type: Custom::Seed\n"
            "    Properties: {ServiceToken: !GetAtt Seed.Arn}\n",
    .check = check,
};
