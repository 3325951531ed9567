#pragma once
/* audit/format: what the formats share. */
#include "audit/format.h"

void audit_format_text(struct buf *out, struct audit *a,
                       const struct audit_format_options *options);
void audit_format_json(struct buf *out, struct audit *a,
                       const struct audit_format_options *options);
void audit_format_sarif(struct buf *out, struct audit *a,
                        const struct audit_format_options *options);
void audit_format_github(struct buf *out, struct audit *a,
                         const struct audit_format_options *options);
