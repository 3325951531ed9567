#pragma once
/* dynamodb/describe: a TableDescription. */
#include "svc/dynamodb/svc_priv.h"

/* New reference. status: of the table and its indexes, "ACTIVE". */
json_t *ddb_table_description(struct ddb_svc *svc, const struct ddb_table *table,
                              const char *status);
