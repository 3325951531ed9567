#pragma once
/*
 * cfn/order: the order in which a stack's resources are made: what the graph of references demands,
 * and beyond that whatever refers to a resource after the policies on that resource (struct
 * cfn_type, lets), unless the policy itself needs what refers to it.
 *
 * AWS makes what is independent at once, so there the policy usually wins the race; one after the
 * other in the template's order it would lose always.
 */
#include "cfn/engine.h"
#include "tmpl/model.h"

/*
 * *ret: the graph with the further needs, in arena; it borrows from graph. At most
 * TMPL_MAX_RESOURCES² / 8 bytes beside the lists, and as many steps as there are pairs of a policy and
 * a user of its subject, times the number of resources.
 */
void cfn_order(const struct cfn_backend *backend, const struct tmpl_model *m,
               const struct tmpl_graph *graph, struct arena *arena, struct tmpl_graph *ret);
