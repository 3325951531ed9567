#pragma once
/*
 * cli/session: what a verb needs to speak to the running daemon of a data folder: its endpoint
 * (told by the admin socket), the root key, the CA.
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
    /* Functions that cannot run there, as GetStatus has it: Refused and RefusedRuntimes, or NULL. */
    char *refused;
    json_t *refused_runtimes;
    struct prog_credentials key;
};
/* data: the --data flag, or NULL. err: one line, also when no daemon runs. */
int cli_session_open(struct cli_session *s, const char *data, struct err *err);
/* Frees, and wipes the key. */
void cli_session_deinit(struct cli_session *s);
