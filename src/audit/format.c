/* audit/format: the table of formats. */
#include "audit/format_priv.h"

const struct audit_format audit_formats[] = {
    {"text", audit_format_text},
    {"json", audit_format_json},
    {"sarif", audit_format_sarif},
    {"github", audit_format_github},
};

const struct audit_format *audit_format_find(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(audit_formats); i++)
        if (strcmp(name, audit_formats[i].name) == 0)
            return &audit_formats[i];
    return NULL;
}

void audit_format_message(struct buf *out, const struct audit_finding *f) {
    buf_str(out, f->message);
    if (f->guard) {
        buf_c(out, ", when ");
        audit_guard_tell(out, f->guard);
    }
}
