/* Functions whose time suffices for most photographs and not for the largest. */
#include "audit/rules/function_size_priv.h"

enum { LEAST_S = 30, GOOD_S = 60 };

static void mend(struct audit_template *t, struct audit_finding *finding,
                 const struct audit_function *f, const struct audit_value *value) {
    audit_function_size_set_timeout(t, finding, f, value, GOOD_S);
}

static const struct function_size size = {
    .rule = &audit_rule_function_timeout_tight,
    .property = "Timeout",
    .before = "the function is ended after ",
    .behind = " s",
    .from = LEAST_S,
    .to = GOOD_S,
    .is_of_image_work = true,
    .mend = mend,
};

static void check(struct audit_template *t) { audit_function_size_check(t, &size); }

const struct audit_rule audit_rule_function_timeout_tight = {
    .id = "function-timeout-tight",
    .class = 6,
    .severity = AUDIT_INFO,
    .profile = AUDIT_PIPELINE,
    .title = "Function whose time is tight for image work",
    .why =
        "a cold start and the largest photographs may take longer, and then the work begins again",
    .fix = "set Timeout to 60",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: app.handler\n"
           "      MemorySize: 1024\n"
           "      Timeout: 30\n",
    .good = "Resources:\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: app.handler\n"
            "      MemorySize: 1024\n"
            "      Timeout: 60\n",
    .check = check,
};
