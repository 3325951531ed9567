/* Findings as an array of JSON objects, one for each place. */
#include "audit/format_priv.h"

#include "base/json.h"

static void member(struct buf *out, const char *name, str text) {
    buf_printf(out, ",\"%s\":", name);
    json_add_quoted(out, text);
}

static void write_one(struct buf *out, const struct audit *a, const struct audit_finding *f) {
    CLEANUP_DEINIT(buf) struct buf message = {0};
    audit_format_message(&message, f);
    buf_c(out, "{\"file\":");
    json_add_quoted(out, str_c(audit_file_of(a, f->start.file)->path));
    buf_printf(out, ",\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u", f->start.line,
               f->start.column, f->end.line, f->end.column);
    member(out, "severity", str_c(audit_severity_name(f->rule->severity)));
    member(out, "id", str_c(f->rule->id));
    buf_printf(out, ",\"class\":%d", f->rule->class);
    member(out, "resource", f->resource);
    member(out, "message", buf_view(&message));
    member(out, "why", str_c(f->rule->why));
    member(out, "fix", str_c(f->rule->fix));
    buf_printf(out, ",\"fixable\":%s}", f->edits ? "true" : "false");
}

void audit_format_json(struct buf *out, struct audit *a, const struct audit_format_options *) {
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    buf_c(out, "[");
    for (size_t i = 0; i < n; i++) {
        buf_c(out, i ? ",\n " : "\n ");
        write_one(out, a, findings[i]);
    }
    buf_c(out, n ? "\n]\n" : "]\n");
}
