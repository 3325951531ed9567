/* Functions that are ended before a photograph is worked through. */
#include "audit/rules/function_size_priv.h"

#include <math.h>

enum { LEAST_S = 30, GOOD_S = 60 };

static void mend(struct audit_template *t, struct audit_finding *finding,
                 const struct audit_function *f, const struct audit_value *value) {
    audit_function_size_set_timeout(t, finding, f, value, GOOD_S);
}

static const struct function_size size = {
    .rule = &audit_rule_function_timeout_low,
    .property = "Timeout",
    .before = "the function is ended after ",
    .behind = " s",
    .otherwise = "3",
    .from = -INFINITY,
    .to = LEAST_S,
    .is_of_image_work = true,
    .mend = mend,
};

static void check(struct audit_template *t) { audit_function_size_check(t, &size); }

const struct audit_rule audit_rule_function_timeout_low = {
    .id = "function-timeout-low",
    .class = 6,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_PIPELINE,
    .title = "Function with too little time for image work",
    .why =
        "fetching, decoding and storing a large photograph takes longer, so the work is cut off, "
        "tried again from its beginning, and paid each time",
    .fix = "set Timeout to 60",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: app.handler\n"
           "      MemorySize: 1024\n",
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
