/*
 * audit/logic: the search.
 *
 * A formula is a node of an array: a constant, an atom, a negation, a junction (And, Or) or the name of
 * a condition. "Require" pushes a wanted value down: junctions that need but one of their operands
 * become clauses that wait. What is required is assumed from there on, wherever it stands. Propagation looks at the clauses until nothing follows; then one operand
 * is tried, both ways. All that is set goes on a trail and is taken back.
 */
#include "audit/logic_formula_priv.h"

/* Steps (visits of a formula) of one question, and of all questions of a template. */
enum { MOST_STEPS = 20000, MOST_STEPS_IN_ALL = 400000, MOST_LEVELS = 2000 };

/* ---- Three values ---- */

static enum truth atom_truth(const struct atom *a) {
    const struct variable *v = a->of;
    if (v->fixed)
        return v->fixed == a ? TRUE : FALSE;
    if (a->is_out)
        return FALSE;
    return !v->is_open && v->n_left == 1 ? TRUE : UNKNOWN;
}

static enum truth negated(enum truth x) { return x == UNKNOWN ? x : x == TRUE ? FALSE : TRUE; }

static enum truth evaluate(struct audit_logic *l, uint32_t node, unsigned level);

static enum truth evaluate_junction(struct audit_logic *l, const struct formula *f,
                                    unsigned level) {
    enum truth dominant = f->is_any ? TRUE : FALSE, all = negated(dominant);
    for (uint32_t i = 0; i < f->n; i++) {
        enum truth one = evaluate(l, f->operands[i], level + 1);
        if (one == dominant)
            return dominant;
        if (one == UNKNOWN)
            all = UNKNOWN;
    }
    return all;
}

static enum truth evaluate(struct audit_logic *l, uint32_t node, unsigned level) {
    struct formula *f = &l->formulas[node];
    if (++l->steps > l->most_steps || level > MOST_LEVELS) {
        l->gave_up = true;
        return UNKNOWN;
    }
    if (f->kind == CONSTANT)
        return f->is_true ? TRUE : FALSE;
    if (f->kind == ATOM)
        return atom_truth(f->atom);
    if (f->assumed != UNKNOWN)
        return f->assumed;
    if (f->version == l->version)
        return f->truth;
    enum truth truth = f->kind == JUNCTION ? evaluate_junction(l, f, level)
                       : f->kind == NOT    ? negated(evaluate(l, f->of, level + 1))
                                           : evaluate(l, f->of, level + 1);
    f->version = l->version;
    f->truth = truth;
    return truth;
}

/* ---- What is set, and the way back ---- */

static void push_trail(struct audit_logic *l, struct step step) {
    if (l->n_trail == l->trail_cap) {
        l->trail_cap = l->trail_cap ? l->trail_cap * 2 : 256;
        l->trail = mem_realloc(l->trail, l->trail_cap * sizeof *l->trail);
    }
    l->trail[l->n_trail++] = step;
    l->version++;
}

static void take_back(struct audit_logic *l, size_t to) {
    while (l->n_trail > to) {
        struct step s = l->trail[--l->n_trail];
        if (!s.atom)
            l->formulas[s.formula].assumed = UNKNOWN;
        else if (s.is_fixed)
            s.atom->of->fixed = NULL;
        else {
            s.atom->is_out = false;
            s.atom->of->n_left++;
        }
    }
    l->version++;
}

/* False: it contradicts what is set. */
static bool set_atom(struct audit_logic *l, struct atom *a, bool wanted) {
    enum truth is = atom_truth(a);
    if (is != UNKNOWN)
        return is == (wanted ? TRUE : FALSE);
    if (wanted)
        a->of->fixed = a;
    else {
        a->is_out = true;
        a->of->n_left--;
    }
    push_trail(l, (struct step){.atom = a, .is_fixed = wanted});
    return a->of->is_open || a->of->n_left > 0;
}

static bool require(struct audit_logic *l, uint32_t node, bool wanted, unsigned level) {
    struct formula *f = &l->formulas[node];
    if (++l->steps > l->most_steps || level > MOST_LEVELS) {
        l->gave_up = true;
        return true;
    }
    if (f->assumed != UNKNOWN)
        return f->assumed == (wanted ? TRUE : FALSE);
    if (f->kind == NAMED || f->kind == JUNCTION) {
        f->assumed = wanted ? TRUE : FALSE;
        push_trail(l, (struct step){.formula = node});
    }
    switch (f->kind) {
    case CONSTANT: return f->is_true == wanted;
    case ATOM: return set_atom(l, f->atom, wanted);
    case NOT: return require(l, f->of, !wanted, level + 1);
    case NAMED: return require(l, f->of, wanted, level + 1);
    case JUNCTION: break;
    }
    if (wanted == f->is_any) {
        if (l->n_clauses == l->clauses_cap) {
            l->clauses_cap = l->clauses_cap ? l->clauses_cap * 2 : 64;
            l->clauses = mem_realloc(l->clauses, l->clauses_cap * sizeof *l->clauses);
        }
        l->clauses[l->n_clauses++] = node;
        return true;
    }
    for (uint32_t i = 0; i < f->n; i++)
        if (!require(l, f->operands[i], wanted, level + 1))
            return false;
    return true;
}

/* ---- Search ---- */

/* Of a clause: satisfied (TRUE), contradicted (FALSE), or open; *ret_open: its first open operand. */
static enum truth look_at(struct audit_logic *l, uint32_t clause, size_t *ret_n_open,
                          uint32_t *ret_open) {
    const struct formula *f = &l->formulas[clause];
    enum truth dominant = f->is_any ? TRUE : FALSE;
    *ret_n_open = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        enum truth one = evaluate(l, f->operands[i], 0);
        if (one == dominant)
            return TRUE;
        if (one == UNKNOWN && (*ret_n_open)++ == 0)
            *ret_open = f->operands[i];
    }
    return *ret_n_open ? UNKNOWN : FALSE;
}

/* Until nothing follows. False: a contradiction. *ret_clause: one that is open; or NONE. */
static bool propagate(struct audit_logic *l, uint32_t *ret_clause) {
    for (bool changed = true; changed && !l->gave_up;) {
        changed = false;
        *ret_clause = NONE;
        for (size_t i = 0; i < l->n_clauses; i++) {
            size_t n_open;
            uint32_t open = 0, clause = l->clauses[i];
            enum truth truth = look_at(l, clause, &n_open, &open);
            if (truth == FALSE)
                return false;
            if (truth == TRUE)
                continue;
            if (n_open > 1) {
                *ret_clause = *ret_clause == NONE ? clause : *ret_clause;
                continue;
            }
            if (!require(l, open, l->formulas[clause].is_any, 0))
                return false;
            changed = true;
        }
    }
    return true;
}

/* Can what is required hold? */
static bool search(struct audit_logic *l, unsigned level) {
    for (;;) {
        uint32_t clause = NONE, open = 0;
        if (!propagate(l, &clause))
            return false;
        if (clause == NONE || l->gave_up)
            return true;
        if (level > MOST_LEVELS) {
            l->gave_up = true;
            return true;
        }
        size_t n_open, trail = l->n_trail, n_clauses = l->n_clauses;
        look_at(l, clause, &n_open, &open);
        bool wanted = l->formulas[clause].is_any;
        if (require(l, open, wanted, 0) && search(l, level + 1))
            return true;
        take_back(l, trail);
        l->n_clauses = n_clauses;
        if (!require(l, open, !wanted, 0))
            return false;
    }
}

bool audit_logic_holds(struct audit_logic *l, const struct audit_guard *guard, bool *ret_gave_up) {
    size_t left = l->steps_in_all < MOST_STEPS_IN_ALL ? MOST_STEPS_IN_ALL - l->steps_in_all : 0;
    l->steps = 0;
    l->most_steps = left < MOST_STEPS ? left : MOST_STEPS;
    l->gave_up = false;
    l->n_clauses = 0;
    bool holds = true;
    for (const struct audit_guard *g = guard; g && holds; g = g->rest)
        holds = require(l, audit_logic_literal(l, g), g->holds, 0);
    holds = holds && search(l, 0);
    take_back(l, 0);
    l->steps_in_all += l->steps;
    *ret_gave_up = l->gave_up && holds;
    return holds;
}
