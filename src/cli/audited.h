#pragma once
/* cli/audited: what `audit` and `deploy` share: the project's .calotype.yaml, and an audit before a deployment. */
#include "audit/config.h"
#include "audit/format.h"

enum { CLI_MOST_TEMPLATE = TMPL_MAX_TEXT };

/*
 * Reads config (a path), or, where it is NULL, the nearest .calotype.yaml: in the folder that holds
 * `beside`, or one above it up to the one with .git. None is fine. The caller deinits *ret either way.
 * 0, or -errno with words.
 */
int cli_audit_config(const char *config, const char *beside, struct audit_config *ret,
                     struct err *err);
/*
 * For deploy: audits the template and prints its errors, as text on stderr, unless .calotype.yaml ignores
 * them. *ret_errors: how many. 0, or -errno with words.
 */
int cli_audited(const char *path, str template, size_t *ret_errors, struct err *err);
/* How findings are printed on that stream (1 stdout, 2 stderr). */
struct audit_format_options cli_audit_look(int fd);
