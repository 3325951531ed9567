/* cli/session: asks the running daemon for its endpoint, and reads the root key and the CA's path. */
#include "cli/session.h"

#include <errno.h>
#include <stdlib.h>

void cli_session_deinit(struct cli_session *s) {
    free(s->data);
    free(s->ca);
    free(s->endpoint);
    free(s->refused);
    json_decref(s->refused_runtimes);
    explicit_bzero(s, sizeof *s);
}

int cli_session_open(struct cli_session *s, const char *data, struct err *err) {
    CLEANUP_JSON json_t *health = NULL;
    int status = 0;
    *s = (struct cli_session){0};
    data = prog_data_dir(data);
    int r = prog_admin_ask(data, "GET", "/health", STR_NONE, &status, &health, err);
    r = r ? r : prog_credentials_read(data, &s->key, err);
    if (r)
        return r;
    str endpoint = json_str(health, "endpoint"), account = json_str(health, "account");
    if (!endpoint.len || account.len >= sizeof s->account)
        return err_set(err, -EPROTO, "the daemon on %s does not tell its endpoint", data);
    s->data = realpath(data, NULL);
    if (!s->data)
        return err_sys(err, -errno, "find %s", data);
    s->ca = prog_data_path(s->data, "tls/ca.pem");
    s->endpoint = mem_strdup(endpoint.p);
    memcpy(s->account, account.p, account.len);
    s->world_offset_ms = json_int(health, "world_offset_ms", 0);
    const json_t *functions = json_object_get(health, "functions");
    const char *refused = json_string_value(json_object_get(functions, "refused"));
    s->refused = refused ? mem_strdup(refused) : NULL;
    s->refused_runtimes = json_incref(json_object_get(functions, "refused_runtimes"));
    return 0;
}
