/*
 * Findings as workflow commands, which GitHub Actions shows beside the lines ("Workflow commands for
 * GitHub Actions": setting an error message).
 */
#include "audit/format_priv.h"

/* What would end a property or the command is written as %XX. */
static void add_escaped(struct buf *out, str text, bool is_property) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        bool escape = c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ','));
        if (escape)
            buf_printf(out, "%%%02X", (unsigned char)c);
        else
            buf_char(out, c);
    }
}

static void write_one(struct buf *out, const struct audit *a, const struct audit_finding *f) {
    static const char *const commands[] = {"notice", "warning", "error"};
    CLEANUP_DEINIT(buf) struct buf message = {0};
    audit_format_message(&message, f);
    if (f->resource.len)
        buf_printf(&message, " (" STR_FMT ")", STR_ARG(f->resource));
    buf_printf(&message, "\n%s\nFix: %s", f->rule->why, f->rule->fix);
    buf_printf(out, "::%s file=", commands[f->rule->severity]);
    add_escaped(out, str_c(audit_file_of(a, f->start.file)->path), true);
    buf_printf(out, ",line=%u,col=%u,endLine=%u,endColumn=%u,title=%s::", f->start.line,
               f->start.column, f->end.line, f->end.column, f->rule->id);
    add_escaped(out, buf_view(&message), false);
    buf_char(out, '\n');
}

void audit_format_github(struct buf *out, struct audit *a, const struct audit_format_options *) {
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    for (size_t i = 0; i < n; i++)
        write_one(out, a, findings[i]);
}
