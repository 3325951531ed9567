#pragma once
/*
 * audit/rules/function_size: functions whose memory, time or concurrency lies in a range where it
 * should not: what the rules of too small and of too large functions share.
 */
#include "audit/finding.h"
#include "audit/system.h"

/* One property, and the range that is wrong: from <= value < to. */
struct function_size {
    const struct audit_rule *rule;
    const char *property;
    const char *before, *behind; /* the message around the value: "the function has ", " MB" */
    const char *otherwise; /* what Lambda takes where nothing is said; NULL: nothing is wrong */
    double from, to;
    bool is_of_image_work; /* functions that only serve custom resources are left alone */
    /* Adds the fix; value as found, of f. */
    void (*mend)(struct audit_template *t, struct audit_finding *finding,
                 const struct audit_function *f, const struct audit_value *value);
};
void audit_function_size_check(struct audit_template *t, const struct function_size *size);
/* The fix: the property is `better` in the place of value. */
void audit_function_size_set(struct audit_finding *finding, const struct audit_resource *r,
                             const struct audit_value *value, const char *property, double better);

/* The least and the most of a property in seconds, `otherwise` where it is not there. False: unknown. */
bool audit_function_size_range(const struct audit_template *t, const struct audit_value *value,
                               double otherwise, struct audit_range *ret);

/* What Lambda and SQS take where nothing is said, and the most that SQS allows, in seconds. */
enum { FUNCTION_TIMEOUT_S = 3, QUEUE_VISIBILITY_S = 30, QUEUE_VISIBILITY_MOST_S = 43200 };
/*
 * How long a queue should hide a message from others while a function works: six times the function's
 * timeout ("Configuring a queue to use with Lambda", Lambda developer guide).
 */
double audit_function_size_visibility(double timeout_s);
/* Sets the timeout, and the visibility of the queues that the function reads and that would be too short. */
void audit_function_size_set_timeout(struct audit_template *t, struct audit_finding *finding,
                                     const struct audit_function *f,
                                     const struct audit_value *value, double timeout_s);
