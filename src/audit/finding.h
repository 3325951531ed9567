#pragma once
/*
 * audit/finding: what a rule tells, and how it would be mended.
 *
 * Rules tell; whether a finding is shown (profile, severity, ignores, the same one twice) is decided
 * here. A finding lives in the audit's arena.
 */
#include "audit/template.h"
#include "base/own.h"

struct audit_edit;
struct audit_finding {
    const struct audit_rule *rule;
    struct tmpl_pos start, end; /* start.file says of which text */
    str resource;               /* logical id, or empty */
    const struct audit_guard *guard;
    const struct audit_template *template;
    str message; /* "the bucket has no default encryption": no capital, no full stop, no resource's name */
    const struct audit_edit *edits; /* all of the fix, in their order; NULL: nothing mechanical */
};

/*
 * All three: guard is of what was found (audit_value's; r's Condition is added; NULL: always), and the
 * finding is dropped (NULL) where it is impossible. The message says what is so, for the one place.
 */
/* Something is missing: at the resource's name. */
struct audit_finding *audit_tell(struct audit_template *t, const struct audit_rule *rule,
                                 const struct audit_resource *r, const struct audit_guard *guard,
                                 const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Something is wrong: at the node. r may be NULL. */
struct audit_finding *audit_tell_node(struct audit_template *t, const struct audit_rule *rule,
                                      const struct audit_resource *r, const struct tmpl_node *node,
                                      const struct audit_guard *guard, const char *fmt, ...)
    PRINTF_LIKE(6, 7);
/* At a range: a key, a place in code. r may be NULL. */
struct audit_finding *audit_tell_range(struct audit_template *t, const struct audit_rule *rule,
                                       const struct audit_resource *r, struct tmpl_pos start,
                                       struct tmpl_pos end, const struct audit_guard *guard,
                                       const char *fmt, ...) PRINTF_LIKE(7, 8);
/* The end of a name that is written at a place: a key, a resource's name. Quotes count. */
struct tmpl_pos audit_name_end(const struct audit_template *t, struct tmpl_pos at);

/* ---- Its fix ---- */

/*
 * Edits of the template, put together by audit/fix.h. Each may be called with f NULL (the finding was
 * dropped): nothing is done. Values are YAML, block or flow, short tags allowed ("!Sub x-${Env}",
 * "{Status: Enabled}", "- Id: A\n  Status: Enabled"); they are written in the template's own style, be
 * it JSON. A fix is there only where it is right for everyone who has the finding: never a guess at a
 * name, an address or a right that is needed.
 */
/* Sets a property: "A.B.C", and makes the maps on the way; replaces a value that is there. */
void audit_fix_property(struct audit_finding *f, const struct audit_resource *r, const char *path,
                        const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Sets an attribute beside Properties: DeletionPolicy. */
void audit_fix_attribute(struct audit_finding *f, const struct audit_resource *r, const char *name,
                         const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Sets a member of any map of the tree. */
void audit_fix_member(struct audit_finding *f, const struct tmpl_node *map, const char *key,
                      const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Appends an element to a list of the tree. */
void audit_fix_append(struct audit_finding *f, const struct tmpl_node *list, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Puts another value in a node's place; takes a map's member or a list's element away. */
void audit_fix_replace(struct audit_finding *f, const struct tmpl_node *node, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void audit_fix_remove(struct audit_finding *f, const struct tmpl_node *collection,
                      const struct tmpl_node *value);
/*
 * A new resource behind `after` (NULL: the last one); name is made unique by the caller with
 * audit_new_name. fmt is its body.
 */
void audit_fix_resource(struct audit_finding *f, const struct audit_resource *after, str name,
                        const char *fmt, ...) PRINTF_LIKE(4, 5);
/* A new member of a section ("Parameters"), which is made where it is missing. */
void audit_fix_section(struct audit_finding *f, const char *section, str name, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Replaces bytes of a text as they are: of code, of a line. */
void audit_fix_text(struct audit_finding *f, const struct audit_file *file, size_t from, size_t to,
                    const char *fmt, ...) PRINTF_LIKE(5, 6);
/* base, or base2, …: no section of the template has the name, and no earlier fix made it. */
str audit_new_name(struct audit_template *t, str base);
