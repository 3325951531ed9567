/* Functions that may run far longer than image work takes. */
#include "audit/rules/function_size_priv.h"

#include <math.h>

enum { MOST_S = 300 };

static void mend(struct audit_template *, struct audit_finding *finding,
                 const struct audit_function *f, const struct audit_value *value) {
    audit_function_size_set(finding, f->r, value, "Timeout", MOST_S);
}

static const struct function_size size = {
    .rule = &audit_rule_function_timeout_high,
    .property = "Timeout",
    .before = "the function may run for ",
    .behind = " s",
    .from = MOST_S + 1,
    .to = INFINITY,
    .mend = mend,
};

static void check(struct audit_template *t) { audit_function_size_check(t, &size); }

const struct audit_rule audit_rule_function_timeout_high = {
    .id = "function-timeout-high",
    .class = 12,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Function that may run longer than image work takes",
    .why =
        "one that hangs is paid until then, holds its place in the concurrency, and is noticed late",
    .fix = "set Timeout to 300 or less",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: app.handler\n"
           "      Timeout: 900\n",
    .good = "Resources:\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: app.handler\n"
            "      Timeout: 300\n",
    .check = check,
};
