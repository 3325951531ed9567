/* cli/row: prints rows of columns, fitted to the terminal where there is one. */
#include "cli/row.h"

#include "prog/text.h"

#include <stdio.h>
#include <unistd.h>

static void add_spaces(struct buf *line, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_char(line, ' ');
}

static void add_cell(struct buf *line, const struct cli_column *col, str text, bool cut) {
    size_t have = prog_width(text), width = col->width;
    size_t pad = have < width ? width - have : 0;
    add_spaces(line, col->right ? pad : 0);
    if (cut && width)
        prog_add_cut(line, text, width);
    else
        prog_add_shown(line, text);
    add_spaces(line, col->right ? 0 : pad);
}

/* The words of *text that fit into so many columns, at least one word, off its front. */
static str take_words(str *text, size_t columns) {
    size_t end = 0;
    for (size_t at = 0; at <= text->len; at++) {
        if (at < text->len && text->p[at] != ' ')
            continue;
        if (end && prog_width(str_slice(*text, 0, at)) > columns)
            break;
        end = at;
    }
    str words = str_slice(*text, 0, end);
    *text = str_skip(*text, end + 1);
    return words;
}

/*
 * The last cell, which begins at column `at` of a terminal that has `columns`: words that do not
 * fit go into lines of their own, below the cell or, where that leaves little room, below the row.
 */
static void add_wrapped(struct buf *line, str text, size_t at, size_t columns) {
    size_t indent = at <= columns / 2 ? at : 4;
    if (at > columns / 2 && at + prog_width(text) > columns) {
        while (line->len && line->p[line->len - 1] == ' ')
            line->len--;
        buf_char(line, '\n');
        add_spaces(line, at = indent);
    }
    while (text.len) {
        str words = take_words(&text, columns > at ? columns - at : 1);
        prog_add_shown(line, words);
        if (!text.len)
            return;
        buf_char(line, '\n');
        add_spaces(line, at = indent);
    }
}

static void add_text(struct buf *line, const struct cli_column *col, str text, size_t at,
                     size_t columns) {
    if (columns && !col->width)
        add_wrapped(line, text, at, columns);
    else
        add_cell(line, col, text, columns > 0);
}

static void write_out(struct buf *line) {
    while (line->len && line->p[line->len - 1] == ' ')
        line->len--;
    buf_char(line, '\n');
    prog_progress_end();
    prog_write(buf_view(line));
    prog_flush();
    buf_deinit(line);
}

void cli_row(const struct cli_column *columns, size_t n, const str *cells,
             const enum prog_colour *colours) {
    struct buf line = {0};
    size_t at = 0, have = prog_columns(STDOUT_FILENO);
    for (size_t i = 0; i < n; i++) {
        bool coloured = colours && colours[i] != COLOUR_PLAIN;
        bool is_nothing = !columns[i].width && !cells[i].len;
        if (columns[i].hidden || is_nothing)
            continue;
        if (at) {
            buf_c(&line, "  ");
            at += 2;
        }
        if (coloured)
            buf_c(&line, prog_colour(STDOUT_FILENO, colours[i]));
        add_text(&line, &columns[i], cells[i], at, have);
        if (coloured)
            buf_c(&line, prog_colour(STDOUT_FILENO, COLOUR_PLAIN));
        at += columns[i].width;
    }
    write_out(&line);
}

void cli_row_head(const struct cli_column *columns, size_t n) {
    struct buf line = {0};
    buf_c(&line, prog_colour(STDOUT_FILENO, COLOUR_DIM));
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        bool is_nothing = !columns[i].width && !columns[i].title[0];
        if (columns[i].hidden || is_nothing)
            continue;
        if (!first)
            buf_c(&line, "  ");
        first = false;
        add_cell(&line, &columns[i], str_c(columns[i].title), false);
    }
    buf_c(&line, prog_colour(STDOUT_FILENO, COLOUR_PLAIN));
    write_out(&line);
}

char *cli_size(char out[16], uint64_t bytes) {
    static const char units[] = "kMGTPE";
    if (bytes < 1000) {
        snprintf(out, 16, "%u B", (unsigned)bytes);
        return out;
    }
    double v = (double)bytes / 1000;
    size_t u = 0;
    for (; v >= 999.95 && u + 1 < sizeof units - 1; u++)
        v /= 1000;
    snprintf(out, 16, "%.1f %cB", v, units[u]);
    return out;
}
