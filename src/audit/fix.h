#pragma once
/*
 * audit/fix: writes what findings' edits say into the text, byte for byte as it was elsewhere: block or
 * flow YAML, or JSON, in the indentation and quotes of its neighbours; comments stay where they are.
 */
#include "audit/audit.h"

/* One edit, as finding.h's audit_fix_* leave it. */
enum audit_edit_kind {
    AUDIT_EDIT_PROPERTY, /* of resource, at path below Properties */
    AUDIT_EDIT_ATTRIBUTE,
    AUDIT_EDIT_MEMBER,
    AUDIT_EDIT_APPEND,
    AUDIT_EDIT_REPLACE,
    AUDIT_EDIT_REMOVE,
    AUDIT_EDIT_RESOURCE,
    AUDIT_EDIT_SECTION,
    AUDIT_EDIT_TEXT,
};
struct audit_edit {
    enum audit_edit_kind kind;
    const struct audit_resource *resource; /* PROPERTY, ATTRIBUTE; RESOURCE: after; or NULL */
    const struct tmpl_node
        *node; /* MEMBER: the map; APPEND: the list; REPLACE; REMOVE: the value */
    const struct tmpl_node *within; /* REMOVE: the collection */
    str name;                       /* path, key, name, section's member */
    str section;                    /* SECTION */
    str value;                      /* YAML; TEXT: the bytes */
    uint32_t file;                  /* of start.file's numbers */
    size_t from, to;                /* TEXT */
    const struct audit_edit *next;
};

/*
 * The text of a file after the fixes of those findings (of that file, or of its template) that can be
 * put in together; *ret_n: of how many. Findings whose edits meet others' in one place wait for another
 * round: the caller audits what came out and fixes again, at most AUDIT_FIX_ROUNDS times. Nothing is put
 * in halfway: all of a finding's edits or none.
 */
enum { AUDIT_FIX_ROUNDS = 10 };
void audit_fix_file(struct audit *a, const struct audit_file *file,
                    struct audit_finding *const *findings, size_t n, struct buf *out,
                    size_t *ret_n);
/*
 * Audits and fixes until nothing more can be fixed. *out: the text as it should be; *ret_fixed: findings
 * that are gone, *ret_left: those that stay (of all severities that options name). Text that does not
 * parse afterwards, or has a warning or an error more than before, or not fewer findings in all, is not
 * handed out: the round before it is.
 */
int audit_fix_text_whole(const struct audit_options *options, const char *path, str text,
                         struct buf *out, size_t *ret_fixed, size_t *ret_left);
/* The difference as `diff -u` writes it (three lines of context). Nothing where they are equal. */
void audit_diff(struct buf *out, const char *path, str before, str after);
