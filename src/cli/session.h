#pragma once
/*
 * cli/session: what a verb needs to speak to the running daemon of a data folder: its endpoint
 * (told by the admin socket), the root key, the CA, and the environment that makes other clients
 * speak to it.
 */
#include "base/err.h"
#include "prog/data.h"

/*
 * Zeroed it is empty. The strings are the session's own; key holds the secret until
 * cli_session_deinit.
 */
struct cli_session {
    char *data;     /* absolute */
    char *ca;       /* path of the CA's certificate */
    char *endpoint; /* https://127.0.0.1:4566 */
    char account[16];
    int64_t world_offset_ms; /* of the daemon's world time to real time */
    struct prog_credentials key;
};
/* data: the --data flag, or NULL. err: one line, also when no daemon runs. */
int cli_session_open(struct cli_session *s, const char *data, struct err *err);
/* Frees, and wipes the key. */
void cli_session_deinit(struct cli_session *s);

/*
 * Calls fn for each variable, in a fixed order: AWS_*, NODE_EXTRA_CA_CERTS, S3CMD_CONFIG,
 * RCLONE_CONFIG_CALOTYPE_*, CALOTYPE_DATA. Writes the file that S3CMD_CONFIG names
 * (DATA/clients/s3cmd.cfg, anew each time, since it has absolute paths).
 */
int cli_session_each_variable(const struct cli_session *s,
                              void (*fn)(void *ctx, const char *name, const char *value), void *ctx,
                              struct err *err);
