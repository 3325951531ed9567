/* svc/logs: the operation table, expanded from ops.def, and opening. */
#include "aws/model.h"
#include "svc/logs/logs_priv.h"
#include "svc/kit/op_table.h"

struct aws_service logs_service(struct logs_svc *logs) {
    return (struct aws_service){
        .name = "logs",
        .api = &api_logs,
        KIT_TABLES,
        .svc = logs,
        .common = LOGS_common,
        .resource = logs_hook_resource,
        .tags = logs_hook_tags,
    };
}

int logs_open(struct logs_svc **ret_logs, struct store *store, struct hub *hub, struct err *err) {
    (void)err; /* nothing here can fail; x_open of every service has it */
    struct logs_svc *logs = mem_new(struct logs_svc);
    logs->store = store;
    logs->hub = hub;
    logs->known = logs_known_new();
    if (hub) {
        hub_plug_log(hub, logs_put, logs);
        hub_add_timer(hub, "logs-retention", logs_sweep, logs);
    }
    *ret_logs = logs;
    return 0;
}

struct logs_svc *logs_close(struct logs_svc *logs) {
    if (logs) {
        logs_known_free(logs->known);
        free(logs);
    }
    return NULL;
}
