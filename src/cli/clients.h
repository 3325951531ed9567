#pragma once
/*
 * cli/clients: which AWS clients are on PATH, and what each of them cannot do by the environment
 * alone. They are asked for their versions, all at the same time; ten seconds later those that have
 * not answered are ended, and named.
 */
#include "base/buf.h"

struct cli_clients {
    bool node;       /* there is a Node */
    bool old_rclone; /* it gives up over AWS_CA_BUNDLE */
    /*
     * Lines, each with its line break: a client that the environment alone does not serve, and what
     * to type instead.
     */
    struct buf notes;
};
/* all: also those that no variable depends on, for the notes: that takes as long as `aws --version`. */
void cli_clients_find(struct cli_clients *ret, bool all);
void cli_clients_deinit(struct cli_clients *clients);
