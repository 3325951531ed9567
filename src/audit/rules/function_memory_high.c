/* Functions with far more memory than image work takes. */
#include "audit/rules/function_size_priv.h"

#include <math.h>

enum { MOST_MB = 2048 };

static void mend(struct audit_template *, struct audit_finding *finding,
                 const struct audit_function *f, const struct audit_value *value) {
    audit_function_size_set(finding, f->r, value, "MemorySize", MOST_MB);
}

static const struct function_size size = {
    .rule = &audit_rule_function_memory_high,
    .property = "MemorySize",
    .before = "the function has ",
    .behind = " MB of memory",
    .from = MOST_MB + 1,
    .to = INFINITY,
    .mend = mend,
};

static void check(struct audit_template *t) { audit_function_size_check(t, &size); }

const struct audit_rule audit_rule_function_memory_high = {
    .id = "function-memory-high",
    .class = 12,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Function with more memory than image work takes",
    .why = "each millisecond is paid by the memory that is set, whether it is used or not",
    .fix =
        "set MemorySize to 2048 or less, or to what Max Memory Used in the log's REPORT lines asks for",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: app.handler\n"
           "      MemorySize: 10240\n",
    .good = "Resources:\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: app.handler\n"
            "      MemorySize: 2048\n",
    .check = check,
};
