/* tmpl/faults: the list of all faults of a template, and how it is told. */
#include "tmpl/tmpl.h"

/* Bytes of a fault, and of its end when it is cut: that says what is wrong, and where. */
enum { MOST_TEXT = 1000, MOST_TAIL = 400 };

static bool is_inside_character(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

/* Names from the template may be as long as the template: what is between is left out. */
static str copy_short(struct arena *arena, str text) {
    CLEANUP_DEINIT(buf) struct buf cut = {0};
    if (text.len <= MOST_TEXT)
        return arena_str(arena, text);
    size_t head = MOST_TEXT - MOST_TAIL, tail = text.len - MOST_TAIL;
    while (head > 0 && is_inside_character(text.p[head]))
        head--;
    while (tail < text.len && is_inside_character(text.p[tail]))
        tail++;
    buf_str(&cut, str_slice(text, 0, head));
    buf_c(&cut, " ... ");
    buf_str(&cut, str_skip(text, tail));
    return arena_str(arena, buf_view(&cut));
}

static bool is_same_place(struct tmpl_pos a, struct tmpl_pos b) {
    return a.line == b.line && a.column == b.column;
}

bool tmpl_faults_has(const struct tmpl_faults *faults, struct tmpl_pos at) {
    for (size_t i = 0; i < faults->n; i++)
        if (is_same_place(faults->told[i].at, at))
            return true;
    return false;
}

void tmpl_faults_add(struct tmpl_faults *faults, struct tmpl_pos at, str text) {
    for (size_t i = 0; i < faults->n; i++)
        if (is_same_place(faults->told[i].at, at) && str_eq(faults->told[i].text, text))
            return;
    if (faults->n == TMPL_MAX_FAULTS)
        faults->more++;
    else
        faults->told[faults->n++] = (struct tmpl_told){at, copy_short(&faults->arena, text)};
}

static int by_place(const void *a, const void *b) {
    const struct tmpl_told *x = *(const struct tmpl_told *const *)a,
                           *y = *(const struct tmpl_told *const *)b;
    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column)
        return x->at.column < y->at.column ? -1 : 1;
    return x < y ? -1 : 1; /* as they were found */
}

void tmpl_faults_tell(const struct tmpl_faults *faults, struct buf *out) {
    const struct tmpl_told *sorted[TMPL_MAX_FAULTS];
    for (size_t i = 0; i < faults->n; i++)
        sorted[i] = &faults->told[i];
    if (faults->n)
        qsort(sorted, faults->n, sizeof *sorted, by_place);
    for (size_t i = 0; i < faults->n; i++) {
        buf_c(out, i ? "\n" : "");
        buf_str(out, sorted[i]->text);
    }
    if (faults->more)
        buf_printf(out, "\nand %zu more", faults->more);
}

void tmpl_faults_deinit(struct tmpl_faults *faults) { arena_deinit(&faults->arena); }
