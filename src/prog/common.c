#include "prog/common.h"

#include <stdio.h>

int prog_common_open(const struct prog_common *c, struct prog_cloud *cloud, struct err *err) {
    struct prog_cloud_options options = {.data = c->data,
                                         .environment = c->environment,
                                         .aws = c->aws};
    return prog_cloud_open(cloud, &options, err);
}

void prog_print_json(const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write_pretty(&text, doc);
    puts(buf_cstr(&text));
}
