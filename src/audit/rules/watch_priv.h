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
 * The topic that alarms of r's Condition may tell: one that alarms use, or that people subscribe to and
 * nothing else; else a new one, which f then makes. Its name.
 */
str audit_watch_topic(struct audit_template *t, struct audit_finding *f,
                      const struct audit_resource *r);
/* Appends "Tags:" with what a new resource of the type should have, two spaces in; nothing where it needs none. */
void audit_watch_tags(struct audit_template *t, struct buf *body, const char *type);

/* Are there, or may there be, resources that watch f in a template that nests this one or is nested? */
bool audit_watch_is_elsewhere(const struct audit_template *t, const struct audit_function *f);

/* ---- Log groups ---- */

/* Has f one, by its name or because f says so? Also where that cannot be told. */
bool audit_watch_has_group(const struct audit_template *t, const struct audit_function *f);
/*
 * By a log group's index as a resource: the function that the group is meant for and whose name it has
 * not; NULL: none. In the audit's arena.
 */
const struct audit_function *const *audit_watch_misnamed(const struct audit_template *t);
/* What f's log group should be called, as YAML. */
str audit_watch_group_name(struct audit_template *t, const struct audit_function *f);
