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
    str folder;         /* audit/files_priv.h: below which files are read; empty: the current one */
    struct map by_path; /* files that were asked for, and templates */
    size_t n_read;      /* bytes of files that were read */
    size_t n_code;      /* bytes of code in files that were understood */
    bool is_sorted;
    unsigned depth; /* of audit_enter */
    size_t steps;   /* since the outermost */
};

/* A new file of the audit; text and path are copied. */
struct audit_file *audit_file_new(struct audit *a, const char *path, str text);
/* Once its text is there: what audit_offset and audit_pos need. */
void audit_file_count(struct arena *arena, struct audit_file *file);
/* The template of a file that has been parsed: sections, resources, indices, system. */
struct audit_template *audit_template_new(struct audit *a, const struct audit_file *file,
                                          struct tmpl *tree, const struct audit_template *parent,
                                          const struct audit_resource *nest);
/* Parses a file, whose tree is then there. False: a finding says why not. */
bool audit_parse(struct audit *a, struct audit_file *file);
/* Parses a template, asks the rules, and goes on with those that it nests. 0 or AUDIT_E_TEMPLATE. */
int audit_read_file(struct audit *a, struct audit_file *file, const struct audit_template *parent,
                    const struct audit_resource *nest);
void audit_read_nested(struct audit_template *t);
/* The root with loops unrolled and includes put in; root itself where there are none. */
const struct tmpl_node *audit_expand(struct audit_template *t, const struct tmpl_node *root);
/*
 * The bound of what one value or text may cost: expressions nest and name each other. audit_enter and
 * audit_leave are around each, also within one another; audit_takes_step is false when it is enough.
 */
void audit_enter(const struct audit_template *t);
void audit_leave(const struct audit_template *t);
bool audit_takes_step(const struct audit_template *t);
/* Fills t->by_written: names of resources as they are written. */
void audit_index_names(struct audit_template *t);
/* A fault of the template's text or form, as template-invalid: its words without what every finding says. */
void audit_tell_fault(struct audit *a, const struct audit_file *file,
                      const struct tmpl_told *fault);
/* Keeps a finding; file's and template's ignores are looked at when findings are asked for. */
void audit_keep(struct audit *a, struct audit_finding *f);
