/*
 * audit/place: bytes of a text and places that people read. A line may be as long as the text (JSON
 * that a program wrote), so columns are not counted from its beginning.
 */
#include "audit/audit_priv.h"

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

/* Bytes between two counts of continuation bytes. */
enum { STEP = 256 };

void audit_file_count(struct arena *arena, struct audit_file *file) {
    size_t steps = file->text.len / STEP + 1, n = 0;
    uint32_t *counts = arena_alloc(arena, steps * sizeof *counts);
    for (size_t i = 0; i < file->text.len; i++) {
        if (i % STEP == 0)
            counts[i / STEP] = (uint32_t)n;
        n += continues(file->text.p[i]);
    }
    if (file->text.len % STEP == 0)
        counts[steps - 1] = (uint32_t)n;
    file->continuations = n ? counts : NULL;
}

/* Continuation bytes before a byte of the text. */
static size_t continuations_before(const struct audit_file *file, size_t offset) {
    if (!file->continuations)
        return 0;
    size_t n = file->continuations[offset / STEP];
    for (size_t i = offset / STEP * STEP; i < offset; i++)
        n += continues(file->text.p[i]);
    return n;
}

/* Where a line's first character is, behind a byte order mark. */
static size_t line_start(const struct audit_file *file, size_t line) {
    bool has_mark = line == 0 && str_starts(file->text, S("\xEF\xBB\xBF"));
    return file->lines[line] + (has_mark ? 3 : 0);
}

/* Characters between two bytes. */
static size_t characters(const struct audit_file *file, size_t from, size_t to) {
    return to - from - (continuations_before(file, to) - continuations_before(file, from));
}

size_t audit_offset(const struct audit_file *file, struct tmpl_pos at) {
    if (at.line == 0)
        return 0;
    if (at.line > file->n_lines)
        return file->text.len;
    size_t from = line_start(file, at.line - 1), wanted = at.column ? at.column - 1 : 0, low = from,
           high = file->text.len;
    if (!file->continuations)
        return from + wanted < high ? from + wanted : high;
    while (low < high) { /* the last byte that has so many characters before it, or fewer */
        size_t middle = low + (high - low + 1) / 2;
        if (characters(file, from, middle) <= wanted)
            low = middle;
        else
            high = middle - 1;
    }
    while (low > from && low < file->text.len && continues(file->text.p[low]))
        low--;
    return low;
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
    offset = offset < file->text.len ? offset : file->text.len;
    size_t line = line_of(file, offset), from = line_start(file, line);
    size_t column = offset > from ? characters(file, from, offset) + 1 : 1;
    return (struct tmpl_pos){(uint32_t)line + 1, (uint32_t)column, file->number};
}
