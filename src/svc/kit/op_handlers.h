/*
 * kit/op_handlers: declares what a service's ops.def wants (aws/op.h): the handlers x_op_NAME, the
 * openers x_open_NAME of streamed bodies, and the names x_may_NAME of the rights that handlers ask
 * for. The service's state is a struct x_svc. In the service's x_priv.h, and no include guard here:
 *
 *   #define KIT_OPS "svc/x/ops.def"
 *   #define KIT_PREFIX x
 *   #include "svc/kit/op_handlers.h"
 *
 * One file of the service includes svc/kit/op_table.h, which makes the tables.
 */
#include "aws/op.h"

#define KIT_JOIN_(prefix, middle, name) prefix##middle##name
#define KIT_JOIN(prefix, middle, name)  KIT_JOIN_(prefix, middle, name)
#define KIT_NAME(middle, name)          KIT_JOIN(KIT_PREFIX, middle, name)
#define KIT_HANDLER(middle, name)                                                                  \
    int KIT_NAME(middle, name)(struct KIT_NAME(_svc, ) * svc, struct rq * rq);

#define OP(name, action, resource, flags)         KIT_HANDLER(_op_, name)
#define OP_IN(name, action, resource, flags)      KIT_HANDLER(_op_, name) KIT_HANDLER(_open_, name)
#define MAY(name, words, action, resource, flags) extern const struct aws_may KIT_NAME(_may_, name);
#define ROW(...)
#include "svc/kit/op_rows.h"
