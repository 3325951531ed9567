#include "prog/common.h"

#include <stdio.h>

void prog_common_rows(struct prog_common *c, struct prog_flag rows[PROG_COMMON_ROWS]) {
    const struct prog_flag all[] = {
        {"data", FLAG_TEXT, &c->data, "DIR", "data folder ($CALOTYPE_DATA, ./var)", 0, 0, NULL},
        {"env", FLAG_TEXT, &c->environment, "NAME", "environment (dev)", 0, 0, NULL},
        {"aws", FLAG_SWITCH, &c->aws, NULL, "an AWS account instead of the daemon", 0, 0, NULL},
        {"json", FLAG_SWITCH, &c->json, NULL, "JSON instead of rows", 0, 0, NULL},
    };
    _Static_assert(sizeof all / sizeof *all == PROG_COMMON_ROWS, "a row is missing");
    memcpy(rows, all, sizeof all);
}

int prog_common_open(const struct prog_common *c, struct prog_cloud *cloud, struct err *err) {
    struct prog_cloud_options options = {.data = c->data, .environment = c->environment, .aws = c->aws};
    return prog_cloud_open(cloud, &options, err);
}

void prog_print_json(const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write_pretty(&text, doc);
    puts(buf_cstr(&text));
}
