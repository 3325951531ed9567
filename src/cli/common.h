#pragma once
/* cli/common: the flags that the verbs about photographs share. */
#include "cli/cloud.h"
#include "prog/flag.h"

struct cli_common {
    const char *data, *environment;
    bool aws, json;
};
/* Their rows, in a verb's table; c points to the struct. */
#define CLI_COMMON_ROWS(c)                                                                         \
    PROG_DATA_ROW(&(c)->data),                                                                     \
        {"env", FLAG_TEXT, &(c)->environment, "NAME", "environment (dev)", 0, 0, NULL},            \
        {"aws", FLAG_SWITCH, &(c)->aws, NULL, "an AWS account instead of the daemon", 0, 0, NULL}, \
    {                                                                                              \
        "json", FLAG_SWITCH, &(c)->json, NULL, "JSON instead of rows", 0, 0, NULL                  \
    }
int cli_common_open(const struct cli_common *c, struct cli_cloud *cloud, struct err *err);
/* Prints a document for machines: indented JSON and a line break, to stdout. */
void cli_print_json(const json_t *doc);
