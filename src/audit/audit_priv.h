#pragma once
/* audit: what the files of the room share of an audit. */
#include "audit/audit.h"
#include "audit/system.h"

struct audit {
    struct audit_options options;
    struct arena arena;
    const struct audit_file **files; /* by number; files[0] is the first template */
    size_t n_files, files_cap;
    struct audit_finding **findings;
    size_t n_findings, findings_cap;
    struct audit_template **templates;
    size_t n_templates, templates_cap;
    struct tmpl **trees; /* owned */
    size_t n_trees, trees_cap;
    bool is_sorted;
    size_t steps; /* of the search in conditions: audit/guard.c */
};

/* A new file of the audit; text and path are copied. */
struct audit_file *audit_file_new(struct audit *a, const char *path, str text);
/* The template of a file that has been parsed: sections, resources, indices, system. */
struct audit_template *audit_template_new(struct audit *a, const struct audit_file *file,
                                          struct tmpl *tree);
/* Keeps a finding; file's and template's ignores are looked at when findings are asked for. */
void audit_keep(struct audit *a, struct audit_finding *f);
bool audit_is_ignored(struct audit *a, const struct audit_finding *f);
