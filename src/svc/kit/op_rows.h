/*
 * kit/op_rows: one reading of an ops.def (aws/op.h), for op_handlers.h and op_table.h. Who includes
 * it has defined OP, OP_IN, MAY and ROW; what is said below an operation comes as ROWs, in the
 * order of struct aws_op_row's members. No include guard: it undefines all that, so that it can be
 * read again.
 */
#define VERSIONED(member, action)           ROW(ROW_VERSIONED, NULL, member, action, NULL, 0)
#define ALSO(when, action, resource, flags) ROW(ROW_ALSO, NULL, when, action, resource, flags)
#define OR(action)                          ROW(ROW_OR, NULL, NULL, action, NULL, 0)
#define TAGS(member)                        ROW(ROW_TAGS, NULL, member, NULL, NULL, 0)
#define TAGGED(member, action, resource)    ROW(ROW_TAGS, NULL, member, action, resource, 0)
#define PASSES(member, service)                                                                    \
    ROW(ROW_PASSES, service, member, "iam:PassRole", "iam:PassedToService", 0)
#define KEY(member, key, type)             ROW(ROW_KEY, key, member, type, NULL, 0)
#define KEY_ELSE(member, key, type, value) ROW(ROW_KEY, key, member, type, value, 0)
#define FILLED(key, type, words)           ROW(ROW_FILLED, key, words, type, NULL, 0)
#define ABSENT(key, type, words)           ROW(ROW_ABSENT, key, words, type, NULL, 0)
#include KIT_OPS
#undef OP
#undef OP_IN
#undef MAY
#undef ROW
#undef VERSIONED
#undef ALSO
#undef OR
#undef TAGS
#undef TAGGED
#undef PASSES
#undef KEY
#undef KEY_ELSE
#undef FILLED
#undef ABSENT
