/*
 * The engine's world in the daemon: operations are called through their rows, as the stack's
 * caller.
 */
#include "aws/model.h"
#include "cfn/cfn_priv.h"

#include <errno.h>

/* ---- Nothing is silently dropped: every member that a verb sends must be in the model ---- */

static const char *unknown_member(const struct api_shape *shape, const json_t *value) {
    const char *name, *bad = NULL;
    json_t *one;
    size_t i;
    if (shape->type == API_STRUCTURE && json_is_object(value)) {
        json_object_foreach ((json_t *)value, name, one) {
            const struct api_member *m = api_member_find(shape, str_c(name));
            bad = m ? unknown_member(m->shape, one) : name;
            if (bad)
                return bad;
        }
    } else if (shape->type == API_LIST) {
        json_array_foreach (value, i, one)
            if ((bad = unknown_member(shape->element, one)) != NULL)
                return bad;
    } else if (shape->type == API_MAP && json_is_object(value)) {
        json_object_foreach ((json_t *)value, name, one)
            if ((bad = unknown_member(shape->element, one)) != NULL)
                return bad;
    }
    return NULL;
}

static const struct api_op *find_op(const char *service, const char *op) {
    for (size_t i = 0; api_services[i]; i++)
        if (str_is(api_services[i]->name, service))
            return api_op_find(api_services[i], str_c(op));
    return NULL;
}

/* A stack's own role has no keys; whoever has is the caller, in whose name the stack acts. */
static struct aws_behalf behalf_of(const struct aws_identity *as) {
    return as->access_key.len ? (struct aws_behalf){true, S("cloudformation.amazonaws.com")}
                              : (struct aws_behalf){0};
}

static int call(void *ctx, struct cfn_backend_call *call) {
    const json_t *in = call->in;
    const struct api_op *api = find_op(call->service, call->op);
    const char *bad = api && api->in ? unknown_member(api->in, in) : NULL;
    if (bad) {
        call->status = 400;
        buf_c(&call->code, "InvalidRequest");
        buf_printf(&call->message, "%s is not known to %s:%s", bad, call->service, call->op);
        return CFN_FAILED;
    }
    struct aws_call c = {.cloud = ctx,
                         .caller = call->as,
                         .behalf = behalf_of(call->as),
                         .account = call->place.account,
                         .region = call->place.region,
                         .service = call->service,
                         .op = call->op,
                         .in = (json_t *)in};
    CLEANUP_JSON json_t *without = NULL;
    if (json_has(in, "Payload")) { /* Lambda's Invoke: the body, not a member */
        c.body = json_str(in, "Payload");
        c.in = without = json_copy((json_t *)in);
        json_object_del(without, "Payload");
    }
    int r = aws_call(&c);
    call->status = c.status;
    call->refused = c.refused;
    buf_str(&call->code, buf_view(&c.error_code));
    buf_str(&call->message, buf_view(&c.error_message));
    call->out = json_incref(c.out);
    aws_call_deinit(&c);
    return r ? CFN_FAILED : CFN_DONE;
}

/* ---- Who ---- */

static int identity(void *ctx, const struct cfn_operation *op, struct aws_identity **ret,
                    struct err *err) {
    const struct aws_identity_source *source = aws_cloud_identities(ctx);
    if (op->role.len && source->role) {
        if (source->role(source->ctx, op->role, S("cloudformation.amazonaws.com"),
                         S("AWSCloudFormation"), ret, err))
            return err_set(err, -EACCES, "Role " STR_FMT " is invalid or cannot be assumed",
                           STR_ARG(op->role));
        return 0;
    }
    if (source->find(source->ctx, op->access_key, ret))
        return err_set(err, -EACCES,
                       "The security token included in the request is invalid: " STR_FMT
                       " cannot be acted for any more",
                       STR_ARG(op->arn));
    return 0;
}

static const struct cfn_type *type(void *ctx, str name) {
    (void)ctx;
    return cfn_type_find(name);
}

struct cfn_backend cfn_cloud_backend(struct aws_cloud *cloud) {
    return (struct cfn_backend){.ctx = cloud, .type = type, .identity = identity, .call = call};
}
