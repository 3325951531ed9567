/* daemon/services: the table of services: how each opens, starts, stops and closes. */
#include "daemon/services.h"

#include "cfn/cfn.h"
#include "svc/calotype/calotype.h"
#include "svc/cloudwatch/cloudwatch.h"
#include "svc/dynamodb/dynamodb.h"
#include "svc/iam/iam.h"
#include "svc/lambda/lambda.h"
#include "svc/logs/logs.h"
#include "svc/s3/s3.h"
#include "svc/sns/sns.h"
#include "svc/sqs/sqs.h"
#include "svc/sts/sts.h"

const struct store_migration *const daemon_migrations[] = {cfn_migrations, NULL};

/*
 * One row a service, in the order in which they open; start, quiesce and stop may be NULL. iam is
 * opened and closed by the daemon: here it is only added to the cloud.
 */
struct row {
    const char *name;
    int (*open)(void **ret, const struct daemon_parts *parts, struct err *err);
    struct aws_service (*service)(void *svc);
    int (*start)(void *svc, struct net *net, struct err *err);
    void (*quiesce)(void *svc); /* while the hub still runs */
    void (*stop)(void *svc);    /* the hub has stopped, net still runs */
    void (*close)(void *svc);
};

/* open_x, service_x and close_x for the row of a service; how: the call that opens it, into svc. */
#define SERVICE(x, how)                                                                            \
    static int open_##x(void **ret, const struct daemon_parts *p, struct err *err) {               \
        struct x##_svc *svc = NULL;                                                                \
        int r = how;                                                                               \
        *ret = svc;                                                                                \
        return r;                                                                                  \
    }                                                                                              \
    static struct aws_service service_##x(void *svc) { return x##_service(svc); }                  \
    static void close_##x(void *svc) { x##_close(svc); }

static int open_iam(void **ret, const struct daemon_parts *p, struct err *) {
    *ret = p->iam;
    return 0;
}
static struct aws_service service_iam(void *svc) { return iam_service(svc); }
static void keep_iam(void *) {}

static int open_functions(struct lambda_svc **ret, const struct daemon_parts *p, struct err *err) {
    struct lambda_options options = {.store = p->store,
                                     .hub = p->hub,
                                     .cloud = p->cloud,
                                     .spawner = p->spawner,
                                     .ca_cert = p->ca_cert};
    return lambda_open(ret, &options, err);
}

SERVICE(sts, sts_open(&svc, p->iam, err))
SERVICE(s3, s3_open(&svc, p->store, p->hub, err))
SERVICE(ddb, ddb_open(&svc, p->store, p->hub, err))
SERVICE(logs, logs_open(&svc, p->store, p->hub, err))
SERVICE(cw, cw_open(&svc, p->store, p->hub, err))
SERVICE(sqs, sqs_open(&svc, p->store, p->hub, err))
SERVICE(sns, sns_open(&svc, p->store, p->hub, err))
SERVICE(lambda, open_functions(&svc, p, err))
SERVICE(calotype, calotype_open(&svc, p->calotype, err))
SERVICE(cfn, cfn_open(&svc, p->cloud, err))

static void stop_ddb(void *svc) { ddb_stop(svc); }
static int start_lambda(void *svc, struct net *net, struct err *err) {
    return lambda_start(svc, net, err);
}
static void stop_lambda(void *svc) { lambda_stop(svc); }
static void quiesce_cfn(void *svc) { cfn_stop(svc); }

static const struct row rows[] = {
    {"iam", open_iam, service_iam, NULL, NULL, NULL, keep_iam},
    {"sts", open_sts, service_sts, NULL, NULL, NULL, close_sts},
    {"s3", open_s3, service_s3, NULL, NULL, NULL, close_s3},
    {"dynamodb", open_ddb, service_ddb, NULL, NULL, stop_ddb, close_ddb},
    {"logs", open_logs, service_logs, NULL, NULL, NULL, close_logs},
    {"cloudwatch", open_cw, service_cw, NULL, NULL, NULL, close_cw},
    {"sqs", open_sqs, service_sqs, NULL, NULL, NULL, close_sqs},
    {"sns", open_sns, service_sns, NULL, NULL, NULL, close_sns},
    {"lambda", open_lambda, service_lambda, start_lambda, NULL, stop_lambda, close_lambda},
    {"calotype", open_calotype, service_calotype, NULL, NULL, NULL, close_calotype},
    {"cloudformation", open_cfn, service_cfn, NULL, quiesce_cfn, NULL, close_cfn},
};
_Static_assert(sizeof rows / sizeof *rows <= DAEMON_MOST_SERVICES,
               "DAEMON_MOST_SERVICES is too small");

int daemon_services_open(struct daemon_services *all, const struct daemon_parts *parts,
                         struct err *err) {
    all->parts = *parts;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int r = rows[i].open(&all->svc[i], parts, err);
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
        if (strcmp(rows[i].name, name) == 0)
            return all->svc[i];
    return NULL;
}
