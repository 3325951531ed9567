#pragma once
/* dynamodb/history: removes previous images that are older than their table's recovery period. */
#include "svc/dynamodb/svc_priv.h"

/*
 * Adds to rows' batch what removes the table's images from before its recovery period, on condition
 * that the period is as this view of the table has it. Nothing when there are none.
 */
void ddb_history_trim(const struct rows *rows, const struct ddb_table *table);
/* Registers the hub timer that does it, once an hour of world time. */
void ddb_history_start(struct ddb_svc *svc);
