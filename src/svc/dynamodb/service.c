/* The operation table, expanded from ops.def, and the service row. */
#include "svc/dynamodb/dynamodb.h"

#include "aws/model.h"
#include "svc/dynamodb/history.h"
#include "svc/dynamodb/svc_priv.h"
#include "svc/kit/op_table.h"

/* ExpressionAttributeValues stays a map of single values: its names are said in their order. */
static const struct aws_take takes[] = {{S_INIT("AttributeValue"), ddb_value_read},
                                        {S_INIT("Key"), ddb_item_read},
                                        {S_INIT("PutItemInputAttributeMap"), ddb_item_read},
                                        {{NULL, 0}, NULL}};

struct aws_service ddb_service(struct ddb_svc *ddb) {
    return (struct aws_service){
        .name = "dynamodb",
        .api = &api_dynamodb,
        KIT_TABLES,
        .takes = takes,
        .svc = ddb,
        .common = DDB_common,
        .resource = ddb_hook_resource,
        .context = ddb_hook_context,
        .tags = ddb_hook_tags,
    };
}

int ddb_open(struct ddb_svc **ret_ddb, struct store *store, struct hub *hub, struct err *err) {
    (void)err; /* nothing to put right: what a crash left is whole */
    struct ddb_svc *ddb = mem_new(struct ddb_svc);
    ddb->store = store;
    ddb->hub = hub;
    ddb->tables = ddb_tables_new(store);
    ddb->gauge = ddb_gauge_new(store, hub);
    ddb_history_start(ddb);
    *ret_ddb = ddb;
    return 0;
}

void ddb_stop(struct ddb_svc *ddb) { ddb_gauge_flush(ddb->gauge); }

struct ddb_svc *ddb_close(struct ddb_svc *ddb) {
    if (!ddb)
        return NULL;
    ddb_gauge_free(ddb->gauge);
    ddb_tables_free(ddb->tables);
    free(ddb);
    return NULL;
}
