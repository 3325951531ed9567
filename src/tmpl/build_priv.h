#pragma once
/*
 * tmpl/build: what the YAML and the JSON reader share: counting nodes, collecting members, and
 * turning what was read into an immutable tree.
 *
 * Members of unfinished collections wait on one stack, each level above `base`, and are copied into
 * the arena when the collection ends: no level allocates on its own.
 */
#include "base/map.h"
#include "tmpl/tmpl.h"

/* One reading of a text. Zeroed, but for arena and fault, it is ready. */
struct tmpl_builder {
    struct arena *arena;
    struct tmpl_fault *fault;
    struct tmpl_faults *faults; /* mending: what is told and passed over; else NULL */
    struct tmpl_member *stack;
    size_t n, cap;
    size_t nodes;
    unsigned depth;
    uint32_t file; /* the number in all places */
};
/* Frees the stack; what was built lives in the arena. */
void tmpl_builder_deinit(struct tmpl_builder *b);

/* NULL and the fault set when there are too many. */
struct tmpl_node *tmpl_build_node(struct tmpl_builder *b, enum tmpl_kind kind,
                                  struct tmpl_pos start);
/* Enters a collection: TMPL_E_TEMPLATE beyond TMPL_MAX_DEPTH. Leave with tmpl_build_close. */
int tmpl_build_open(struct tmpl_builder *b, struct tmpl_pos at);
/* One more member of the collection that is open; key absent in a list. */
void tmpl_build_push(struct tmpl_builder *b, str key, struct tmpl_pos key_at,
                     struct tmpl_node *value);
/*
 * Gives the members above base to node; refuses duplicate keys of a map: mending, the first of them
 * stays.
 */
int tmpl_build_close(struct tmpl_builder *b, struct tmpl_node *node, size_t base);

/* Types a scalar that was written without quotes. */
void tmpl_type_plain(struct tmpl_node *node, str text);

/*
 * The readers: the whole text as one tree, in the builder's arena. 0, or TMPL_E_TEMPLATE with the
 * builder's fault filled.
 */
int tmpl_read_yaml(struct tmpl_builder *b, str text, struct tmpl_node **ret);
int tmpl_read_json(struct tmpl_builder *b, str text, struct tmpl_node **ret);
