/* The words of a page that no table has: read from a file into blocks (pages.h has the form). */
#include "base/io.h"
#include "tools/pages/pages.h"

enum { MOST_WORDS = 1 << 16 };

/* One line without its break, and what follows; false at the end. */
static bool next_line(str *rest, str *line) {
    if (!rest->len)
        return false;
    str_cut(*rest, '\n', line, rest);
    return true;
}

static bool is_indented(str line) { return line.len && line.p[0] == ' '; }

/* A line of capitals alone, and an empty one behind it: a term's text would follow at once. */
static bool is_section(str line, str rest) {
    bool letters = false;
    if (rest.len && rest.p[0] != '\n')
        return false;
    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] != ' ' && (line.p[i] < 'A' || line.p[i] > 'Z'))
            return false;
        letters |= line.p[i] != ' ';
    }
    return letters && !is_indented(line);
}

/* The lines from first on that are like it: indented, or not; an empty one ends them. */
static str take_lines(str first, str *rest) {
    str line, after = *rest;
    const char *end = first.p + first.len;
    while (next_line(&after, &line) && line.len && is_indented(line) == is_indented(first)) {
        end = line.p + line.len;
        *rest = after;
    }
    return str_n(first.p, (size_t)(end - first.p));
}

static struct pages_block *add(struct pages_words *words, str section, enum pages_form form) {
    words->blocks = mem_realloc(words->blocks, (words->n + 1) * sizeof *words->blocks);
    words->blocks[words->n] = (struct pages_block){.section = section, .form = form};
    return &words->blocks[words->n++];
}

static void read_block(struct pages_words *words, str section, str line, str *rest) {
    str next = STR_NONE, after = *rest;
    bool is_term = !is_indented(line) && next_line(&after, &next) && is_indented(next);
    struct pages_block *block = add(words, section,
                                    is_term             ? PAGES_TERM
                                    : is_indented(line) ? PAGES_LITERAL
                                                        : PAGES_PARAGRAPH);
    if (is_term) {
        block->term = line;
        *rest = after;
        block->text = take_lines(next, rest);
    } else {
        block->text = take_lines(line, rest);
    }
}

static void read_blocks(struct pages_words *words, str section, str text, const char *name) {
    for (str line; next_line(&text, &line);) {
        if (line.len && is_section(line, text))
            section = line;
        else if (line.len && !section.len)
            pages_fail("%s begins without a section", name);
        else if (line.len)
            read_block(words, section, line, &text);
    }
}

void pages_words_read(struct pages_words *words, const char *path) {
    struct err err = {0};
    if (io_read_file(&words->text, path, MOST_WORDS, &err))
        pages_fail("%s", err.text);
    read_blocks(words, STR_NONE, buf_view(&words->text), path);
}

void pages_words_parse(struct pages_words *words, const char *section, const char *text) {
    read_blocks(words, str_c(section), str_c(text), section);
}

void pages_words_deinit(struct pages_words *words) {
    buf_deinit(&words->text);
    free(words->blocks);
}
