/* Functions with too little memory to decode a photograph. */
#include "audit/rules/function_size_priv.h"

#include <math.h>

enum { ENOUGH_MB = 512 };

static void mend(struct audit_template *, struct audit_finding *finding,
                 const struct audit_function *f, const struct audit_value *value) {
    audit_function_size_set(finding, f->r, value, "MemorySize", ENOUGH_MB);
}

static const struct function_size size = {
    .rule = &audit_rule_function_memory_low,
    .property = "MemorySize",
    .before = "the function has ",
    .behind = " MB of memory",
    .otherwise = "128",
    .from = -INFINITY,
    .to = ENOUGH_MB,
    .is_of_image_work = true,
    .mend = mend,
};

static void check(struct audit_template *t) { audit_function_size_check(t, &size); }

const struct audit_rule audit_rule_function_memory_low = {
    .id = "function-memory-low",
    .class = 6,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_PIPELINE,
    .title = "Function with too little memory for image work",
    .why =
        "a photograph of 24 megapixels takes 70 to 100 MB once decoded, so the function is killed at "
        "the first large one, and with less memory it also gets less processor",
    .fix = "set MemorySize to 512 or more",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: app.handler\n"
           "      MemorySize: 128\n"
           "      Timeout: 60\n",
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
