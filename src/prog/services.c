#include "prog/services.h"

#include "prog/services_rooms.h"

/* One row a service; start and stop may be NULL. */
struct row {
    const char *name;
    int (*open)(struct svc **ret, const struct prog_parts *parts, struct err *err);
    struct aws_service (*service)(struct svc *svc);
    int (*start)(struct svc *svc, struct net *net, struct err *err);
    void (*stop)(struct svc *svc);
    struct svc *(*close)(struct svc *svc);
};

#ifdef PROG_HAS_SVC_S3
static int open_s3(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return s3_open(ret, p->store, p->hub, err);
}
#endif

#ifdef PROG_HAS_SVC_DYNAMODB
static int open_dynamodb(struct svc **ret, const struct prog_parts *p, struct err *err) {
    return ddb_open(ret, p->store, p->hub, err);
}
#endif

static const struct row rows[] = {
#ifdef PROG_HAS_SVC_S3
    {"s3", open_s3, s3_service, NULL, NULL, s3_close},
#endif
#ifdef PROG_HAS_SVC_DYNAMODB
    {"dynamodb", open_dynamodb, ddb_service, NULL, ddb_stop, ddb_close},
#endif
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
_Static_assert(sizeof rows / sizeof *rows <= PROG_MOST_SERVICES, "PROG_MOST_SERVICES is too small");
static const size_t n_rows = sizeof rows / sizeof *rows - 1;

int prog_services_open(struct prog_services *all, const struct prog_parts *parts, struct err *err) {
    all->parts = *parts;
    for (size_t i = 0; i < n_rows; i++) {
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
    for (size_t i = 0; i < n_rows; i++) {
        int r = rows[i].start ? rows[i].start(all->svc[i], net, err) : 0;
        if (r)
            return r;
        all->started[i] = true;
    }
    return 0;
}

void prog_services_stop(struct prog_services *all) {
    for (size_t i = n_rows; i-- > 0;) {
        if (all->started[i] && rows[i].stop)
            rows[i].stop(all->svc[i]);
        all->started[i] = false;
    }
}

void prog_services_close(struct prog_services *all) {
    for (size_t i = n_rows; i-- > 0;)
        if (all->svc[i])
            all->svc[i] = rows[i].close(all->svc[i]);
}
