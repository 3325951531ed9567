/* daemon/services: the table of services: how each opens, starts, stops and closes. */
#include "daemon/services.h"

#include "daemon/service_headers.h"

const struct store_migration *const daemon_migrations[] = {hub_migrations,
                                                           lambda_migrations,
                                                           cfn_migrations,
                                                           iam_migrations,
                                                           ddb_migrations,
                                                           sqs_migrations,
                                                           NULL};
const struct store_owner *const daemon_owners[] = {s3_owners, lambda_owners, NULL};

/*
 * A service's life. Any of these may be NULL. iam is opened and closed by the daemon: here it is
 * only added to the cloud.
 */
struct row {
    int (*open)(void **ret, const struct daemon_parts *parts, struct err *err);
    struct aws_service (*service)(void *svc);
    int (*start)(void *svc, struct net *net, struct err *err);
    void (*quiesce)(void *svc); /* while the hub still runs */
    void (*stop)(void *svc);    /* the hub has stopped, net still runs */
    void (*close)(void *svc);
};

static int open_functions(struct lambda_svc **ret, const struct daemon_parts *p, struct err *err) {
    struct lambda_options options = {.store = p->store,
                                     .hub = p->hub,
                                     .cloud = p->cloud,
                                     .spawner = p->spawner,
                                     .memory_bytes = p->functions_bytes,
                                     .places = {p->python, p->node, NULL},
                                     .ca_cert = p->ca_cert};
    return lambda_open(ret, &options, err);
}
static struct iam_svc *iam_keep(struct iam_svc *iam) { return iam; }
static void stop_ddb(void *svc) { ddb_stop(svc); }
static int start_lambda(void *svc, struct net *net, struct err *err) {
    return lambda_start(svc, net, err);
}
static void stop_lambda(void *svc) { lambda_stop(svc); }
static void quiesce_cfn(void *svc) { cfn_stop(svc); }

/*
 * The table of services, in the order in which they open:
 *   SERVICE(x, how, close, …)  how: opens it, into svc, which is a struct x_svc *; close: gives it
 *                              up; further members of its row
 *   STATELESS(x)               has nothing but x_service()
 */
#define SERVICES                                                                                   \
    SERVICE(iam, (svc = p->iam, 0), iam_keep)                                                      \
    SERVICE(sts, sts_open(&svc, p->iam, err), sts_close)                                           \
    SERVICE(s3, s3_open(&svc, p->store, p->hub, err), s3_close)                                    \
    SERVICE(ddb, ddb_open(&svc, p->store, p->hub, err), ddb_close, .stop = stop_ddb)               \
    STATELESS(dynamodbstreams)                                                                     \
    SERVICE(logs, logs_open(&svc, p->store, p->hub, err), logs_close)                              \
    SERVICE(cw, cw_open(&svc, p->store, p->hub, err), cw_close)                                    \
    SERVICE(sqs, sqs_open(&svc, p->store, p->hub, err), sqs_close)                                 \
    SERVICE(sns, sns_open(&svc, p->store, p->hub, err), sns_close)                                 \
    SERVICE(lambda, open_functions(&svc, p, err), lambda_close, .start = start_lambda,             \
            .stop = stop_lambda)                                                                   \
    SERVICE(calotype, calotype_open(&svc, p->calotype, err), calotype_close)                       \
    SERVICE(cfn, cfn_open(&svc, p->cloud, err), cfn_close, .quiesce = quiesce_cfn)

#define SERVICE(x, how, close_, ...)                                                               \
    static int open_##x(void **ret, const struct daemon_parts *p, struct err *err) {               \
        struct x##_svc *svc = NULL;                                                                \
        int r = how;                                                                               \
        (void)p, (void)err;                                                                        \
        *ret = svc;                                                                                \
        return r;                                                                                  \
    }                                                                                              \
    static struct aws_service service_##x(void *svc) { return x##_service(svc); }                  \
    static void close_##x(void *svc) { close_(svc); }
#define STATELESS(x)                                                                               \
    static struct aws_service service_##x(void *) { return x##_service(); }
SERVICES
#undef SERVICE
#undef STATELESS

#define SERVICE(x, how, close_, ...)                                                               \
    {.open = open_##x, .service = service_##x, .close = close_##x, __VA_ARGS__},
#define STATELESS(x) {.service = service_##x},
static const struct row rows[] = {SERVICES};
_Static_assert(sizeof rows / sizeof *rows <= DAEMON_MOST_SERVICES,
               "DAEMON_MOST_SERVICES is too small");

int daemon_services_open(struct daemon_services *all, const struct daemon_parts *parts,
                         struct err *err) {
    all->parts = *parts;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int r = rows[i].open ? rows[i].open(&all->svc[i], parts, err) : 0;
        if (r)
            return r;
        all->service[i] = rows[i].service(all->svc[i]);
        r = aws_cloud_add(parts->cloud, &all->service[i], err);
        if (r)
            return r;
    }
    return 0;
}

int daemon_services_start(struct daemon_services *all, struct net *net, struct err *err) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int r = rows[i].start ? rows[i].start(all->svc[i], net, err) : 0;
        if (r)
            return r;
        all->started[i] = true;
    }
    return 0;
}

void daemon_services_quiesce(struct daemon_services *all) {
    for (size_t i = ARRAY_LEN(rows); i-- > 0;)
        if (all->started[i] && rows[i].quiesce)
            rows[i].quiesce(all->svc[i]);
}

void daemon_services_stop(struct daemon_services *all) {
    for (size_t i = ARRAY_LEN(rows); i-- > 0;) {
        if (all->started[i] && rows[i].stop)
            rows[i].stop(all->svc[i]);
        all->started[i] = false;
    }
}

void daemon_services_close(struct daemon_services *all) {
    for (size_t i = ARRAY_LEN(rows); i-- > 0;)
        if (all->svc[i]) {
            rows[i].close(all->svc[i]);
            all->svc[i] = NULL;
        }
}

void *daemon_services_find(const struct daemon_services *all, const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(all->service[i].name, name) == 0)
            return all->svc[i];
    return NULL;
}

struct aws_service daemon_service_of(const struct api_service *api) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct aws_service service = rows[i].service(NULL);
        if (service.api == api)
            return service;
    }
    return (struct aws_service){0};
}
