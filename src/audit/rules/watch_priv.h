#pragma once
/*
 * audit/rules/watch: what watches functions: alarms and their topic, log groups. What the rules of
 * watching share.
 */
#include "audit/finding.h"
#include "audit/system.h"

/* ---- Alarms ---- */

/* An alarm that each function of image work should have. */
struct watch_alarm {
    const struct audit_rule *rule;
    const char *metric, *statistic;
    const char *what;        /* "errors": of the message */
    const char *description; /* of a new alarm: "%s failed": the function */
};
/*
 * Tells of the functions that have none. threshold answers that of a new alarm, in the metric's unit;
 * 0: it cannot be said, so there is no fix. NULL: 1.
 */
void audit_watch_alarm_check(struct audit_template *t, const struct watch_alarm *alarm,
                             double (*threshold)(const struct audit_template *t,
                                                 const struct audit_function *f));
/*
 * The topic that new alarms tell: one that alarms use, or that people subscribe to and nothing else;
 * else a new one, which each finding then makes. Zeroed at first; for one rule and template.
 */
struct watch_topic {
    str name, body; /* body absent: the topic is there */
};
str audit_watch_topic_for(struct audit_template *t, struct watch_topic *topic,
                          struct audit_finding *f);
/* Appends "Tags:" with what a new resource of the type should have, two spaces in; nothing where it needs none. */
void audit_watch_tags(struct audit_template *t, struct buf *body, const char *type);

/*
 * By index: a nested stack gets the resource's name, so that what watches it may be there. NULL: of all,
 * for the stack that nests this one hands its outputs on. In the audit's arena.
 */
const bool *audit_watch_handed_on(const struct audit_template *t);

/* ---- Log groups ---- */

/* By a resource's index, in the audit's arena. */
struct watch_groups {
    /* A function of image work has none, by its name or because it says so; nor may one be its. */
    const bool *is_lacking;
    /* The lacking function that a group is meant for and whose name it has not; NULL: none. */
    const struct audit_function *const *meant_for;
    const bool *has_misnamed; /* such a function has such a group */
};
struct watch_groups audit_watch_groups(const struct audit_template *t);
/* What f's log group should be called, as YAML. */
str audit_watch_group_name(struct audit_template *t, const struct audit_function *f);
