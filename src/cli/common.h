#pragma once
/* cli/common: the flags that the verbs about photographs share. */
#include "cli/cloud.h"
#include "prog/flag.h"

/* What those flags set. Texts are argv's. */
struct cli_common {
    const char *data, *environment;
    bool aws, json;
};
/* Their rows in the table of a verb, whose struct T has them as the member common. */
#define CLI_COMMON_FLAGS(T)                                                                        \
    PROG_DATA(T, common.data),                                                                     \
        PROG_CHECKED(T, common.environment, "env", "NAME", cli_check_environment,                  \
                     "environment (dev)"),                                                         \
        PROG_SWITCH(T, common.aws, "aws", "an AWS account instead of the daemon"),                 \
        PROG_SWITCH(T, common.json, "json", "JSON instead of rows")
/* 0, or -EINVAL with words that say which names an environment may have. */
int cli_check_environment(const char *name, struct err *err);
/* cli_cloud_open with these flags. */
int cli_common_open(const struct cli_common *c, struct cli_cloud *cloud, struct err *err);
/* Calls one for each name, and prints what failed. An exit code. */
int cli_each_name(char **names, int n, int (*one)(void *ctx, const char *name, struct err *err),
                  void *ctx, struct err *err);
/* Appends the text in single quotes, as a shell takes it. */
void cli_add_quoted(struct buf *out, const char *text);
/* Appends the texts of an array with ", " between them. */
void cli_add_names(struct buf *out, const json_t *names);
/* Prints a document for machines: indented JSON and a line break, to stdout. */
void cli_print_json(const json_t *doc);
