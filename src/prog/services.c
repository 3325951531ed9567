#include "prog/services.h"

#include "cfn/cfn.h"
#include "svc/cloudwatch/cloudwatch.h"
#include "svc/dynamodb/dynamodb.h"
#include "svc/iam/iam.h"
#include "svc/lambda/lambda.h"
#include "svc/logs/logs.h"
#include "svc/s3/s3.h"
#include "svc/sns/sns.h"
#include "svc/sqs/sqs.h"
#include "svc/sts/sts.h"

const struct store_migration *const prog_migrations[] = {cfn_migrations, NULL};

/*
 * One row a service, in the order in which they open; start, quiesce and stop may be NULL. iam is
 * opened and closed by the daemon: here it is only added to the cloud.
 */
struct row {
    const char *name;
    int (*open)(struct svc **ret, const struct prog_parts *parts, struct err *err);
    struct aws_service (*service)(struct svc *svc);
    int (*start)(struct svc *svc, struct net *net, struct err *err);
    void (*quiesce)(struct svc *svc); /* while the hub still runs */
    void (*stop)(struct svc *svc);    /* the hub has stopped, net still runs */
    struct svc *(*close)(struct svc *svc);
};

static int open_iam(struct svc **ret, const struct prog_parts *p, struct err *) {
    *ret = p->iam;
    return 0;
}
static struct svc *keep_iam(struct svc *) { return NULL; }
static int open_sts(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return sts_open(ret, p->iam, err);
}
static int open_s3(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return s3_open(ret, p->store, p->hub, err);
}
static int open_dynamodb(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return ddb_open(ret, p->store, p->hub, err);
}
static int open_sns(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return sns_open(ret, p->store, p->hub, err);
}
static int open_sqs(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return sqs_open(ret, p->store, p->hub, err);
}
static int open_logs(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return logs_open(ret, p->store, p->hub, err);
}
static int open_cloudwatch(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return cw_open(ret, p->store, p->hub, err);
}
static int open_lambda(struct svc **ret, const struct prog_parts *p, struct err *err) {
    struct lambda_options options = {.store = p->store,
                                     .hub = p->hub,
                                     .cloud = p->cloud,
                                     .spawner = p->spawner,
                                     .ca_cert = p->ca_cert};
    return lambda_open(ret, &options, err);
}
static int open_cfn(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return cfn_open(ret, p->cloud, err);
}

static const struct row rows[] = {
    {"iam", open_iam, iam_service, NULL, NULL, NULL, keep_iam},
    {"sts", open_sts, sts_service, NULL, NULL, NULL, sts_close},
    {"s3", open_s3, s3_service, NULL, NULL, NULL, s3_close},
    {"dynamodb", open_dynamodb, ddb_service, NULL, NULL, ddb_stop, ddb_close},
    {"logs", open_logs, logs_service, NULL, NULL, NULL, logs_close},
    {"cloudwatch", open_cloudwatch, cw_service, NULL, NULL, NULL, cw_close},
    {"sqs", open_sqs, sqs_service, NULL, NULL, NULL, sqs_close},
    {"sns", open_sns, sns_service, NULL, NULL, NULL, sns_close},
    {"lambda", open_lambda, lambda_service, lambda_start, NULL, lambda_stop, lambda_close},
    {"cloudformation", open_cfn, cfn_service, NULL, cfn_stop, NULL, cfn_close},
};
_Static_assert(sizeof rows / sizeof *rows <= PROG_MOST_SERVICES, "PROG_MOST_SERVICES is too small");

int prog_services_open(struct prog_services *all, const struct prog_parts *parts, struct err *err) {
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

int prog_services_start(struct prog_services *all, struct net *net, struct err *err) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int r = rows[i].start ? rows[i].start(all->svc[i], net, err) : 0;
        if (r)
            return r;
        all->started[i] = true;
    }
    return 0;
}

void prog_services_quiesce(struct prog_services *all) {
    for (size_t i = ARRAY_LEN(rows); i-- > 0;)
        if (all->started[i] && rows[i].quiesce)
            rows[i].quiesce(all->svc[i]);
}

void prog_services_stop(struct prog_services *all) {
    for (size_t i = ARRAY_LEN(rows); i-- > 0;) {
        if (all->started[i] && rows[i].stop)
            rows[i].stop(all->svc[i]);
        all->started[i] = false;
    }
}

void prog_services_close(struct prog_services *all) {
    for (size_t i = ARRAY_LEN(rows); i-- > 0;)
        if (all->svc[i])
            all->svc[i] = rows[i].close(all->svc[i]);
}

struct svc *prog_services_find(const struct prog_services *all, const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return all->svc[i];
    return NULL;
}
