/* Functions that may run so few times at once that uploads are refused. */
#include "audit/rules/function_size_priv.h"

#include <math.h>

/*
 * Five, since Lambda polls a queue with five batches at once from the start ("Configuring scaling
 * behavior for SQS event source mappings", Lambda developer guide).
 */
enum { LEAST = 5 };

/*
 * Without a reservation the function shares what the account has. None at all (0) switches a function
 * off on purpose: that is not undone.
 */
static void mend(struct audit_template *, struct audit_finding *finding,
                 const struct audit_function *f, const struct audit_value *value) {
    const char *name = "ReservedConcurrentExecutions";
    if (str_is(value->text, "0"))
        return;
    const struct tmpl_node *const maps[] = {f->r->properties, f->r->globals};
    for (size_t i = 0; i < ARRAY_LEN(maps); i++)
        if (tmpl_get(maps[i], name) == value->node) {
            audit_fix_remove(finding, maps[i], value->node);
            return;
        }
    audit_fix_replace(finding, value->node, "!Ref AWS::NoValue");
}

static const struct function_size size = {
    .rule = &audit_rule_function_concurrency_low,
    .property = "ReservedConcurrentExecutions",
    .before = "the function is kept to ",
    .behind = " at a time",
    .from = -INFINITY,
    .to = LEAST,
    .is_of_image_work = true,
    .mend = mend,
};

static void check(struct audit_template *t) { audit_function_size_check(t, &size); }

const struct audit_rule audit_rule_function_concurrency_low = {
    .id = "function-concurrency-low",
    .class = 6,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Function whose reserved concurrency strangles it",
    .why =
        "invocations beyond it are throttled, so photographs that are uploaded together wait for "
        "hours or end as dead letters",
    .fix = "reserve 5 or more, or leave ReservedConcurrentExecutions out",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: app.handler\n"
           "      ReservedConcurrentExecutions: 1\n",
    .good = "Resources:\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: app.handler\n"
            "      ReservedConcurrentExecutions: 50\n",
    .check = check,
};
