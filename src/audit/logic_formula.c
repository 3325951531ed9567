/* audit/logic: what conditions say, as formulas. */
#include "audit/logic_formula_priv.h"

#include <stdlib.h>

/* Values a variable may have before it counts as open: more are no use to anybody. */
enum { MOST_ATOMS_OF_A_DOMAIN = 256, MOST_OPERANDS = 64 };

/* A condition, and the formula of its name. */
struct named {
    const struct tmpl_node *node;
    uint32_t formula;   /* NONE: nobody asked yet */
    struct named *next; /* of those whose formula does not know yet what it stands for */
};

static struct arena *memory(const struct audit_logic *l) { return &l->t->audit->guards; }

struct audit_logic *audit_logic_new(const struct audit_template *t) {
    struct audit_logic *l = arena_new(&t->audit->guards, struct audit_logic);
    l->t = t;
    l->version = 1;
    return l;
}

void audit_logic_deinit(struct audit_logic *l) {
    if (!l)
        return;
    map_deinit(&l->guards);
    map_deinit(&l->variables);
    map_deinit(&l->atoms);
    map_deinit(&l->names);
    free(l->formulas);
    free(l->trail);
    free(l->clauses);
}

bool audit_logic_tells(struct audit_logic *l) {
    bool is_first = !l->has_told;
    l->has_told = true;
    return is_first;
}

struct audit_guard *audit_logic_guard(struct audit_logic *l, const struct audit_guard *rest,
                                      str name, str value, bool holds) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    buf_add(&key, &rest, sizeof rest);
    buf_char(&key, holds ? '+' : '-');
    buf_char(&key, value.p ? '=' : '?');
    buf_str(&key, name);
    buf_char(&key, '\n');
    buf_str(&key, value);
    struct audit_guard *g = map_get(&l->guards, buf_view(&key));
    if (g)
        return g;
    g = arena_new(memory(l), struct audit_guard);
    *g = (struct audit_guard){.rest = rest, .name = name, .value = value, .holds = holds};
    map_put(&l->guards, buf_view(&key), g);
    return g;
}

/* ---- Formulas ---- */

static uint32_t add(struct audit_logic *l, struct formula f) {
    if (l->n_formulas == l->formulas_cap) {
        l->formulas_cap = l->formulas_cap ? l->formulas_cap * 2 : 64;
        l->formulas = mem_realloc(l->formulas, l->formulas_cap * sizeof *l->formulas);
    }
    l->formulas[l->n_formulas] = f;
    return l->n_formulas++;
}

static uint32_t constant(struct audit_logic *l, bool is_true) {
    return add(l, (struct formula){.kind = CONSTANT, .is_true = is_true});
}

static str key_of(struct buf *out, str variable, str value) {
    buf_clear(out);
    buf_str(out, variable);
    buf_char(out, '\n');
    buf_str(out, value);
    return buf_view(out);
}

static struct atom *add_atom(struct audit_logic *l, struct variable *v, str value) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    str key = key_of(&text, v->name, value);
    struct atom *a = map_get(&l->atoms, key);
    if (a)
        return a;
    a = arena_new(memory(l), struct atom);
    a->of = v;
    v->n_left++;
    map_put(&l->atoms, key, a);
    return a;
}

/* name: a parameter's, a pseudo parameter's, or an expression as it is written. */
static struct variable *variable_of(struct audit_logic *l, str name) {
    struct variable *v = map_get(&l->variables, name);
    if (v)
        return v;
    v = arena_new(memory(l), struct variable);
    v->name = arena_str(memory(l), name);
    v->parameter = audit_parameter(l->t, name);
    /* What SSM holds under the name is not bound by what the name may be. */
    if (str_starts(tmpl_text(tmpl_get(v->parameter, "Type")), S("AWS::SSM::")))
        v->parameter = NULL;
    map_put(&l->variables, name, v);
    const struct tmpl_node *allowed = tmpl_get(v->parameter, "AllowedValues");
    v->is_open =
        !tmpl_is(allowed, TMPL_LIST) || allowed->n == 0 || allowed->n > MOST_ATOMS_OF_A_DOMAIN;
    for (size_t i = 0; !v->is_open && i < allowed->n; i++)
        add_atom(l, v, tmpl_text(allowed->members[i].value));
    return v;
}

/* A bound of the parameter; fallback where it has none. */
static double bound_of(const struct variable *v, const char *name, double fallback) {
    str text = tmpl_text(tmpl_get(v->parameter, name));
    uint64_t n;
    return str_to_u64(text, &n) ? (double)n : fallback;
}

/* Would CloudFormation take the value for the parameter? */
static bool is_taken(const struct variable *v, str value) {
    double least = bound_of(v, "MinLength", 0), most = bound_of(v, "MaxLength", 1e9);
    return (double)value.len >= least && (double)value.len <= most;
}

static uint32_t equals_text(struct audit_logic *l, str variable, str value) {
    struct variable *v = variable_of(l, variable);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct atom *a = map_get(&l->atoms, key_of(&text, v->name, value));
    if (!a && (!v->is_open || !is_taken(v, value)))
        return constant(l, false);
    return add(l, (struct formula){.kind = ATOM, .atom = a ? a : add_atom(l, v, value)});
}

/* What may be true or false, whatever all else is; the same name is the same. */
static uint32_t free_of(struct audit_logic *l, str name) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "?");
    buf_str(&text, name);
    return equals_text(l, buf_view(&text), S("true"));
}

static uint32_t junction(struct audit_logic *l, bool is_any, const uint32_t *operands, size_t n) {
    uint32_t *copy = arena_alloc(memory(l), n * sizeof *copy);
    if (n)
        memcpy(copy, operands, n * sizeof *copy);
    return add(
        l,
        (struct formula){.kind = JUNCTION, .is_any = is_any, .operands = copy, .n = (uint32_t)n});
}

/* ---- Fn::Equals ---- */

/* A side that is one variable: its name. A function other than Ref is named as it is written. */
static str variable_name(struct audit_logic *l, const struct tmpl_node *node) {
    const struct tmpl_member *f = tmpl_function(node);
    if (f && str_is(f->key, "Ref") && tmpl_text(f->value).p)
        return tmpl_text(f->value);
    str sub = f && str_is(f->key, "Fn::Sub") ? tmpl_text(f->value) : STR_NONE, piece, more;
    size_t at = 0;
    if (sub.p && tmpl_sub_next(sub, &at, &piece) == TMPL_SUB_NAME &&
        tmpl_sub_next(sub, &at, &more) == TMPL_SUB_END)
        return piece;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    tmpl_dump(&text, node);
    return arena_str(memory(l), buf_view(&text));
}

/*
 * The value of Fn::FindInMap [map, {Ref: key}, second] or [map, first, {Ref: key}]: true where the key
 * is one of those whose entry is the text. Else NONE.
 */
static uint32_t find_equals(struct audit_logic *l, const struct tmpl_node *args, str value) {
    if (!tmpl_is(args, TMPL_LIST) || args->n != 3)
        return NONE;
    const struct tmpl_member *map = tmpl_member(l->t->mappings, tmpl_text(args->members[0].value));
    const struct tmpl_node *first = args->members[1].value, *second = args->members[2].value;
    str key = tmpl_text(tmpl_get(first, "Ref")), fixed = tmpl_text(second);
    bool is_first = key.p && fixed.p;
    if (!is_first) {
        key = tmpl_text(tmpl_get(second, "Ref"));
        fixed = tmpl_text(first);
    }
    const struct tmpl_member *row = is_first || !map ? map : tmpl_member(map->value, fixed);
    const struct tmpl_node *within = row && key.p && fixed.p ? row->value : NULL;
    if (!within || within->kind != TMPL_MAP || within->n > MOST_OPERANDS)
        return NONE;
    uint32_t any[MOST_OPERANDS];
    size_t n = 0;
    for (size_t i = 0; i < within->n; i++) {
        const struct tmpl_member *m = &within->members[i], *entry = m;
        if (is_first)
            entry = tmpl_member(m->value, fixed);
        if (entry && str_eq(tmpl_text(entry->value), value))
            any[n++] = equals_text(l, key, m->key);
    }
    return junction(l, true, any, n);
}

static uint32_t equality(struct audit_logic *l, const struct tmpl_node *a,
                         const struct tmpl_node *b) {
    str left = tmpl_text(a), right = tmpl_text(b);
    if (left.p && right.p)
        return constant(l, str_eq(left, right));
    if (left.p || right.p) {
        const struct tmpl_node *side = left.p ? b : a;
        str text = left.p ? left : right;
        const struct tmpl_member *f = tmpl_function(side);
        uint32_t found =
            f && str_is(f->key, "Fn::FindInMap") ? find_equals(l, f->value, text) : NONE;
        return found != NONE ? found : equals_text(l, variable_name(l, side), text);
    }
    left = variable_name(l, a);
    right = variable_name(l, b);
    if (str_eq(left, right))
        return constant(l, true);
    bool is_less = str_cmp(left, right) < 0;
    return free_of(l, arena_printf(memory(l), STR_FMT "==" STR_FMT, STR_ARG(is_less ? left : right),
                                   STR_ARG(is_less ? right : left)));
}

/* ---- Conditions ---- */

static uint32_t formula_of(struct audit_logic *l, const struct tmpl_node *node);
static uint32_t name_of(struct audit_logic *l, str name);

static uint32_t unknown(struct audit_logic *l, const struct tmpl_node *node) {
    return free_of(l, arena_printf(memory(l), "%u:%u", node->start.line, node->start.column));
}

static uint32_t operands_of(struct audit_logic *l, const struct tmpl_node *list, bool is_any) {
    uint32_t operands[MOST_OPERANDS];
    if (!tmpl_is(list, TMPL_LIST) || list->n == 0 || list->n > MOST_OPERANDS)
        return NONE;
    for (size_t i = 0; i < list->n; i++)
        operands[i] = formula_of(l, list->members[i].value);
    return junction(l, is_any, operands, list->n);
}

static uint32_t read_not(struct audit_logic *l, const struct tmpl_node *value) {
    if (!tmpl_is(value, TMPL_LIST) || value->n != 1)
        return NONE;
    uint32_t of = formula_of(l, value->members[0].value);
    return add(l, (struct formula){.kind = NOT, .of = of});
}
static uint32_t read_and(struct audit_logic *l, const struct tmpl_node *value) {
    return operands_of(l, value, false);
}
static uint32_t read_or(struct audit_logic *l, const struct tmpl_node *value) {
    return operands_of(l, value, true);
}
static uint32_t read_equals(struct audit_logic *l, const struct tmpl_node *value) {
    return tmpl_is(value, TMPL_LIST) && value->n == 2
               ? equality(l, value->members[0].value, value->members[1].value)
               : NONE;
}
static uint32_t read_name(struct audit_logic *l, const struct tmpl_node *value) {
    return name_of(l, tmpl_text(value));
}

static const struct {
    const char *function;
    uint32_t (*read)(struct audit_logic *l, const struct tmpl_node *value);
} readers[] = {
    {"Fn::And", read_and}, {"Fn::Equals", read_equals}, {"Fn::Not", read_not},
    {"Fn::Or", read_or},   {"Condition", read_name},
};

/* What cannot be understood may be true or false. */
static uint32_t formula_of(struct audit_logic *l, const struct tmpl_node *node) {
    const struct tmpl_member *f = tmpl_function(node);
    uint32_t made = NONE;
    for (size_t i = 0; f && i < ARRAY_LEN(readers); i++)
        if (str_is(f->key, readers[i].function))
            made = readers[i].read(l, f->value);
    return made != NONE ? made : unknown(l, node);
}

/*
 * A condition by name: a formula that stands for another, which is made later (by audit_logic_literal),
 * so that conditions that name each other need no order and no depth.
 */
static uint32_t name_of(struct audit_logic *l, str name) {
    struct named *named = map_get(&l->names, name);
    if (!named)
        return free_of(l, name);
    if (named->formula == NONE) {
        named->formula = add(l, (struct formula){.kind = NAMED});
        named->next = l->waiting;
        l->waiting = named;
    }
    return named->formula;
}

static void read_names(struct audit_logic *l) {
    const struct tmpl_node *conditions = l->t->conditions;
    l->is_read = true;
    for (size_t i = 0; conditions && i < conditions->n; i++) {
        struct named *named = arena_new(memory(l), struct named);
        named->node = conditions->members[i].value;
        named->formula = NONE;
        map_put(&l->names, conditions->members[i].key, named);
    }
}

uint32_t audit_logic_literal(struct audit_logic *l, const struct audit_guard *g) {
    if (!l->is_read)
        read_names(l);
    uint32_t formula = g->value.p ? equals_text(l, g->name, g->value) : name_of(l, g->name);
    while (l->waiting) {
        struct named *named = l->waiting;
        l->waiting = named->next;
        uint32_t of = formula_of(l, named->node);
        l->formulas[named->formula].of = of;
    }
    return formula;
}
