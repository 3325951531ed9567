/*
 * cli/session: asks the running daemon for its endpoint, and makes the environment in which
 * clients reach it.
 */
#include "cli/session.h"

#include "base/io.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>

void cli_session_deinit(struct cli_session *s) {
    free(s->data);
    free(s->ca);
    free(s->endpoint);
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
    return 0;
}

/* host:port of the endpoint. */
static str host_of(const struct cli_session *s) {
    ptrdiff_t at = str_find(str_c(s->endpoint), S("://"));
    return str_skip(str_c(s->endpoint), at < 0 ? 0 : (size_t)at + 3);
}

static int write_s3cmd(const struct cli_session *s, const char *path, struct err *err) {
    CLEANUP_MEM char *dir = prog_data_path(s->data, "clients");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    str host = host_of(s);
    buf_printf(&text,
               "[default]\naccess_key = %s\nsecret_key = %s\nbucket_location = %s\n"
               "host_base = " STR_FMT "\nhost_bucket = " STR_FMT "\n"
               "use_https = True\ncheck_ssl_certificate = True\nca_certs_file = %s\n",
               s->key.access_key, s->key.secret_key, s->key.region, STR_ARG(host), STR_ARG(host),
               s->ca);
    int r = io_mkdirs(dir, 0700, err);
    return r ? r : file_write_durable(path, buf_view(&text), 0600, err);
}

int cli_session_each_variable(const struct cli_session *s,
                              void (*fn)(void *ctx, const char *name, const char *value), void *ctx,
                              struct err *err) {
    CLEANUP_MEM char *s3cmd = prog_data_path(s->data, "clients/s3cmd.cfg");
    const struct {
        const char *name, *value;
    } all[] = {
        {"AWS_ENDPOINT_URL", s->endpoint},
        {"AWS_ACCESS_KEY_ID", s->key.access_key},
        {"AWS_SECRET_ACCESS_KEY", s->key.secret_key},
        {"AWS_REGION", s->key.region},
        {"AWS_DEFAULT_REGION", s->key.region},
        {"AWS_CA_BUNDLE", s->ca},
        {"NODE_EXTRA_CA_CERTS", s->ca},
        {"S3CMD_CONFIG", s3cmd},
        {"RCLONE_CONFIG_CALOTYPE_TYPE", "s3"},
        {"RCLONE_CONFIG_CALOTYPE_PROVIDER", "Other"},
        {"RCLONE_CONFIG_CALOTYPE_ENV_AUTH", "false"},
        {"RCLONE_CONFIG_CALOTYPE_ACCESS_KEY_ID", s->key.access_key},
        {"RCLONE_CONFIG_CALOTYPE_SECRET_ACCESS_KEY", s->key.secret_key},
        {"RCLONE_CONFIG_CALOTYPE_REGION", s->key.region},
        {"RCLONE_CONFIG_CALOTYPE_ENDPOINT", s->endpoint},
        {"RCLONE_CONFIG_CALOTYPE_FORCE_PATH_STYLE", "true"},
        {"RCLONE_CA_CERT", s->ca},
        {"CALOTYPE_DATA", s->data},
    };
    int r = write_s3cmd(s, s3cmd, err);
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(all); i++)
        fn(ctx, all[i].name, all[i].value);
    return r;
}
