/* daemon/tls: makes the CA at the first start, and reads it at later ones. */
#include "daemon/tls.h"

#include "base/io.h"
#include "net/net.h"
#include "prog/data.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST_PEM = 64 * 1024 };

static void wipe(struct buf *secret) {
    if (secret->len)
        explicit_bzero(secret->p, secret->len);
    buf_deinit(secret);
}

void daemon_tls_deinit(struct daemon_tls *tls) {
    buf_deinit(&tls->ca_cert);
    buf_deinit(&tls->cert);
    wipe(&tls->ca_key);
    wipe(&tls->key);
}

/* The key first: a certificate without its key would be of no use at the next start. */
static int make_ca(struct daemon_tls *tls, const char *data, const char *cert_path,
                   const char *key_path, struct err *err) {
    CLEANUP_MEM char *dir = prog_data_path(data, "tls");
    int r = io_mkdirs(dir, 0700, err);
    r = r ? r : net_make_ca(NULL, &tls->ca_cert, &tls->ca_key, err);
    r = r ? r : file_write_durable(key_path, buf_view(&tls->ca_key), 0600, err);
    return r ? r : file_write_durable(cert_path, buf_view(&tls->ca_cert), 0644, err);
}

int daemon_tls_ensure(struct daemon_tls *tls, const char *data, const char *listen,
                      struct err *err) {
    CLEANUP_MEM char *cert_path = prog_data_path(data, "tls/ca.pem");
    CLEANUP_MEM char *key_path = prog_data_path(data, "tls/ca.key");
    int r;
    if (access(cert_path, F_OK) != 0 && errno == ENOENT)
        r = make_ca(tls, data, cert_path, key_path, err);
    else if ((r = io_read_file(&tls->ca_cert, cert_path, MOST_PEM, err)) == 0)
        r = io_read_file(&tls->ca_key, key_path, MOST_PEM, err);
    if (r < 0)
        return r;

    char host[256] = "localhost";
    gethostname(host, sizeof host - 1);
    str names[] = {S("localhost"), S("*.localhost"), S("127.0.0.1"),
                   S("::1"),       str_c(host),      str_c(listen)};
    return net_make_cert(buf_view(&tls->ca_cert), buf_view(&tls->ca_key), names, ARRAY_LEN(names),
                         &tls->cert, &tls->key, err);
}
