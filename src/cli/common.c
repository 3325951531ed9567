/* cli/common: the flags and the JSON output that verbs about photographs share. */
#include "cli/common.h"

#include <stdio.h>

int cli_common_open(const struct cli_common *c, struct cli_cloud *cloud, struct err *err) {
    struct cli_cloud_options options = {.data = c->data,
                                        .environment = c->environment,
                                        .aws = c->aws};
    return cli_cloud_open(cloud, &options, err);
}

void cli_print_json(const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write_pretty(&text, doc);
    puts(buf_cstr(&text));
}
