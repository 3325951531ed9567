/* audit/place: bytes of a text and places that people read. */
#include "audit/template.h"

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

size_t audit_offset(const struct audit_file *file, struct tmpl_pos at) {
    if (at.line == 0)
        return 0;
    if (at.line > file->n_lines)
        return file->text.len;
    size_t offset = file->lines[at.line - 1];
    if (at.line == 1 && str_starts(file->text, S("\xEF\xBB\xBF")))
        offset += 3;
    for (uint32_t column = 1; column < at.column && offset < file->text.len; column++) {
        offset++;
        while (offset < file->text.len && continues(file->text.p[offset]))
            offset++;
    }
    return offset;
}

/* The line that a byte is in: the last that begins at or before it. */
static size_t line_of(const struct audit_file *file, size_t offset) {
    size_t low = 0, high = file->n_lines;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (file->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct tmpl_pos audit_pos(const struct audit_file *file, size_t offset) {
    size_t line = line_of(file, offset);
    uint32_t column = 1;
    for (size_t i = file->lines[line]; i < offset && i < file->text.len; i++)
        column += !continues(file->text.p[i]);
    return (struct tmpl_pos){(uint32_t)line + 1, column, file->number};
}
