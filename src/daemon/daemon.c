/* daemon/daemon: opens the parts of a cloud in order, and closes them in the opposite one. */
#include "daemon/daemon.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "net/net.h"
#include "prog/data.h"
#include "prog/status.h"
#include "daemon/front.h"
#include "daemon/health.h"
#include "daemon/modes.h"
#include "daemon/next.h"
#include "daemon/reload.h"
#include "daemon/services.h"
#include "daemon/tls.h"
#include "daemon/watchdog.h"
#include "sandbox/sandbox.h"
#include "store/fault.h"
#include "store/key.h"
#include "store/store.h"
#include "svc/calotype/calotype.h"
#include "svc/iam/iam.h"
#include "svc/lambda/lambda.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static const char default_account[] = "000000000000";

struct daemon {
    struct daemon_options o;
    pthread_mutex_t settings_lock;
    struct daemon_settings settings; /* as o.settings, but for what daemon_reload has changed */
    struct prog_credentials key;
    struct daemon_tls tls;
    struct store *store;
    struct hub *hub;
    struct iam_svc *iam;
    struct aws_cloud *cloud;
    struct daemon_services services;
    struct net *net;
    int listen_fd; /* bound, until net takes it */
    struct daemon_front front;
    struct daemon_doors front_doors, admin_doors;
    struct net_origin *admin;
    bool hub_runs;
    pthread_mutex_t clock_lock;
    atomic_bool failed; /* failure says why */
    struct err failure;
    int64_t started_ms;
    char endpoint[80];
};

/* ---- World time ---- */

/* Row "prog.clock" of STORE_META: the offset as a decimal number. */
static int load_offset(struct daemon *d, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    key_begin(&key, "prog.clock");
    int r = store_get(d->store, NULL, STORE_META, buf_view(&key), &value);
    if (r == STORE_E_ABSENT)
        return 0;
    int64_t offset;
    if (r != 0 || !str_to_i64(buf_view(&value), &offset))
        return err_set(err, r ? r : -EINVAL, "the offset of world time cannot be read");
    clock_set_offset_ms(offset);
    if (offset)
        log_info("daemon", "world time is %lld ms from real time", (long long)offset);
    return 0;
}

int daemon_set_offset(struct daemon *d, int64_t offset_ms, struct err *err) {
    LOCK_SCOPE(&d->clock_lock);
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    key_begin(&key, "prog.clock");
    buf_printf(&value, "%lld", (long long)offset_ms);
    /* Blind: clock_lock makes this the one writer. */
    store_put_blind(batch, STORE_META, buf_view(&key), buf_view(&value));
    store_batch_frees(batch); /* one row, which takes the place of another */
    int r = store_commit(d->store, batch, err);
    if (r == 0) {
        clock_set_offset_ms(offset_ms);
        hub_clock_moved(d->hub);
    }
    return r;
}

bool daemon_test_clock(const struct daemon *d) { return d->o.settings->test_clock; }

/* ---- Health ---- */

const char *daemon_endpoint(const struct daemon *d) { return d->endpoint; }

static void look_at_functions(struct daemon *d, struct calotype_facts *ret) {
    const struct sandbox_status *sandbox =
        d->o.spawner ? sandbox_spawner_status(d->o.spawner) : NULL;
    struct lambda_usage usage;
    struct sandbox_limit limits[SANDBOX_LIMITS];
    ret->isolation = sandbox_level_name(sandbox ? sandbox->level : SANDBOX_NONE);
    ret->isolation_lacks = sandbox ? sandbox->why : "";
    if (sandbox)
        sandbox_limits(sandbox, limits);
    for (size_t i = 0; sandbox && i < ARRAY_LEN(limits); i++)
        ret->limits[ret->n_limits++] = (struct calotype_limit){limits[i].what, limits[i].by};
    struct lambda_svc *lambda = daemon_services_find(&d->services, "lambda");
    lambda_usage(lambda, &usage);
    ret->n_refused =
        lambda_refused(lambda, ret->refused_runtimes, CALOTYPE_MOST_REFUSED, &ret->refused);
    ret->memory_bytes = usage.memory_bytes;
    ret->memory_used = usage.memory_used;
    ret->environments = usage.environments;
    ret->async_at_once = usage.async_at_once;
}

/* The worst that is so. */
static void look_at_state(struct daemon *d, struct calotype_facts *ret) {
    int refusal = store_refuses(d->store);
    store_room(d->store, &ret->room);
    if (refusal == STORE_E_READONLY) {
        ret->state = CALOTYPE_READONLY;
        (void)store_is_readonly(d->store, &ret->why);
    } else if (refusal) {
        ret->state = CALOTYPE_FULL;
        err_set(&ret->why, refusal,
                "%llu MiB are free under %s, and %llu MiB are kept free: changes are refused until "
                "there is more",
                (unsigned long long)ret->room.free_bytes >> 20, d->o.settings->data,
                (unsigned long long)ret->room.reserve_bytes >> 20);
    } else if (d->o.spawner && sandbox_spawner_is_alone(d->o.spawner)) {
        ret->state = CALOTYPE_DEGRADED;
        err_set(&ret->why, -EPIPE,
                "the process that would start sandboxes' spawner again was killed: restart the "
                "daemon when it suits");
    }
}

static void look(void *ctx, struct calotype_facts *ret) {
    struct daemon *d = ctx;
    *ret = (struct calotype_facts){
        .endpoint = d->endpoint,
        .region = d->key.region,
        .account = default_account,
        .up_ms = clock_mono_ms() - d->started_ms,
    };
    look_at_functions(d, ret);
    look_at_state(d, ret);
    ret->n_backlogs = hub_backlogs(d->hub, ret->backlogs);
}

/* For GetStatus, which people ask: interpreters that nobody has needed yet are asked now. */
static void look_fully(void *ctx, struct calotype_facts *ret) {
    struct daemon *d = ctx;
    look(d, ret);
    ret->runtimes = lambda_runtimes(daemon_services_find(&d->services, "lambda"));
}

json_t *daemon_runtimes(struct daemon *d) {
    json_t *doc = lambda_machine(daemon_services_find(&d->services, "lambda"));
    json_set_int(doc, "ProcessId", getpid());
    json_set_int(doc, "UserId", geteuid());
    return doc;
}

json_t *daemon_health(struct daemon *d, bool full) {
    struct calotype_facts facts = {0};
    if (!full) { /* anybody may ask that as often as he likes: nothing is looked up for it */
        const struct sandbox_status *sandbox =
            d->o.spawner ? sandbox_spawner_status(d->o.spawner) : NULL;
        facts.isolation = sandbox_level_name(sandbox ? sandbox->level : SANDBOX_NONE);
        look_at_state(d, &facts);
        return daemon_health_for_strangers(&facts);
    }
    look(d, &facts);
    struct calotype_svc *calotype = daemon_services_find(&d->services, "calotype");
    return daemon_health_in_full(&facts, calotype_scrub_doc(calotype));
}

/*
 * A request takes the way of all others: the accepting thread, a thread of the pool, the locks of
 * what it asks about, the database. A commit of nothing takes the committer's, and writes nothing.
 */
int daemon_works(void *d_, struct buf *ret_words, struct err *err) {
    struct daemon *d = d_;
    struct calotype_facts facts = {0};
    int status = 0;
    CLEANUP_JSON json_t *health = NULL;
    int r = prog_admin_ask(d->o.settings->data, "GET", "/health", STR_NONE, &status, &health, err);
    if (r < 0)
        return r;
    CLEANUP(store_batch) struct store_batch *nothing = store_batch_new();
    (void)store_commit(d->store, nothing, NULL); /* a refusal is an answer too */
    look(d, &facts);
    CLEANUP_JSON json_t *doc = calotype_status(&facts);
    prog_status_line(ret_words, doc);
    return 0;
}

/* ---- Settings ---- */

int daemon_reload(struct daemon *d, json_t **ret, struct err *err) {
    CLEANUP_JSON json_t *what = json_object();
    struct daemon_live live = {d->store, d->net, daemon_services_find(&d->services, "lambda")};
    LOCK_SCOPE(&d->settings_lock);
    daemon_watchdog_reloading(true);
    int r = daemon_reload_settings(&live, &d->settings, what, err);
    daemon_watchdog_reloading(false);
    if (r == 0 && ret)
        *ret = STEAL(what);
    return r;
}

unsigned daemon_patience_s(struct daemon *d) {
    LOCK_SCOPE(&d->settings_lock);
    return d->settings.stop_s;
}

/* ---- Start ---- */

const char *const daemon_made_later[] = {"credentials", NULL};

static int check_modes(struct daemon *d, struct err *err) {
    const char *path = getenv("CALOTYPE_MASTER_KEY") ? NULL : getenv("CALOTYPE_MASTER_KEY_FILE");
    return daemon_modes_check(d->o.settings->data, path, err);
}

static int open_store(struct daemon *d, struct err *err) {
    struct store_options options = {
        .data = d->o.settings->data,
        .master_key = getenv("CALOTYPE_MASTER_KEY"),
        .master_key_path = getenv("CALOTYPE_MASTER_KEY_FILE"),
        .reserve_bytes = (uint64_t)d->o.settings->reserve_mib << 20,
        .made_later = daemon_made_later,
        .migrations = daemon_migrations,
    };
    int r = store_open(&d->store, &options, err);
    return r ? r : load_offset(d, err);
}

/* A client on this machine reaches every address by way of the loopback. */
static void set_endpoint(struct daemon *d, uint16_t port) {
    const char *at = d->o.settings->listen;
    if (strcmp(at, "0.0.0.0") == 0 || strcmp(at, "::") == 0 || strcmp(at, "localhost") == 0)
        at = "127.0.0.1";
    snprintf(d->endpoint, sizeof d->endpoint, strchr(at, ':') ? "https://[%s]:%u" : "https://%s:%u",
             at, port);
}

/* Early, because a taken port is the likeliest reason not to start. */
static int bind_port(struct daemon *d, struct err *err) {
    uint16_t port = 0;
    int r =
        net_bind(d->o.settings->listen, (uint16_t)d->o.settings->port, &d->listen_fd, &port, err);
    if (r == -EADDRINUSE)
        return err_set(err, r, "port %u on %s is taken by another program; choose one with --port",
                       d->o.settings->port, d->o.settings->listen);
    if (r == -EACCES)
        return err_set(err, r, "port %u on %s is for root alone; choose one with --port",
                       d->o.settings->port, d->o.settings->listen);
    if (r == 0)
        set_endpoint(d, port);
    return r;
}

static int open_tls(struct daemon *d, struct err *err) {
    return daemon_tls_ensure(&d->tls, d->o.settings->data, d->o.settings->listen, err);
}

/*
 * The secret is told once, when a key is made. Credentials that are there are never written over:
 * of a database without an account they are the only thing that shows that it is another one.
 */
static int make_account(struct daemon *d, struct aws_credentials *made, struct err *err) {
    CLEANUP_MEM char *path = prog_data_path(d->o.settings->data, "credentials");
    if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return err_set(err, STORE_E_DAMAGED,
                       "%s: credentials has a root key, and db knows no account, so it is the"
                       " database of another folder; next: bring the right db back, or move"
                       " credentials away, and a new root key is made",
                       d->o.settings->data);
    return iam_create_account(d->iam, str_c(default_account), made, err);
}

/* -ENOENT: the file is gone, or was never written, because we died between the two. */
static int read_root_key(struct daemon *d, struct err *err) {
    struct err why;
    int r = prog_credentials_read(d->o.settings->data, &d->key, &why);
    if (r == -EINVAL)
        return err_set(err, r, "%s; next: bring it back, or move it away, and a new key is made",
                       why.text);
    return r && r != -ENOENT ? err_set(err, r, "%s", why.text) : r;
}

/* The default account and its root key. Where the file that keeps it is gone, a new key is made. */
static int ensure_root_key(struct daemon *d, struct err *err) {
    struct aws_credentials made = {0};
    CLEANUP(aws_identity) struct aws_identity *root = NULL;
    /* Looked up first: a full disk must not keep an existing cloud from starting, for reads. */
    int r = iam_root_identity(d->iam, str_c(default_account), &root, err);
    if (r == IAM_E_NO_ACCOUNT) {
        r = make_account(d, &made, err);
    } else if (r == 0) {
        r = read_root_key(d, err);
        if (r != -ENOENT)
            return r;
        r = iam_create_root_key(d->iam, str_c(default_account), &made, err);
    }
    if (r)
        return r;
    store_fault_step();
    d->key = (struct prog_credentials){.region = "us-east-1"};
    snprintf(d->key.access_key, sizeof d->key.access_key, "%s", made.access_key);
    snprintf(d->key.secret_key, sizeof d->key.secret_key, "%s", made.secret_key);
    buf_deinit(&made.session_token);
    explicit_bzero(&made, sizeof made);
    log_info("daemon", "made a root key: %s/credentials", d->o.settings->data);
    return prog_credentials_write(d->o.settings->data, &d->key, err);
}

static int open_identity(struct daemon *d, struct err *err) {
    d->hub = hub_new(d->store);
    int r = iam_open(&d->iam, d->store, d->hub, err);
    return r ? r : ensure_root_key(d, err);
}

static int open_cloud(struct daemon *d, struct err *err) {
    struct aws_options options = {
        .store = d->store,
        .hub = d->hub,
        .identities = iam_identity_source(d->iam),
        .default_region = d->key.region,
        .default_account = default_account,
    };
    int r = aws_cloud_new(&d->cloud, &options, err);
    if (r)
        return r;
    aws_cloud_set_endpoint(d->cloud, d->endpoint);
    const struct calotype_options calotype = {.look = look_fully,
                                              .ctx = d,
                                              .store = d->store,
                                              .owners = daemon_owners};
    struct daemon_parts parts = {
        .calotype = &calotype,
        .store = d->store,
        .hub = d->hub,
        .iam = d->iam,
        .cloud = d->cloud,
        .spawner = d->o.spawner,
        .python = d->o.settings->python,
        .node = d->o.settings->node,
        .functions_bytes = (uint64_t)d->o.settings->functions_mib << 20,
        .ca_cert = buf_view(&d->tls.ca_cert),
    };
    return daemon_services_open(&d->services, &parts, err);
}

static int open_net(struct daemon *d, struct err *err) {
    struct net_app cloud = aws_cloud_app(d->cloud);
    d->front = (struct daemon_front){d, daemon_services_find(&d->services, "cloudformation"),
                                     daemon_services_find(&d->services, "lambda")};
    daemon_front_doors(&d->front_doors, &d->front, &cloud);
    d->front_doors.bodies = aws_cloud_bodies(d->cloud);
    struct net_options options = {
        .app = daemon_doors_app(&d->front_doors),
        .threads = d->o.settings->threads,
        .tls_cert_pem = buf_cstr(&d->tls.cert),
        .tls_key_pem = buf_cstr(&d->tls.key),
        .tls_ca_cert_pem = buf_cstr(&d->tls.ca_cert),
        .tls_ca_key_pem = buf_cstr(&d->tls.ca_key),
        .idle_s = d->o.settings->idle_s,
        .head_s = d->o.settings->head_s,
        .body_s = d->o.settings->body_s,
    };
    return net_start(&d->net, &options, err);
}

/* The folder that a service manager made for sockets (systemd.exec(5): several are parted by ':'). */
static int listen_admin(const char *data, int *ret_fd, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf folder = {0};
    const char *given = getenv("RUNTIME_DIRECTORY");
    struct err why = {0};
    str first = given ? str_c(given) : STR_NONE, rest;
    str_cut(first, ':', &first, &rest);
    if (!str_starts(first, S("/")))
        return prog_admin_listen(data, NULL, ret_fd, err);
    buf_str(&folder, first);
    if (prog_admin_listen(data, buf_cstr(&folder), ret_fd, &why) == 0)
        return 0;
    log_warn("daemon", "the admin socket lies in DATA, and not where RUNTIME_DIRECTORY says: %s",
             why.text);
    return prog_admin_listen(data, NULL, ret_fd, err);
}

static int open_admin(struct daemon *d, struct err *err) {
    int fd = -1;
    daemon_admin_doors(&d->admin_doors, d);
    struct net_app app = daemon_doors_app(&d->admin_doors);
    int r = listen_admin(d->o.settings->data, &fd, err);
    return r ? r : net_listen_fd(d->net, fd, &app, d, NULL, &d->admin, err);
}

/* Functions are the daemon's work: without a spawner it ends, so that a supervisor starts it anew. */
static void spawner_died(void *d_, const struct sandbox_news *news) {
    struct daemon *d = d_;
    log_error("daemon", "%s", news->text);
    if (!news->over || sandbox_spawner_status(d->o.spawner)->level == SANDBOX_NONE) {
        return;
    }
    err_set(&d->failure, -EPIPE, "%s", news->text);
    atomic_store(&d->failed, true);
    kill(getpid(), SIGTERM);
}

int daemon_failure(struct daemon *d, struct err *err) {
    if (!atomic_load(&d->failed))
        return 0;
    *err = d->failure;
    return -EPIPE;
}

/* Here, because its levels were tried while the store opened. */
static int tell_refused(struct daemon *d, struct err *) {
    if (d->o.tell_refused)
        d->o.tell_refused(d->o.settings, d->o.spawner);
    return 0;
}

static int watch_spawner(struct daemon *d, struct err *err) {
    return d->o.spawner ? sandbox_spawner_watch(d->o.spawner, spawner_died, d, err) : 0;
}

static int start_services(struct daemon *d, struct err *err) {
    int r = daemon_services_start(&d->services, d->net, err);
    r = r ? r : hub_start(d->hub, err);
    d->hub_runs = r == 0;
    return r;
}

/* Everything that a first start makes is there. */
static int mark_complete(struct daemon *d, struct err *err) {
    return store_mark_complete(d->store, err);
}

static int listen_at_last(struct daemon *d, struct err *err) {
    int fd = d->listen_fd;
    d->listen_fd = -1;
    return net_listen(d->net, fd, err);
}

static int (*const steps[])(struct daemon *d, struct err *err) = {
    check_modes,   open_store,    bind_port,      open_tls,      tell_refused,
    open_identity, open_cloud,    open_net,       watch_spawner, start_services,
    open_admin,    mark_complete, listen_at_last,
};

int daemon_start(struct daemon **ret_daemon, const struct daemon_options *options,
                 struct err *err) {
    struct daemon *d = mem_new(struct daemon);
    d->o = *options;
    d->listen_fd = -1;
    d->started_ms = clock_mono_ms();
    d->settings = *options->settings;
    pthread_mutex_init(&d->clock_lock, NULL);
    pthread_mutex_init(&d->settings_lock, NULL);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int r = steps[i](d, err);
        if (r) {
            daemon_stop(d);
            daemon_add_next(r, options->settings->data, err);
            return r;
        }
        store_fault_step();
    }
    *ret_daemon = d;
    return 0;
}

struct daemon *daemon_stop(struct daemon *d) {
    if (!d)
        return NULL;
    if (d->admin)
        prog_admin_remove(d->o.settings->data);
    if (d->o.spawner)
        sandbox_spawner_unwatch(d->o.spawner);
    daemon_services_quiesce(&d->services);
    if (d->hub_runs)
        hub_stop(d->hub);
    daemon_services_stop(&d->services);
    net_stop(d->net, daemon_patience_s(d) * 1000);
    fd_closep(&d->listen_fd);
    daemon_services_close(&d->services);
    iam_close(d->iam);
    aws_cloud_free(d->cloud);
    hub_free(d->hub);
    store_free(d->store);
    daemon_tls_deinit(&d->tls);
    explicit_bzero(&d->key, sizeof d->key);
    pthread_mutex_destroy(&d->clock_lock);
    pthread_mutex_destroy(&d->settings_lock);
    free(d);
    return NULL;
}
