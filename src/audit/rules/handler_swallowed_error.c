/* Errors that are caught and of which nothing is heard again. */
#include "audit/rules/flow_priv.h"

#include "base/ascii.h"

/* ---- What is caught ---- */

enum broadness {
    NARROW, /* an error of one kind: dropping it is an answer */
    OF_AWS, /* every error that AWS answers */
    OF_ALL, /* every error there is */
};

/* Between "except" and ":", or the words in suppress(). Of several the broadest counts. */
static enum broadness broadness_of(const struct audit_code *code, uint32_t first, uint32_t end) {
    enum broadness b = NARROW;
    for (uint32_t i = first; i < end; i++) {
        if (audit_code_is(code, i, "as"))
            break;
        if (code->tokens[i].kind != CODE_NAME)
            continue;
        if (audit_code_is(code, i, "Exception") || audit_code_is(code, i, "BaseException"))
            return OF_ALL;
        /* s3.exceptions.ClientError too */
        if (audit_code_is(code, i, "ClientError") || audit_code_is(code, i, "BotoCoreError"))
            b = OF_AWS;
    }
    return b;
}

static enum broadness caught_by(const struct audit_code *code, const struct code_block *b) {
    if (code->language == CODE_JAVASCRIPT)
        return OF_ALL;
    bool has_type = false;
    for (uint32_t i = b->head + 1; i < b->first; i++)
        has_type = has_type || code->tokens[i].kind == CODE_NAME;
    return has_type ? broadness_of(code, b->head + 1, b->first) : OF_ALL;
}

/* ---- What is done about it ---- */

enum deed {
    DOES_NOTHING,     /* pass, continue, an empty body */
    ANSWERS_CONSTANT, /* return None, () => false, {'statusCode': 500} */
    DOES_SOMETHING,
};

static bool is_constant(const struct audit_code *code, uint32_t i) {
    static const char *const words[] = {"None",  "True", "False",     "null",  "undefined", "true",
                                        "false", "void", "continue",  "break", "pass",      "json",
                                        "dumps", "JSON", "stringify", NULL};
    const struct code_token *k = &code->tokens[i];
    str text = audit_code_token(code, i);
    if (k->kind == CODE_STRING)
        return !k->has_holes;
    if (k->kind == CODE_OP)
        return text.len == 1 && ascii_is_one_of(text.p[0], "[](){},;-.:");
    if (k->kind == CODE_NAME) /* {statusCode: 500} */
        return audit_flow_is_one_of(text, words) || audit_code_is(code, i + 1, ":");
    return k->kind != CODE_REGEX;
}

static enum deed deed_of(const struct audit_code *code, const struct code_block *b) {
    bool is_expression = b->kind == CODE_CATCH && code->language == CODE_JAVASCRIPT &&
                         b->first < b->end && !audit_code_is(code, b->first, "{") && b->first > 0 &&
                         audit_code_is(code, b->first - 1, "=>");
    enum deed deed = is_expression ? ANSWERS_CONSTANT : DOES_NOTHING;
    for (uint32_t i = b->first; i < b->end; i++) {
        if (audit_code_is(code, i, "return"))
            deed = ANSWERS_CONSTANT;
        else if (!is_constant(code, i))
            return DOES_SOMETHING;
    }
    return deed;
}

/* ---- What was tried ---- */

/* Tidying up may fail without harm. */
static bool tidies(str callee) {
    static const char *const names[] = {
        "remove",    "unlink",  "unlinkSync", "rm",       "rmSync",     "rmtree",  "rmdir",
        "rmdirSync", "close",   "closeSync",  "destroy",  "end",        "abort",   "kill",
        "release",   "cleanup", "terminate",  "shutdown", "disconnect", "dispose", NULL};
    return audit_flow_is_one_of(callee, names);
}

struct tried {
    const struct code_call *first; /* the one that is told; NULL: none */
    bool only_tidies, has_work;
};

/* A call of the guarded tokens counts for what it asks for; whether something exists may be guessed. */
static struct tried tried_in(const struct audit_code *code, uint32_t first, uint32_t end) {
    struct tried t = {.only_tidies = true};
    for (uint32_t c = audit_code_call_at(code, first);
         c < code->n_calls && code->calls[c].token < end; c++) {
        const struct code_call *call = &code->calls[c];
        struct code_aws aws;
        if (!tidies(call->callee))
            t.only_tidies = false;
        bool works = audit_code_work(code, call) > FLOW_PARSES;
        bool asks = audit_code_aws(code, call, &aws) && str_starts(str_c(aws.operation), S("Head"));
        if ((works && !t.has_work) || !t.first)
            t.first = call;
        t.has_work = t.has_work || (works && !asks);
    }
    t.only_tidies = t.only_tidies && t.first;
    return t;
}

/* What a .catch() stands behind: the expression back to where its statement begins. */
static uint32_t chain_begin(const struct audit_code *code, uint32_t token) {
    uint32_t i = token;
    while (i > 0) {
        const struct code_token *k = &code->tokens[i - 1];
        str text = audit_code_token(code, i - 1);
        if (k->kind == CODE_NEWLINE || k->match > i - 1 ||
            (k->kind == CODE_OP && text.len == 1 && ascii_is_one_of(text.p[0], ";{}=,")))
            break;
        i = k->match < i - 1 ? k->match : i - 1;
    }
    return i;
}

static struct tried tried_by(const struct audit_code *code, uint32_t block) {
    const struct code_block *b = &code->blocks[block], *of = &code->blocks[b->of];
    if (of != b && of->kind == CODE_TRY && of->end <= b->head)
        return tried_in(code, of->first, of->end);
    return tried_in(code, chain_begin(code, b->head - (b->head > 0)), b->head);
}

/* ---- Telling ---- */

static void tell(struct audit_template *t, const struct audit_function *f,
                 const struct audit_code *code, uint32_t first, uint32_t last,
                 const struct code_call *call) {
    if (call) {
        str name = audit_code_callee(t->arena, code, call);
        audit_tell_code(t, &audit_rule_handler_swallowed_error, f, code, first, last,
                        "an error of " STR_FMT " is dropped without a word", STR_ARG(name));
    } else {
        audit_tell_code(t, &audit_rule_handler_swallowed_error, f, code, first, last,
                        "an error is dropped without a word");
    }
}

/* The last token of a CATCH's head: without the colon, bracket or arrow before its body. */
static uint32_t head_end(const struct audit_code *code, const struct code_block *b) {
    uint32_t i = b->head;
    while (i + 1 < b->first && !audit_code_is(code, i + 1, ":") &&
           !audit_code_is(code, i + 1, "{") && code->tokens[i + 1].kind != CODE_NEWLINE)
        i++;
    return i;
}

static void check_catch(struct audit_template *t, const struct audit_function *f,
                        const struct audit_code *code, uint32_t block) {
    const struct code_block *b = &code->blocks[block];
    enum broadness broadness = caught_by(code, b);
    enum deed deed = deed_of(code, b);
    if (broadness == NARROW || deed == DOES_SOMETHING)
        return;
    struct tried tried = tried_by(code, block);
    if (tried.only_tidies || (deed == ANSWERS_CONSTANT && (!tried.has_work || broadness != OF_ALL)))
        return;
    tell(t, f, code, b->head, head_end(code, b), tried.first);
}

/* with suppress(Exception): */
static void check_suppress(struct audit_template *t, const struct audit_function *f,
                           const struct audit_code *code, const struct code_call *call) {
    if (!str_is(audit_flow_last(call->callee), "suppress") ||
        broadness_of(code, call->open, call->close) == NARROW)
        return;
    for (uint32_t b = audit_code_block_at(code, call->close); b < code->n_blocks; b++) {
        const struct code_block *with = &code->blocks[b];
        if (with->kind != CODE_WITH || with->head > call->token)
            continue;
        struct tried tried = tried_in(code, with->first, with->end);
        if (!tried.only_tidies)
            tell(t, f, code, call->token, call->close, tried.first);
        return;
    }
}

/* s3.getObject(p, (err, data) => { data... }) */
static void check_callback(struct audit_template *t, const struct audit_function *f,
                           const struct audit_code *code, const struct code_call *call) {
    struct code_aws aws;
    bool used;
    uint32_t parameter = audit_code_error_parameter(code, call, &used);
    if (parameter && !used && audit_code_aws(code, call, &aws))
        tell(t, f, code, parameter, parameter, call);
}

static void check_code(struct audit_template *t, const struct audit_function *f,
                       const struct audit_code *code) {
    for (uint32_t b = 1; b < code->n_blocks; b++)
        if (code->blocks[b].kind == CODE_CATCH)
            check_catch(t, f, code, b);
    for (uint32_t c = 0; c < code->n_calls; c++)
        if (code->language == CODE_PYTHON)
            check_suppress(t, f, code, &code->calls[c]);
        else
            check_callback(t, f, code, &code->calls[c]);
}

static void check(struct audit_template *t) {
    for (const struct audit_function *f = t->system->functions; f; f = f->next)
        for (const struct audit_code *code = f->code; code; code = code->next)
            if (!code->is_damaged)
                check_code(t, f, code);
}

const struct audit_rule audit_rule_handler_swallowed_error = {
    .id = "handler-swallowed-error",
    .class = 5,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Error that is caught and dropped",
    .why =
        "the invocation counts as a success: nothing is retried, no alarm rises, and the picture is "
        "missing",
    .fix =
        "log it with the record's key, and raise it again; or catch the one kind of error that may "
        "be left alone",
    .bad = "Resources:\n"
           "  Resize:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: nodejs22.x\n"
           "      Handler: index.handler\n"
           "      Code:\n"
           "        ZipFile: |\n"
           "          const { S3 } = require('@aws-sdk/client-s3');\n"
           "          const s3 = new S3({});\n"
           "          exports.handler = async (event) => {\n"
           "            try {\n"
           "              await s3.getObject({ Bucket: 'pictures', Key: event.key });\n"
           "            } catch (error) {}\n"
           "          };\n",
    .good = "Resources:\n"
            "  Resize:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: nodejs22.x\n"
            "      Handler: index.handler\n"
            "      Code:\n"
            "        ZipFile: |\n"
            "          const { S3 } = require('@aws-sdk/client-s3');\n"
            "          const s3 = new S3({});\n"
            "          exports.handler = async (event) => {\n"
            "            try {\n"
            "              await s3.getObject({ Bucket: 'pictures', Key: event.key });\n"
            "            } catch (error) {\n"
            "              console.error('could not read', event.key, error);\n"
            "              throw error;\n"
            "            }\n"
            "          };\n",
    .check = check,
};
