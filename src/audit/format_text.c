/* Findings as lines: file:line:column: severity: id: what (resource) - why; fix. */
#include "audit/format_priv.h"

static void write_one(struct buf *out, const struct audit *a, const struct audit_finding *f) {
    buf_printf(out, "%s:%u:%u: %s: %s: ", audit_file_of(a, f->start.file)->path, f->start.line,
               f->start.column, audit_severity_name(f->rule->severity), f->rule->id);
    audit_format_message(out, f);
    if (f->resource.len)
        buf_printf(out, " (" STR_FMT ")", STR_ARG(f->resource));
    buf_printf(out, " \xE2\x80\x94 %s; %s\n", f->rule->why, f->rule->fix);
}

void audit_format_text(struct buf *out, struct audit *a, const struct audit_format_options *) {
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    for (size_t i = 0; i < n; i++)
        write_one(out, a, findings[i]);
}
