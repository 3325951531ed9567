#pragma once
/*
 * audit: reads templates, asks the rules, and keeps what they tell, sorted.
 *
 * One audit is one call of the program, or one template of an editor; one thread. Nothing outside the
 * texts is looked at but files that a template names below its own folder (code, nested templates,
 * includes), and those only where options say so.
 */
#include "audit/finding.h"

/* A rule that is not told: everywhere, of one resource, or of the files that a pattern names. */
struct audit_ignore {
    const char *id, *resource, *files; /* resource and files ("*" and "?") may be NULL */
};
/* What to look for and what to leave out. All borrowed for the audit's life. */
struct audit_options {
    enum audit_profile profile;
    enum audit_severity least; /* findings below it are not there */
    const struct audit_ignore *ignored;
    size_t n_ignored;
    const struct audit_rule *only; /* for tests: nothing but this rule; or NULL */
    bool reads_files;              /* code, nested templates and includes beside the template */
};

struct audit; /* opaque */
struct audit *audit_new(const struct audit_options *options);
struct audit *audit_free(struct audit *a);
DEFINE_FREEP(audit)

/*
 * Audits one template; path is what people are told, and where what it names is looked for ("-": text
 * came from stdin, the current folder). The text is copied. 0, or AUDIT_E_TEMPLATE: it is damaged;
 * findings of the rule `template-invalid` say where, and rules were asked of what can be understood.
 */
enum { AUDIT_E_TEMPLATE = OUTCOMES_AUDIT };
int audit_template_read(struct audit *a, const char *path, str text);

/* By file, then by place. Those that the template or the options ignore are not among them. */
struct audit_finding *const *audit_findings(struct audit *a, size_t *ret_n);
/* By a finding's or an edit's start.file. */
const struct audit_file *audit_file_of(const struct audit *a, uint32_t number);
