#pragma once
/* audit: what the files of the room share of an audit. */
#include "audit/audit.h"
#include "audit/system.h"

struct audit {
    struct audit_options options;
    struct arena arena;
    struct arena guards; /* of guards and of what solves them; arena may be rewound meanwhile */
    const struct audit_file **files; /* by number; files[0] is the first template */
    size_t n_files, files_cap;
    struct audit_finding **findings;
    size_t n_findings, findings_cap;
    struct audit_template **templates;
    size_t n_templates, templates_cap;
    struct tmpl **trees; /* owned */
    size_t n_trees, trees_cap;
    bool is_sorted;
    unsigned depth; /* of audit_enter */
    size_t steps;   /* since the outermost */
};

/* A new file of the audit; text and path are copied. */
struct audit_file *audit_file_new(struct audit *a, const char *path, str text);
/* The template of a file that has been parsed: sections, resources, indices, system. */
struct audit_template *audit_template_new(struct audit *a, const struct audit_file *file,
                                          struct tmpl *tree);
/*
 * The bound of what one value or text may cost: expressions nest and name each other. audit_enter and
 * audit_leave are around each, also within one another; audit_takes_step is false when it is enough.
 */
void audit_enter(const struct audit_template *t);
void audit_leave(const struct audit_template *t);
bool audit_takes_step(const struct audit_template *t);
/* Fills t->by_written: names of resources as they are written. */
void audit_index_names(struct audit_template *t);
/* Keeps a finding; file's and template's ignores are looked at when findings are asked for. */
void audit_keep(struct audit *a, struct audit_finding *f);
bool audit_is_ignored(struct audit *a, const struct audit_finding *f);
