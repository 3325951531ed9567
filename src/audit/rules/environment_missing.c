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
    struct map *told; /* names */
};

/* Does any code of the function set the variable itself: os.environ['X'] = …, process.env.X = …? */
static bool is_set_by_code(const struct audit_code *code, str name) {
    for (; code; code = code->next)
        for (uint32_t i = 0; i + 2 < code->n_tokens; i++) {
            str word = audit_code_word(code, i);
            if (!word.p || !str_eq(word, name))
                continue;
            uint32_t next = i + 1 + (audit_code_is(code, i + 1, "]") ? 1 : 0);
            if (next < code->n_tokens &&
                (audit_code_is(code, next, "=") || audit_code_is(code, next, "||=") ||
                 audit_code_is(code, next, "\?\?=")))
                return true;
            if (i > 1 && audit_code_is(code, i - 1, "(") &&
                audit_code_is(code, i - 2, "setdefault"))
                return true;
        }
    return false;
}

static void on_read(void *ctx, str name, uint32_t token, bool has_default) {
    struct reads *r = ctx;
    if (has_default || is_given(name) || map_get(r->told, name))
        return;
    str path = arena_printf(r->t->arena, "Environment.Variables." STR_FMT, STR_ARG(name));
    if (str_chr(name, '.') >= 0 || str_chr(name, '[') >= 0 ||
        audit_has(r->t, r->function->r, path.p) || is_set_by_code(r->function->code, name))
        return;
    map_put(r->told, name, r);
    audit_tell_code(r->t, &audit_rule_environment_missing, r->function, r->code, token, token,
                    "the code reads " STR_FMT ", which the function's environment does not set",
                    STR_ARG(name));
}

static void check(struct audit_template *t) {
    for (const struct audit_function *f = t->system->functions; !t->is_partial && f; f = f->next) {
        struct map told = {0};
        for (const struct audit_code *code = f->code; code; code = code->next)
            if (!code->is_damaged)
                audit_code_each_env(
                    code, on_read,
                    &(struct reads){.t = t, .function = f, .code = code, .told = &told});
        map_deinit(&told);
    }
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
