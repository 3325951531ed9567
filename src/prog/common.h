#pragma once
/* prog/common: the flags that the verbs about photographs share. */
#include "prog/cloud.h"
#include "prog/flag.h"

struct prog_common {
    const char *data, *environment;
    bool aws, json;
};
enum { PROG_COMMON_ROWS = 4 };
/* Fills rows[PROG_COMMON_ROWS], pointing into c. */
void prog_common_rows(struct prog_common *c, struct prog_flag rows[PROG_COMMON_ROWS]);
int prog_common_open(const struct prog_common *c, struct prog_cloud *cloud, struct err *err);
/* Prints a document for machines: indented JSON and a line break, to stdout. */
void prog_print_json(const json_t *doc);
