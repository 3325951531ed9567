/* cli/row: prints rows of columns, cut by characters and not by bytes. */
#include "cli/row.h"

#include <stdio.h>
#include <unistd.h>

static bool continues(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

size_t cli_width(str text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += !continues(text.p[i]);
    return n;
}

/* The first `width` characters; where text is longer, the last of them is an ellipsis. */
static void add_cut(struct buf *line, str text, size_t width) {
    size_t have = cli_width(text), keep = have <= width ? have : width - 1, seen = 0;
    for (size_t i = 0; i < text.len; i++) {
        seen += !continues(text.p[i]);
        if (seen > keep)
            break;
        unsigned char c = (unsigned char)text.p[i];
        bool control = c < ' ' || c == 0x7f;
        buf_add(line, control ? "?" : &text.p[i], 1);
    }
    if (have > width)
        buf_c(line, "…");
}

static void add_cell(struct buf *line, const struct cli_column *col, str text) {
    size_t have = cli_width(text), width = col->width ? col->width : have;
    size_t pad = have < width ? width - have : 0;
    for (size_t i = 0; col->right && i < pad; i++)
        buf_char(line, ' ');
    add_cut(line, text, width);
    for (size_t i = 0; !col->right && col->width && i < pad; i++)
        buf_char(line, ' ');
}

static void write_out(struct buf *line) {
    while (line->len && line->p[line->len - 1] == ' ')
        line->len--;
    buf_char(line, '\n');
    prog_progress_end();
    fwrite(line->p, 1, line->len, stdout);
    fflush(stdout);
    buf_deinit(line);
}

void cli_row(const struct cli_column *columns, size_t n, const str *cells,
             const enum prog_colour *colours) {
    struct buf line = {0};
    for (size_t i = 0; i < n; i++) {
        bool coloured = colours && colours[i] != COLOUR_PLAIN;
        if (i)
            buf_c(&line, "  ");
        if (coloured)
            buf_c(&line, prog_colour(STDOUT_FILENO, colours[i]));
        add_cell(&line, &columns[i], cells[i]);
        if (coloured)
            buf_c(&line, prog_colour(STDOUT_FILENO, COLOUR_PLAIN));
    }
    write_out(&line);
}

void cli_row_head(const struct cli_column *columns, size_t n) {
    struct buf line = {0};
    buf_c(&line, prog_colour(STDOUT_FILENO, COLOUR_DIM));
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_c(&line, "  ");
        add_cell(&line, &columns[i], str_c(columns[i].title));
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
