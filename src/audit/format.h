#pragma once
/* audit/format: findings as people and programs read them. */
#include "audit/audit.h"

struct audit_format_options {
    bool excerpt; /* text: the line below each finding, underlined */
    bool colours;
};
/* The message with the condition under which it holds. */
void audit_format_message(struct buf *out, const struct audit_finding *f);
/* One format: writes all findings of an audit. */
struct audit_format {
    const char *name; /* "text", "json", "sarif", "github" */
    void (*write)(struct buf *out, struct audit *a, const struct audit_format_options *options);
};
extern const struct audit_format audit_formats[];
const struct audit_format *audit_format_find(const char *name); /* NULL: there is none */
