#pragma once
/*
 * audit/ignore: what a template says not to tell: `calotype:ignore ID[,ID…] reason` in a comment, and
 * `calotype: {ignore: …}` in Metadata, of the template or of a resource.
 *
 * A comment that has a line to itself speaks of what follows it and all within; before the first line
 * of a text, of the whole text; one behind something, of its line. In code that a template holds, "//"
 * begins a comment, too. Everything lives in the audit's arena; one thread.
 */
#include "audit/template.h"

/* One id of a comment. */
struct audit_silence {
    str id;
    struct tmpl_pos at;   /* of the id */
    uint32_t first, last; /* lines of the file */
};
/* All of a text, MOST_SILENCES (2,000) at most: those behind are not heeded. */
struct audit_silences audit_silences_read(struct arena *arena, const struct audit_file *file);
/* Of a file of an audit; read when they are asked for first. */
struct audit_silences audit_silences_of(struct audit *a, uint32_t file);
/*
 * Calls fn for each id that a Metadata section or attribute (a map, or NULL) ignores, until it returns
 * true, and returns whether it did. `ignore` is an id, or a list of ids and of maps {id, reason}.
 */
bool audit_metadata_ignores(const struct tmpl_node *metadata,
                            bool (*fn)(void *ctx, const struct tmpl_node *id), void *ctx);
