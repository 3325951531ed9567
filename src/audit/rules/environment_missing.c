/* Environment variables that code reads, without a default, and that its function does not set. */
#include "audit/rules/flow_priv.h"

#include "base/map.h"

/*
 * What Lambda sets ("Defined runtime environment variables", Lambda developer guide) and what every
 * process has; and beginnings of those that layers and extensions bring with defaults of their own.
 */
static bool is_given(str name) {
    static const char *const names[] = {"_HANDLER",
                                        "_X_AMZN_TRACE_ID",
                                        "LAMBDA_TASK_ROOT",
                                        "LAMBDA_RUNTIME_DIR",
                                        "TZ",
                                        "LANG",
                                        "PATH",
                                        "LD_LIBRARY_PATH",
                                        "NODE_PATH",
                                        "NODE_OPTIONS",
                                        "NODE_ENV",
                                        "NODE_EXTRA_CA_CERTS",
                                        "PYTHONPATH",
                                        "PYTHONUNBUFFERED",
                                        "HOME",
                                        "PWD",
                                        "USER",
                                        "HOSTNAME",
                                        "TMPDIR",
                                        "TMP",
                                        "TEMP",
                                        "SHLVL",
                                        "CI",
                                        "HTTP_PROXY",
                                        "HTTPS_PROXY",
                                        "NO_PROXY",
                                        "IS_OFFLINE"};
    static const char *const beginnings[] = {"AWS_",    "_AWS_",   "LAMBDA_", "POWERTOOLS_",
                                             "DD_",     "OTEL_",   "npm_",    "JEST_",
                                             "PYTEST_", "SENTRY_", "LUMIGO_", "NEW_RELIC_"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is(name, names[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
        if (str_starts(name, str_c(beginnings[i])))
            return true;
    return false;
}

struct reads {
    struct audit_template *t;
    const struct audit_function *function;
    const struct audit_code *code;
    struct map told, set; /* names: found already, and those that the code sets */
};

/* os.environ[ or process.env. before a token, or os.environ.setdefault( */
static bool is_of_environment(const struct audit_code *code, uint32_t token) {
    return token > 2 &&
           (((audit_code_is(code, token - 1, "[") || audit_code_is(code, token - 1, ".")) &&
             (audit_code_is(code, token - 2, "environ") ||
              audit_code_is(code, token - 2, "env"))) ||
            (audit_code_is(code, token - 1, "(") && audit_code_is(code, token - 2, "setdefault")));
}

/* Notes what the code sets itself. */
static void note_set(struct map *set, const struct audit_code *code) {
    for (uint32_t i = 0; i + 2 < code->n_tokens; i++) {
        if (!is_of_environment(code, i) || !audit_code_word(code, i).len)
            continue;
        uint32_t next = i + 1 + (audit_code_is(code, i + 1, "]") ? 1 : 0);
        if (audit_code_is(code, i - 2, "setdefault") || audit_code_is(code, next, "=") ||
            audit_code_is(code, next, "||=") || audit_code_is(code, next, "\?\?="))
            map_put(set, audit_code_word(code, i), set);
    }
}

static void on_read(void *ctx, str name, uint32_t token, bool has_default) {
    struct reads *r = ctx;
    if (has_default || is_given(name) || map_get(&r->told, name) || map_get(&r->set, name))
        return;
    str path = arena_printf(r->t->arena, "Environment.Variables." STR_FMT, STR_ARG(name));
    if (str_chr(name, '.') >= 0 || str_chr(name, '[') >= 0 ||
        audit_has(r->t, r->function->r, path.p))
        return;
    map_put(&r->told, name, r);
    audit_tell_code(r->t, &audit_rule_environment_missing, r->function, r->code, token, token,
                    "the code reads " STR_FMT ", which the function's environment does not set",
                    STR_ARG(name));
}

static void check_function(struct audit_template *t, const struct audit_function *f) {
    struct reads r = {.t = t, .function = f};
    for (const struct audit_code *code = f->code; code; code = code->next)
        note_set(&r.set, code);
    for (r.code = f->code; r.code; r.code = r.code->next)
        if (!r.code->is_damaged)
            audit_code_each_env(r.code, on_read, &r);
    map_deinit(&r.told);
    map_deinit(&r.set);
}

static void check(struct audit_template *t) {
    for (const struct audit_function *f = t->system->functions; !t->is_partial && f; f = f->next)
        if (f->code)
            check_function(t, f);
}

const struct audit_rule audit_rule_environment_missing = {
    .id = "environment-missing",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Environment variable that code reads and nobody sets",
    .why = "the first invocation fails where it is read, or goes on with nothing in its place",
    .fix = "set it below Environment: Variables, or give it a default in the code",
    .bad = "Resources:\n"
           "  Record:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: index.handler\n"
           "      Code:\n"
           "        ZipFile: |\n"
           "          import os\n"
           "          TABLE = os.environ['TABLE_NAME']\n"
           "          def handler(event, context):\n"
           "              return TABLE\n",
    .good = "Resources:\n"
            "  Record:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: index.handler\n"
            "      Environment: {Variables: {TABLE_NAME: pictures}}\n"
            "      Code:\n"
            "        ZipFile: |\n"
            "          import os\n"
            "          TABLE = os.environ['TABLE_NAME']\n"
            "          LEVEL = os.environ.get('LOG_LEVEL', 'INFO')\n"
            "          def handler(event, context):\n"
            "              return TABLE, LEVEL\n",
    .check = check,
};
