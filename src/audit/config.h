#pragma once
/*
 * audit/config: what a project's .calotype.yaml says of its audits:
 *
 *   audit:
 *     profile: image-pipeline        # baseline, image-pipeline, all
 *     severity: info                 # what is shown: info, warning, error
 *     fail-on: warning               # what ends with exit code 3
 *     ignore:
 *       - dashboard-missing
 *       - {id: hard-coded-region, resource: Uploads, files: legacy-*, reason: one region alone}
 *
 * Owned by whoever reads it; one thread.
 */
#include "audit/audit.h"

struct audit_config {
    struct tmpl *tree; /* owned; the texts below are its */
    struct arena arena;
    const enum audit_profile *profile; /* NULL: the file does not say */
    const enum audit_severity *least, *fail_on;
    const struct audit_ignore *ignored;
    size_t n_ignored;
};
/*
 * Reads a file's text; path is for words. *ret need not be set before and is deinit'ed by the caller
 * either way. 0, or -EINVAL with "PATH:LINE:COLUMN: what, what to do".
 */
int audit_config_read(struct audit_config *ret, const char *path, str text, struct err *err);
void audit_config_deinit(struct audit_config *config);
/* By name; false leaves *ret alone. */
bool audit_profile_of(str name, enum audit_profile *ret);
bool audit_severity_of(str name, enum audit_severity *ret);
extern const char *const audit_profiles[];   /* by enum, NULL behind */
extern const char *const audit_severities[]; /* likewise */
