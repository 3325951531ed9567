/* tmpl/faults: the list of all faults of a template, and how it is told. */
#include "tmpl/tmpl.h"

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
        faults->told[faults->n++] = (struct tmpl_told){at, arena_str(&faults->arena, text)};
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
