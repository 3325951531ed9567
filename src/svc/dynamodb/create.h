#pragma once
/* dynamodb/create: the input of CreateTable, checked and turned into a table's row. */
#include "svc/dynamodb/svc_priv.h"

/* *ret_doc is a new reference: the row's document, without Id and KeyId. 0 or AWS_FAILED. */
int ddb_create_document(struct rq *rq, json_t **ret_doc);
