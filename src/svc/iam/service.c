/* svc/iam: the operation table, expanded from ops.def, and opening. */
#include "aws/model.h"
#include "base/lock.h"
#include "svc/iam/builtin.h"
#include "svc/iam/iam_priv.h"
#include "svc/kit/op_table.h"

struct aws_service iam_service(struct iam_svc *iam) {
    return (struct aws_service){
        .name = "iam",
        .api = &api_iam,
        KIT_TABLES,
        .svc = iam,
        .common = IAM_common,
        .derived = iam_derived,
        .resource = iam_hook_resource,
        .resource_policy = iam_hook_policy,
        .context = iam_hook_context,
    };
}

int iam_open(struct iam_svc **ret_iam, struct store *store, struct hub *hub, struct err *err) {
    (void)err; /* nothing here can fail; x_open of every service has it */
    struct iam_svc *iam = mem_new(struct iam_svc);
    iam->store = store;
    iam->cache = iam_cache_new();
    lock_init(&iam->builtins_lock);
    if (hub)
        hub_add_timer(hub, "iam-sessions", iam_session_sweep, iam);
    *ret_iam = iam;
    return 0;
}

struct iam_svc *iam_close(struct iam_svc *iam) {
    if (iam) {
        iam_cache_free(iam->cache);
        iam_builtins_free(iam);
        pthread_mutex_destroy(&iam->builtins_lock);
        free(iam);
    }
    return NULL;
}
