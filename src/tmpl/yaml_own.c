/* tmpl/yaml_own: our own YAML reader over a whole text. */
#include "tmpl/yaml_priv.h"

/* Bytes that libyaml takes for line breaks or for nothing, and what is above ASCII. */
static bool is_plain_text(const char *p, size_t n, bool *ret_is_ascii) {
    unsigned char high = 0;
    bool is_plain = true;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        high |= c;
        is_plain &= (c >= ' ' && c != 0x7F) || c == '\n' || c == '\t' || c == '\r';
    }
    *ret_is_ascii = high < 0x80;
    if (!is_plain || !memchr(p, '\r', n))
        return is_plain;
    for (size_t i = 0; i < n; i++)
        if (p[i] == '\r' && p[i + 1] != '\n')
            return false;
    return true;
}

/* U+0080 to U+009F, U+2028, U+2029, U+FEFF, U+FFFE, U+FFFF */
static bool has_odd_character(const char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i], next = (unsigned char)p[i + 1],
                      last = next ? (unsigned char)p[i + 2] : 0;
        if ((c == 0xC2 && next < 0xA0) ||
            (c == 0xE2 && next == 0x80 && (last == 0xA8 || last == 0xA9)) ||
            (c == 0xEF && next == 0xBB && last == 0xBF) ||
            (c == 0xEF && next == 0xBF && last >= 0xBE))
            return true;
    }
    return false;
}

/* "---" at the beginning, alone on its line. */
static int read_document_start(struct yaml *y) {
    if (tmpl_yaml_skip(y, false))
        return YAML_OVER;
    if (!tmpl_yaml_at_end(y) || y->p[y->at] != '-')
        return 0;
    uint32_t line = y->line;
    y->at += 3;
    if (tmpl_yaml_skip(y, false))
        return YAML_OVER;
    return y->line == line ? yaml_unsure(y) : 0;
}

/* "..." may stand behind all, also again, and nothing else. */
static int read_document_end(struct yaml *y) {
    if (tmpl_yaml_skip(y, false))
        return YAML_OVER;
    while (y->p[y->at] == '.' && tmpl_yaml_at_end(y)) {
        y->at += 3;
        if (tmpl_yaml_skip(y, false))
            return YAML_OVER;
    }
    return !y->p[y->at]
               ? 0
               : tmpl_yaml_wrong(y, tmpl_yaml_pos(y, y->at), "YAML holds more than one document");
}

static int read_document(struct yaml *y, struct tmpl_node **ret) {
    if (read_document_start(y) || tmpl_yaml_at_end(y))
        return YAML_OVER;
    return tmpl_yaml_read_node(y, -1, YAML_MAY_BLOCK, tmpl_yaml_pos(y, y->at), ret) ||
           read_document_end(y);
}

/* Spaces of the first line that has some: what a tab of somebody's stands for. */
static int width_of_tab(const char *p, size_t n) {
    for (size_t i = 0; i + 1 < n; i++) {
        int width = 0;
        if (p[i] == '\n')
            while (p[i + 1 + (size_t)width] == ' ')
                width++;
        if (width)
            return width;
    }
    return 2;
}

static bool begin(struct yaml *y, struct tmpl_builder *b, str text) {
    text = arena_str(b->arena, text);
    *y = (struct yaml){.b = b, .p = text.p, .line = 1, .tab_width = 2};
    return is_plain_text(y->p, text.len, &y->is_ascii) &&
           (y->is_ascii || !has_odd_character(y->p, text.len));
}

bool tmpl_yaml_read_own(struct tmpl_builder *b, str text, struct tmpl_node **ret) {
    struct yaml y;
    const struct tmpl_builder before = *b;
    struct tmpl_fault ours = {{0}, {{0}}};
    b->fault = &ours;
    bool is_read = begin(&y, b, text) && read_document(&y, ret) == 0;
    buf_deinit(&y.scratch);
    b->fault = before.fault;
    if (!is_read) {
        b->n = before.n;
        b->nodes = before.nodes;
        b->depth = before.depth;
    }
    return is_read;
}

struct tmpl_node *tmpl_yaml_mend(struct tmpl_builder *b, str text) {
    struct yaml y;
    struct tmpl_node *root = NULL;
    if (!begin(&y, b, text))
        return NULL;
    y.tab_width = width_of_tab(y.p, text.len);
    bool is_over = read_document(&y, &root) != 0;
    buf_deinit(&y.scratch);
    return is_over ? NULL : root;
}
