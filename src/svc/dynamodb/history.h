#pragma once
/* dynamodb/history: removes previous images that are older than their table's recovery period. */
#include "svc/dynamodb/svc_priv.h"

/* Registers the hub timer that does it, once an hour of world time. */
void ddb_history_start(struct svc *svc);
