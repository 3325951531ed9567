#pragma once
/*
 * audit/logic: whether conditions of a template can hold together. A template's Conditions become
 * formulas over "this value equals that text"; a value (a parameter, or any expression that is always
 * written the same) has a domain: its AllowedValues, or the texts that it is compared with and all
 * others. A search with propagation decides; it is bounded, and says where it gave up.
 *
 * Owner: the template, one thread. Memory: the audit's arena, and maps that audit_logic_deinit frees.
 */
#include "audit/template.h"

/* One literal, and those that hold with it. Interned: the same conjunction, built alike, is one pointer. */
struct audit_guard {
    const struct audit_guard *rest;
    str name, value; /* a condition; or, where value is not absent, a parameter that is value */
    bool holds;
    enum audit_answer { AUDIT_NOT_ASKED, AUDIT_POSSIBLE, AUDIT_IMPOSSIBLE } answer;
};

struct audit_logic;
/* Nothing is read before the first question. */
struct audit_logic *audit_logic_new(const struct audit_template *t);
void audit_logic_deinit(struct audit_logic *logic); /* NULL: nothing */
/* The guard of rest and one literal more; texts are borrowed from the tree, or live as long. */
struct audit_guard *audit_logic_guard(struct audit_logic *logic, const struct audit_guard *rest,
                                      str name, str value, bool holds);
/*
 * Can guard hold? *ret_gave_up: the bound was reached, and the answer is a guess ("yes").
 */
bool audit_logic_holds(struct audit_logic *logic, const struct audit_guard *guard,
                       bool *ret_gave_up);
/* True once: for the one finding that tells of a bound. */
bool audit_logic_tells(struct audit_logic *logic);
