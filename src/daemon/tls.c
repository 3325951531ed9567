/*
 * daemon/tls: makes the CA, checks it, and makes another one in its place.
 *
 * Certificate and key are two files, and a process may be killed between any two steps. So both are
 * written beside their places first; the key is renamed before the certificate. What is found later
 * tells how far that came: both new files, and the old pair is in force still; the new certificate
 * alone, and its key is in place already.
 */
#include "daemon/tls.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/io.h"
#include "base/log.h"
#include "net/net.h"
#include "prog/data.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST_PEM = 64 * 1024, SOON_S = 365 * 24 * 60 * 60 };

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

/* ---- The files ---- */

enum { CERT, KEY, FILES };
static const struct {
    const char *name;
    unsigned mode;
} files[FILES] = {[CERT] = {"ca.pem", 0644}, [KEY] = {"ca.key", 0600}};

/* DATA/tls/NAMEmore; the caller frees. */
static char *path_of(const char *data, int which, const char *more) {
    struct buf path = {0};
    buf_printf(&path, "%s/tls/%s%s", data, files[which].name, more);
    return buf_take(&path);
}

static bool is_there(const char *data, int which, const char *more) {
    CLEANUP_MEM char *path = path_of(data, which, more);
    return access(path, F_OK) == 0;
}

static int move(const char *data, int which, const char *from, const char *to, struct err *err) {
    CLEANUP_MEM char *old = path_of(data, which, from);
    CLEANUP_MEM char *new = path_of(data, which, to);
    if (rename(old, new) < 0)
        return err_sys(err, -errno, "rename %s to %s", old, new);
    return file_sync_parent(new, err);
}

static int drop(const char *data, int which, const char *more, struct err *err) {
    CLEANUP_MEM char *path = path_of(data, which, more);
    if (unlink(path) < 0)
        return errno == ENOENT ? 0 : err_sys(err, -errno, "remove %s", path);
    return file_sync_parent(path, err);
}

/* What a process that was killed in make() has left: see the top. */
static int settle(const char *data, struct err *err) {
    if (is_there(data, CERT, ".new") && !is_there(data, KEY, ".new"))
        return move(data, CERT, ".new", "", err);
    int r = drop(data, CERT, ".new", err);
    return r ? r : drop(data, KEY, ".new", err);
}

/* ---- Making ---- */

/* A further name for what is there, under which it stays. Nothing where there is nothing. */
static int keep(const char *data, int which, const char *suffix, struct err *err) {
    CLEANUP_MEM char *old = path_of(data, which, "");
    CLEANUP_MEM char *kept = path_of(data, which, suffix);
    if (link(old, kept) < 0 && errno != ENOENT && errno != EEXIST)
        return err_sys(err, -errno, "keep %s as %s", old, kept);
    return 0;
}

/* ".old-20261127T033000Z", and -2, -3 … where that is taken. */
static void old_suffix(const char *data, struct buf *out) {
    char when[CLOCK_ISO_MAX];
    clock_amz(when, clock_real_ms());
    buf_printf(out, ".old-%s", when);
    size_t n = out->len;
    for (int i = 2; is_there(data, CERT, buf_cstr(out)) || is_there(data, KEY, buf_cstr(out));
         i++) {
        out->len = n;
        buf_printf(out, "-%d", i);
    }
}

static int write_new(const char *data, int which, const struct buf *text, struct err *err) {
    CLEANUP_MEM char *path = path_of(data, which, ".new");
    return file_write_durable(path, buf_view(text), files[which].mode, err);
}

/* The key is written first: a new certificate alone would look as if its key were in place. */
static int make(const char *data, const char *suffix, struct err *err) {
    CLEANUP_MEM char *dir = prog_data_path(data, "tls");
    CLEANUP_DEINIT(daemon_tls) struct daemon_tls made = {0};
    int r = io_mkdirs(dir, 0700, err);
    r = r ? r : settle(data, err);
    r = r ? r : net_make_ca(NULL, &made.ca_cert, &made.ca_key, err);
    r = r ? r : write_new(data, KEY, &made.ca_key, err);
    r = r ? r : write_new(data, CERT, &made.ca_cert, err);
    r = r ? r : keep(data, CERT, suffix, err);
    r = r ? r : keep(data, KEY, suffix, err);
    r = r ? r : move(data, KEY, ".new", "", err);
    return r ? r : move(data, CERT, ".new", "", err);
}

int daemon_tls_rotate(const char *data, struct buf *ret_suffix, struct err *err) {
    old_suffix(data, ret_suffix);
    return make(data, buf_cstr(ret_suffix), err);
}

/* ---- At the start ---- */

static int ensure_files(const char *data, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf suffix = {0};
    int r = settle(data, err);
    if (r < 0 || is_there(data, CERT, ""))
        return r;
    r = daemon_tls_rotate(data, &suffix, err);
    CLEANUP_MEM char *credentials = prog_data_path(data, "credentials");
    if (r == 0 && access(credentials, F_OK) == 0) /* not a first start */
        log_warn("daemon",
                 "there was no %s/tls/ca.pem: another certificate authority was made, and clients "
                 "that have a copy of the old one must be given it",
                 data);
    return r;
}

/* Whether clients will take it at that time, in a line for the log: empty if so. */
void daemon_tls_judge(const struct net_validity *valid, int64_t now_s, const char *data,
                      struct buf *out) {
    char from[CLOCK_ISO_MAX], until[CLOCK_ISO_MAX], now[CLOCK_ISO_MAX];
    clock_iso8601(from, valid->from_s * 1000);
    clock_iso8601(until, valid->until_s * 1000);
    clock_iso8601(now, now_s * 1000);
    bool is_valid = valid->from_s <= now_s && now_s <= valid->until_s;
    if (!is_valid)
        buf_printf(out,
                   "the certificate authority %s/tls/ca.pem is valid from %s to %s, and this "
                   "machine's clock says %s: clients refuse TLS. Where the clock is right, make "
                   "another one",
                   data, from, until, now);
    else if (valid->until_s - now_s < SOON_S)
        buf_printf(out,
                   "the certificate authority %s/tls/ca.pem ends on %s: clients refuse TLS from "
                   "then on. Make another one in time",
                   data, until);
    if (out->len)
        buf_printf(out, ": calotype down, then calotype rotate ca --data %s", data);
}

static int read_ca(struct daemon_tls *tls, const char *data, struct net_validity *ret_valid,
                   struct err *err) {
    CLEANUP_MEM char *cert_path = path_of(data, CERT, "");
    CLEANUP_MEM char *key_path = path_of(data, KEY, "");
    struct err why = {0};
    int r = io_read_file(&tls->ca_cert, cert_path, MOST_PEM, &why);
    r = r < 0 ? r : io_read_file(&tls->ca_key, key_path, MOST_PEM, &why);
    r = r < 0 ? r : net_check_ca(buf_view(&tls->ca_cert), buf_view(&tls->ca_key), ret_valid, &why);
    if (r < 0)
        return err_set(err, r,
                       "%s and ca.key are no certificate authority: %s. Put both back from a copy "
                       "of DATA, or make another one: calotype rotate ca --data %s",
                       cert_path, why.text, data);
    return 0;
}

int daemon_tls_ensure(struct daemon_tls *tls, const char *data, const char *listen,
                      struct err *err) {
    struct net_validity valid;
    CLEANUP_DEINIT(buf) struct buf doubt = {0};
    int r = ensure_files(data, err);
    r = r ? r : read_ca(tls, data, &valid, err);
    if (r < 0)
        return r;
    daemon_tls_judge(&valid, clock_real_ms() / 1000, data, &doubt);
    if (doubt.len)
        log_warn("daemon", "%s", buf_cstr(&doubt));

    char host[256] = "localhost";
    gethostname(host, sizeof host - 1);
    str names[] = {S("localhost"), S("*.localhost"), S("127.0.0.1"),
                   S("::1"),       str_c(host),      str_c(listen)};
    return net_make_cert(buf_view(&tls->ca_cert), buf_view(&tls->ca_key), names, ARRAY_LEN(names),
                         &tls->cert, &tls->key, err);
}
