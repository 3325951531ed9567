/*
 * kit/op_table: the tables of a service's ops.def, in one file of the service, behind its x_priv.h:
 * ops (the operations), op_rows (all that they ask, in the file's order) and KIT_TABLES, the
 * members of struct aws_service that point to them.
 */
#define KIT_TABLES                                                                                 \
    .ops = ops, .n_ops = ARRAY_LEN(ops), .rows = op_rows, .n_rows = ARRAY_LEN(op_rows)

/*
 * The names that handlers ask by. Several operations may have one: C takes these for one
 * definition.
 */
#define OP(name, action, resource, flags)
#define OP_IN(name, action, resource, flags)
#define MAY(name, words, action, resource, flags) const struct aws_may KIT_NAME(_may_, name);
#define ROW(...)
#include "svc/kit/op_rows.h"

/* aws knows a service's state as a void *; a handler takes it as what it is. */
#define KIT_CALL(middle, name)                                                                     \
    static int KIT_NAME(_call##middle, name)(void *svc, struct rq *rq) {                           \
        return KIT_NAME(middle, name)(svc, rq);                                                    \
    }
#define OP(name, action, resource, flags)    KIT_CALL(_op_, name)
#define OP_IN(name, action, resource, flags) KIT_CALL(_op_, name) KIT_CALL(_open_, name)
#define MAY(name, words, action, resource, flags)
#define ROW(...)
#include "svc/kit/op_rows.h"

static const struct aws_op ops[] = {
#define OP(name, action, resource, flags)                                                          \
    {#name, KIT_NAME(_call_op_, name), action, resource, flags, NULL},
#define OP_IN(name, action, resource, flags)                                                       \
    {#name, KIT_NAME(_call_op_, name), action, resource, flags, KIT_NAME(_call_open_, name)},
#define MAY(name, words, action, resource, flags)
#define ROW(...)
#include "svc/kit/op_rows.h"
};

static const struct aws_op_row op_rows[] = {
#define OP(name, action, resource, flags)    {ROW_OP, #name, NULL, NULL, NULL, 0, NULL},
#define OP_IN(name, action, resource, flags) {ROW_OP, #name, NULL, NULL, NULL, 0, NULL},
#define MAY(name, words, action, resource, flags)                                                  \
    {ROW_MAY, NULL, words, action, resource, flags, &KIT_NAME(_may_, name)},
#define ROW(...) {__VA_ARGS__, NULL},
#include "svc/kit/op_rows.h"
};
