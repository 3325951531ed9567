/* Handlers that take whatever was uploaded: no look at its type, its size or its content. */
#include "audit/rules/flow_priv.h"

#include "base/ascii.h"

/* ---- Words by which a look is known ---- */

/* A word without '_' and '-', in small letters, of at most that many bytes. */
enum { LONGEST = 40 };
struct word {
    char text[LONGEST + 1];
    size_t n;
};

static struct word bare(str text) {
    struct word w = {0};
    for (size_t i = 0; i < text.len && w.n < LONGEST; i++)
        if (!ascii_is_one_of(text.p[i], "_-"))
            w.text[w.n++] = ascii_lower(text.p[i]);
    return w;
}

static bool has_any(const struct word *w, const char *const *parts) {
    for (; *parts; parts++)
        if (strstr(w->text, *parts))
            return true;
    return false;
}

static bool is_any(const struct word *w, const char *const *words) {
    for (; *words; words++)
        if (strcmp(w->text, *words) == 0)
            return true;
    return false;
}

/* Looks wherever they stand: calls that fail or answer, and limits that decoders keep. */
static bool looks_itself(const struct audit_code *code, uint32_t token, const struct word *w) {
    static const char *const calls[] = {
        "valid",       "moderation",  "checkimage", "checkfile", "checktype",  "checksize",
        "checkupload", "checkobject", "isimage",    "filetype",  "guesstype",  "sniff",
        "scanfile",    "scanobject",  "virusscan",  "clamscan",  "detectmime", NULL};
    static const char *const exact[] = {"verify", "assert", NULL};
    static const char *const anywhere[] = {"limitinputpixels",
                                           "maximagepixels",
                                           "decompressionbomb",
                                           "unidentifiedimageerror",
                                           "imghdr",
                                           "puremagic",
                                           NULL};
    if (has_any(w, anywhere))
        return true;
    return code->tokens[token].kind == CODE_NAME && token + 1 < code->n_tokens &&
           audit_code_is(code, token + 1, "(") && !strstr(w->text, "invalidat") &&
           (has_any(w, calls) || is_any(w, exact));
}

/* Looks where something is decided by them. */
static bool looks_in_decision(const struct audit_code *code, uint32_t token, const struct word *w) {
    static const char *const parts[] = {
        "contenttype", "contentlength", "mime",      "filesize",   "imagesize", "objectsize",
        "bodysize",    "extension",     "imagetype", "filetype",   "fileext",   "imageformat",
        "imgformat",   "allowed",       "supported", "permitted",  "accepted",  "magic",
        "signature",   "pixels",        "image/",    "jpg",        "jpeg",      "jpe?g",
        "png",         "webp",          ".gif",      "\\xff\\xd8", "isimage",   NULL};
    static const char *const exact[] = {"size", "ext", "suffix", "gif", NULL};
    static const char *const bounds[] = {"max", "min", "limit", NULL};
    static const char *const bounded[] = {"size",      "byte",  "length", "mb",
                                          "dimension", "width", "height", "upload",
                                          "file",      "image", "object", NULL};
    bool is_call = token + 1 < code->n_tokens && audit_code_is(code, token + 1, "(");
    if (strcmp(w->text, "format") == 0)
        return !is_call;
    if (!is_call && has_any(w, bounds) && has_any(w, bounded))
        return true;
    return has_any(w, parts) || is_any(w, exact);
}

/* ---- Where something is decided ---- */

/* Compares or tests: makes its statement a decision. */
static bool decides(const struct audit_code *code, uint32_t token) {
    static const char *const ops[] = {
        "<", ">", "<=", ">=", "==", "!=", "===", "!==", "in", "is", "assert", "case", NULL};
    static const char *const calls[] = {
        "endswith",   "endsWith",   "test",   "match", "search", "fullmatch", "includes",
        "startswith", "startsWith", "filter", "some",  "has",    NULL};
    const struct code_token *k = &code->tokens[token];
    if (k->kind != CODE_OP && k->kind != CODE_NAME)
        return false;
    str text = audit_code_token(code, token);
    for (size_t i = 0; ops[i]; i++)
        if (str_is(text, ops[i]))
            return true;
    return k->kind == CODE_NAME && token + 1 < code->n_tokens &&
           audit_code_is(code, token + 1, "(") && audit_flow_is_one_of(text, calls);
}

/* Behind which token a statement (in JavaScript: a line) ends. */
static bool ends_statement(const struct audit_code *code, uint32_t token) {
    const struct code_token *k = &code->tokens[token];
    if (k->kind == CODE_NEWLINE || k->kind == CODE_INDENT || k->kind == CODE_DEDENT ||
        k->kind == CODE_END)
        return true;
    if (code->language == CODE_PYTHON || token + 1 >= code->n_tokens)
        return false;
    const struct code_token *next = k + 1;
    str between = str_slice(code->text, k->at + k->len, next->at);
    return audit_code_is(code, token, ";") || audit_code_is(code, token, "{") ||
           audit_code_is(code, token, "}") || str_chr(between, '\n') >= 0;
}

static bool statement_looks(const struct audit_code *code, uint32_t first, uint32_t end,
                            const bool *in_if) {
    bool decision = false, has_for = false, of_records = false;
    for (uint32_t i = first; i < end; i++) {
        has_for = has_for || audit_code_is(code, i, "for");
        of_records = of_records || audit_code_says(code, i, "Records");
    }
    for (uint32_t i = first; i < end; i++)
        decision = decision || in_if[i] ||
                   (decides(code, i) && !(has_for && audit_code_is(code, i, "in")) &&
                    !(has_for && of_records));
    for (uint32_t i = first; i < end; i++) {
        str text = code->tokens[i].kind == CODE_REGEX ? audit_code_token(code, i)
                                                      : audit_code_word(code, i);
        if (!text.p)
            continue;
        struct word w = bare(text);
        if (looks_itself(code, i, &w) || (decision && looks_in_decision(code, i, &w)))
            return true;
    }
    return false;
}

static bool looks(const struct audit_template *t, const struct audit_code *code) {
    bool *in_if = arena_zalloc(t->arena, code->n_tokens * sizeof *in_if);
    for (uint32_t b = 1; b < code->n_blocks; b++)
        if (code->blocks[b].kind == CODE_IF)
            for (uint32_t i = code->blocks[b].head; i < code->blocks[b].first; i++)
                in_if[i] = true;
    for (uint32_t i = 0, first = 0; i < code->n_tokens; i++) {
        if (!ends_statement(code, i))
            continue;
        if (statement_looks(code, first, i, in_if))
            return true;
        first = i + 1;
    }
    return false;
}

/* ---- What is processed ---- */

/* The first call that does something with an object, best one of S3: not one that only asks about it. */
static const struct code_call *processing(const struct audit_flow *flow) {
    const struct code_call *first = NULL;
    for (uint32_t i = 0; i < flow->code->n_calls; i++) {
        const struct code_call *call = &flow->code->calls[i];
        struct code_aws aws;
        bool is_aws = audit_code_aws(flow->code, call, &aws);
        if ((is_aws && str_starts(str_c(aws.operation), S("Head"))) ||
            audit_flow_work(flow, call) <= FLOW_PARSES || !audit_flow_runs(flow, call))
            continue;
        if (is_aws && strcmp(aws.service, "s3") == 0)
            return call;
        first = first ? first : call;
    }
    return first;
}

static bool takes_objects(const struct audit_code *code) {
    if (audit_code_takes_objects(code))
        return true;
    for (uint32_t i = 0; i < code->n_calls; i++) {
        struct code_aws aws;
        if (audit_code_aws(code, &code->calls[i], &aws) &&
            str_is(str_c(aws.operation), "GetObject"))
            return true;
    }
    return false;
}

static void check_handler(const struct audit_flow *flow) {
    const struct code_call *call = processing(flow);
    if (!call || !takes_objects(flow->code))
        return;
    for (const struct audit_code *code = flow->function->code; code; code = code->next)
        if (looks(flow->t, code))
            return;
    audit_tell_code(flow->t, &audit_rule_handler_no_validation, flow->function, flow->code,
                    call->token, call->open ? call->open - 1 : call->token,
                    "the handler processes an object without a look at its type, size or content");
}

static void check(struct audit_template *t) { audit_flow_each(t, true, check_handler); }

const struct audit_rule audit_rule_handler_no_validation = {
    .id = "handler-no-validation",
    .class = 14,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Handler that takes whatever is uploaded",
    .why =
        "a file that is no picture, is larger than the memory or breaks the decoder costs a time-out "
        "and two retries, and what it holds is handed on",
    .fix = "refuse by size and type before the object is read, and by its first bytes before it is "
           "decoded",
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
        "              what = event['Records'][0]['s3']\n"
        "              s3.get_object(Bucket=what['bucket']['name'], Key=what['object']['key'])\n",
    .good =
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
        "              what = event['Records'][0]['s3']\n"
        "              if what['object']['size'] > 50000000:\n"
        "                  raise ValueError('too large')\n"
        "              s3.get_object(Bucket=what['bucket']['name'], Key=what['object']['key'])\n",
    .check = check,
};
