/* Reads files of cases. */
#include "case_file.h"

#include "cm.h"

bool case_file_line(str *text, str *ret_line) {
    if (text->len == 0)
        return false;
    ptrdiff_t end = str_chr(*text, '\n');
    size_t n = end < 0 ? text->len : (size_t)end + 1;
    *ret_line = str_slice(*text, 0, n);
    *text = str_skip(*text, n);
    return true;
}

str case_file_bare(str line) {
    return str_ends(line, S("\n")) ? str_slice(line, 0, line.len - 1) : line;
}

/* The part that a line opens, or NULL. */
static str *opens(struct case_file *file, str line) {
    if (str_starts(line, S("=== "))) {
        CHECK(file->n < CASE_MOST);
        file->cases[file->n++] = (struct test_case){.name = str_skip(line, 4)};
        return &file->cases[file->n - 1].text;
    }
    for (size_t i = 0; i < 2 && file->n && str_starts(line, S("--- ")); i++)
        if (str_is(str_skip(line, 4), file->part_names[i]))
            return &file->cases[file->n - 1].parts[i];
    return NULL;
}

void case_file_read(struct case_file *file, str text) {
    str line, *part = NULL;
    while (case_file_line(&text, &line)) {
        str *opened = opens(file, case_file_bare(line));
        if (opened) {
            part = opened;
            *part = str_n(text.p, 0);
        } else if (part) {
            part->len += line.len;
        }
    }
}
