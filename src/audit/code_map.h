#pragma once
/* audit/code_map: code that is written in a template, and where each of its bytes stands there. */
#include "audit/code.h"

/* From a byte of the code on (to the next piece), the code is written at a byte of the file. */
struct code_piece {
    uint32_t at;     /* byte of the code */
    uint32_t offset; /* byte of the file */
};
struct code_map {
    const struct audit_file *file;
    const struct code_piece *pieces; /* sorted; at least one, whose at is 0 */
    size_t n;
};
/*
 * The code that a ZipFile (or another text of the template) holds: a literal of any style, Fn::Sub
 * (names stay as ${Name}), Fn::Join of lines. False: it cannot be seen.
 */
bool audit_code_of_node(const struct audit_template *t, const struct tmpl_node *node, str *ret_text,
                        const struct code_map **ret_map);
/* Of a whole file. */
const struct code_map *audit_code_map_of_file(struct arena *arena, const struct audit_file *file);
