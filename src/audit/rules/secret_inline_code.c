/* Secrets in the code of functions. */
#include "audit/finding.h"
#include "audit/rules/secret_priv.h"
#include "audit/system.h"

static void tell(struct audit_template *t, const struct audit_function *f,
                 const struct audit_code *code, size_t from, size_t end, str name,
                 const char *what) {
    struct tmpl_pos start = audit_code_pos(code, (uint32_t)from),
                    stop = audit_code_pos(code, (uint32_t)end);
    const struct audit_rule *rule = &audit_rule_secret_inline_code;
    if (name.p)
        audit_tell_range(t, rule, f->r, start, stop, NULL, "the code sets " STR_FMT " to a secret",
                         STR_ARG(name));
    else
        audit_tell_range(t, rule, f->r, start, stop, NULL, "the code holds %s", what);
}

/* ---- By what they are given to ---- */

/* The token before, lines and indentation passed over; n_tokens: none. */
static uint32_t before(const struct audit_code *code, uint32_t token) {
    while (token > 0) {
        token--;
        if (code->tokens[token].kind < CODE_NEWLINE)
            return token;
    }
    return code->n_tokens;
}

static bool is_given(const struct audit_code *code, uint32_t token) {
    static const char *const marks[] = {"=", ":", "||", "??", "or"};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (audit_code_is(code, token, marks[i]))
            return true;
    return false;
}

/* What a name or a string says; absent for other tokens. */
static str name_of(const struct audit_template *t, const struct audit_code *code, uint32_t token) {
    if (token >= code->n_tokens)
        return STR_NONE;
    if (code->tokens[token].kind == CODE_NAME)
        return audit_code_token(code, token);
    return code->tokens[token].kind == CODE_STRING ? audit_code_string(t->arena, code, token)
                                                   : STR_NONE;
}

/*
 * The name that a string is given to: password = "…", "password": "…", process.env.PASSWORD || "…",
 * os.environ.get("PASSWORD", "…"); a type between (password: str = "…") is passed over.
 */
static str target_of(const struct audit_template *t, const struct audit_code *code,
                     uint32_t token) {
    uint32_t mark = before(code, token), left = mark < code->n_tokens ? before(code, mark) : mark;
    if (left >= code->n_tokens)
        return STR_NONE;
    if (audit_code_is(code, mark, ","))
        return code->tokens[left].kind == CODE_STRING &&
                       audit_code_is(code, before(code, left), "(")
                   ? name_of(t, code, left)
                   : STR_NONE;
    if (!is_given(code, mark))
        return STR_NONE;
    if (audit_code_is(code, left, "]"))
        left = before(code, left);
    uint32_t colon = before(code, left);
    if (audit_code_is(code, mark, "=") && colon < code->n_tokens && audit_code_is(code, colon, ":"))
        left = before(code, colon);
    return name_of(t, code, left);
}

static void look_at_strings(struct audit_template *t, const struct audit_function *f,
                            const struct audit_code *code) {
    struct audit_secret found;
    for (uint32_t i = 0; i < code->n_tokens; i++) {
        const struct code_token *token = &code->tokens[i];
        size_t at = 0;
        if (token->kind != CODE_STRING || token->has_holes)
            continue;
        str text = audit_code_string(t->arena, code, i);
        if (!text.p || audit_secret_next(text, &at, &found))
            continue;
        str name = target_of(t, code, i);
        if (name.p && audit_secret_name(name) && audit_secret_value(name, text))
            tell(t, f, code, token->at, token->at + token->len, name, NULL);
        else if (audit_secret_is_random(text) && !audit_secret_is_digest(name) &&
                 !audit_secret_is_placeholder(text))
            tell(t, f, code, token->at, token->at + token->len, STR_NONE, "what looks like a key");
    }
}

/* By shape: comments keep secrets no better than strings do. */
static void look_at_text(struct audit_template *t, const struct audit_function *f,
                         const struct audit_code *code) {
    struct audit_secret found;
    for (size_t at = 0; audit_secret_next(code->text, &at, &found);)
        tell(t, f, code, found.from, found.end, STR_NONE, found.what);
}

static void check(struct audit_template *t) {
    for (const struct audit_function *f = t->system->functions; f; f = f->next)
        for (const struct audit_code *code = f->code; code; code = code->next) {
            look_at_text(t, f, code);
            look_at_strings(t, f, code);
        }
}

const struct audit_rule audit_rule_secret_inline_code = {
    .id = "secret-inline-code",
    .class = 3,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Secret in code",
    .why = "whoever reads the template, the package or the repository's history has it",
    .fix = "keep it in Secrets Manager, and read it when the code starts",
    .bad = "Resources:\n"
           "  Process:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: index.handler\n"
           "      Code:\n"
           "        ZipFile: |\n"
           "          API_KEY = 'q8Zr2LkP0vXn5TyB'\n"
           "          def handler(event, context):\n"
           "              return send(API_KEY, event)\n",
    .good = "Resources:\n"
            "  Process:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: index.handler\n"
            "      Code:\n"
            "        ZipFile: |\n"
            "          import os\n"
            "          API_KEY = os.environ['API_KEY']\n"
            "          def handler(event, context):\n"
            "              return send(API_KEY, event)\n",
    .check = check,
};
