#pragma once
/* audit/logic: formulas, atoms and the state of a search, for logic.c and logic_formula.c alone. */
#include "audit/audit_priv.h"
#include "audit/logic_priv.h"

#define NONE UINT32_MAX /* no formula */
enum truth { UNKNOWN, TRUE, FALSE };

/* A value that only deployment knows, and what it may be. */
struct variable {
    str name;
    const struct tmpl_node *parameter; /* its map; NULL: it is none */
    bool is_open;                      /* it may be other than all of its atoms */
    size_t n_left;                     /* atoms that are not out */
    struct atom *fixed;                /* what it is; NULL: not decided */
};
/* "This variable is this text." */
struct atom {
    struct variable *of;
    bool is_out;
};

struct formula {
    enum formula_kind { CONSTANT, ATOM, NOT, JUNCTION, NAMED } kind;
    bool is_true;             /* CONSTANT */
    bool is_any;              /* JUNCTION: Or; And otherwise */
    struct atom *atom;        /* ATOM */
    uint32_t of;              /* NOT; NAMED: what it names */
    const uint32_t *operands; /* JUNCTION; numbers of formulas, as of */
    uint32_t n;
    uint64_t version;          /* of the state for which truth was found */
    enum truth truth, assumed; /* assumed: it is required to be that, and the search sees to it */
};

struct audit_logic {
    const struct audit_template *t;
    struct map guards;     /* interned */
    struct map variables;  /* by name */
    struct map atoms;      /* by the variable's name, a line's end, and the text */
    struct map names;      /* conditions: a struct named each */
    struct named *waiting; /* whose formulas are not made yet */
    bool is_read;          /* names has all conditions */
    struct formula *formulas;
    uint32_t n_formulas, formulas_cap;

    /* Of a search */
    struct step {
        struct atom *atom; /* it became fixed, or out; NULL: formula was assumed */
        bool is_fixed;
        uint32_t formula;
    } * trail;
    size_t n_trail, trail_cap;
    uint32_t *clauses;
    size_t n_clauses, clauses_cap;
    uint64_t version;
    size_t steps, most_steps, steps_in_all;
    bool gave_up, has_told;
};

/* The formula of a guard's one literal, without its sign. */
uint32_t audit_logic_literal(struct audit_logic *l, const struct audit_guard *g);
