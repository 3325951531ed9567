#include "prog/daemon.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "net/net.h"
#include "prog/data.h"
#include "prog/front.h"
#include "prog/tls.h"
#include "store/key.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

struct prog_daemon {
    struct prog_daemon_options o;
    struct prog_credentials root;
    struct prog_tls tls;
    struct store *store;
    struct net *net;
    struct prog_front front;
    struct net_origin *admin;
    pthread_mutex_t clock_lock;
    int64_t started_ms;
    char endpoint[80];
};

/* ---- World time ---- */

/* Row "prog.clock" of STORE_META: the offset as a decimal number. */
static int load_offset(struct prog_daemon *d, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf value = {0};
    key_begin(&key, "prog.clock");
    int r = store_get(d->store, NULL, STORE_META, buf_view(&key), &value);
    if (r == STORE_E_ABSENT)
        return 0;
    int64_t offset;
    if (r != 0 || !str_to_i64(buf_view(&value), &offset))
        return err_set(err, r ? r : -EINVAL, "the offset of world time cannot be read");
    clock_set_offset_ms(offset);
    if (offset)
        log_info("prog", "world time is %lld ms from real time", (long long)offset);
    return 0;
}

int prog_daemon_set_offset(struct prog_daemon *d, int64_t offset_ms, struct err *err) {
    LOCK_SCOPE(&d->clock_lock);
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    key_begin(&key, "prog.clock");
    buf_printf(&value, "%lld", (long long)offset_ms);
    store_put(batch, STORE_META, buf_view(&key), buf_view(&value));
    int r = store_commit(d->store, batch, err);
    if (r == 0)
        clock_set_offset_ms(offset_ms);
    return r;
}

bool prog_daemon_test_clock(const struct prog_daemon *d) { return d->o.test_clock; }

/* ---- Health ---- */

const char *prog_daemon_endpoint(const struct prog_daemon *d) { return d->endpoint; }

json_t *prog_daemon_health(struct prog_daemon *d, bool full) {
    struct err why = {0};
    char when[CLOCK_ISO_MAX];
    json_t *doc = json_object();
    bool readonly = store_is_readonly(d->store, &why);
    json_set_str(doc, "status", readonly ? S("read-only") : S("ok"));
    if (readonly)
        json_set_str(doc, "reason", str_c(why.text));
    json_set_str(doc, "version", S(CALOTYPE_VERSION));
    if (!full)
        return doc;
    json_set_str(doc, "endpoint", str_c(d->endpoint));
    json_set_str(doc, "region", str_c(d->root.region));
    json_set_str(doc, "world_time", str_c(clock_iso8601_ms(when, clock_world_ms())));
    json_set_int(doc, "pid", getpid());
    json_set_int(doc, "up_ms", clock_mono_ms() - d->started_ms);
    return doc;
}

/* ---- Start ---- */

static int open_store(struct prog_daemon *d, struct err *err) {
    struct store_options options = {
        .data = d->o.data,
        .master_key = getenv("CALOTYPE_MASTER_KEY"),
        .master_key_path = getenv("CALOTYPE_MASTER_KEY_FILE"),
        .reserve_bytes = (uint64_t)d->o.settings->reserve_mib << 20,
    };
    int r = store_open(&d->store, &options, err);
    return r ? r : load_offset(d, err);
}

static int open_identity(struct prog_daemon *d, struct err *err) {
    bool made = false;
    int r = prog_credentials_ensure(d->o.data, &d->root, &made, err);
    if (r == 0 && made)
        log_info("prog", "made a root key: %s/credentials", d->o.data);
    return r ? r : prog_tls_ensure(&d->tls, d->o.data, d->o.settings->listen, err);
}

static int open_net(struct prog_daemon *d, struct err *err) {
    d->front = (struct prog_front){.daemon = d};
    struct net_options options = {
        .app = prog_front_app(&d->front),
        .threads = d->o.settings->threads,
        .tls_cert_pem = buf_cstr(&d->tls.cert),
        .tls_key_pem = buf_cstr(&d->tls.key),
        .tls_ca_cert_pem = buf_cstr(&d->tls.ca_cert),
        .tls_ca_key_pem = buf_cstr(&d->tls.ca_key),
        .idle_s = d->o.settings->idle_s,
    };
    return net_start(&d->net, &options, err);
}

static int open_admin(struct prog_daemon *d, struct err *err) {
    int fd = -1;
    struct net_app app = prog_admin_app(d);
    int r = prog_admin_listen(d->o.data, &fd, err);
    return r ? r : net_listen_fd(d->net, fd, &app, d, NULL, &d->admin, err);
}

/* A client on this machine reaches every address by way of the loopback. */
static void set_endpoint(struct prog_daemon *d, uint16_t port) {
    const char *at = d->o.settings->listen;
    if (strcmp(at, "0.0.0.0") == 0 || strcmp(at, "::") == 0 || strcmp(at, "localhost") == 0)
        at = "127.0.0.1";
    snprintf(d->endpoint, sizeof d->endpoint, strchr(at, ':') ? "https://[%s]:%u" : "https://%s:%u", at, port);
}

static int listen_at_last(struct prog_daemon *d, struct err *err) {
    uint16_t port = 0;
    int r = net_listen(d->net, d->o.settings->listen, (uint16_t)d->o.settings->port, &port, err);
    if (r == -EADDRINUSE)
        return err_set(err, r, "port %u on %s is taken by another program; choose one with --port",
                       d->o.settings->port, d->o.settings->listen);
    if (r == 0)
        set_endpoint(d, port);
    return r;
}

static int (*const steps[])(struct prog_daemon *d, struct err *err) = {
    open_store, open_identity, open_net, listen_at_last, open_admin,
};

int prog_daemon_start(struct prog_daemon **ret_daemon, const struct prog_daemon_options *options,
                      struct err *err) {
    struct prog_daemon *d = mem_new(struct prog_daemon);
    d->o = *options;
    d->started_ms = clock_mono_ms();
    pthread_mutex_init(&d->clock_lock, NULL);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int r = steps[i](d, err);
        if (r) {
            prog_daemon_stop(d);
            return r;
        }
    }
    *ret_daemon = d;
    return 0;
}

struct prog_daemon *prog_daemon_stop(struct prog_daemon *d) {
    if (!d)
        return NULL;
    if (d->admin)
        prog_admin_remove(d->o.data);
    net_stop(d->net, d->o.settings->stop_s * 1000);
    store_free(d->store);
    prog_tls_deinit(&d->tls);
    explicit_bzero(&d->root, sizeof d->root);
    pthread_mutex_destroy(&d->clock_lock);
    free(d);
    return NULL;
}
