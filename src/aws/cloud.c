/* The cloud: its services, their rows by operation, and what all requests share. */
#include "aws/aws_priv.h"

#include <errno.h>

/* Threads, at most: see aws/workers.h. */
enum { WORKERS = 32, TURNS = 16 };
enum { DEFAULT_MAX_BODY = 1024 * 1024 }; /* where traits say nothing */

int aws_cloud_new(struct aws_cloud **ret_cloud, const struct aws_options *options,
                  struct err *err) {
    if (!options->store || !options->identities.find)
        return err_set(err, -EINVAL, "a cloud needs a store and an identity source");
    struct aws_cloud *cloud = mem_new(struct aws_cloud);
    cloud->options = *options;
    cloud->default_region =
        mem_strdup(options->default_region ? options->default_region : "us-east-1");
    cloud->default_account =
        mem_strdup(options->default_account ? options->default_account : "000000000000");
    cloud->endpoint = mem_strdup("https://127.0.0.1:4566");
    if (!cloud->options.max_body)
        cloud->options.max_body = DEFAULT_MAX_BODY;
    cloud->router = aws_router_new();
    cloud->bodies = aws_bodies_new(options->store, options->bodies);
    cloud->workers = aws_workers_new(WORKERS);
    cloud->turns = aws_workers_new(TURNS);
    cloud->keys = keys_new();
    *ret_cloud = cloud;
    return 0;
}

struct aws_cloud *aws_cloud_free(struct aws_cloud *cloud) {
    if (!cloud)
        return NULL;
    for (size_t i = 0; i < API_N_SERVICES; i++) {
        free(cloud->services[i].rows);
        rights_free(cloud->services[i].rights);
    }
    aws_workers_free(cloud->workers);
    aws_workers_free(cloud->turns);
    aws_router_free(cloud->router);
    aws_bodies_free(cloud->bodies);
    keys_free(cloud->keys);
    free(cloud->default_region);
    free(cloud->default_account);
    free(cloud->endpoint);
    free(cloud);
    return NULL;
}

void aws_cloud_set_endpoint(struct aws_cloud *cloud, const char *url) {
    free(cloud->endpoint);
    cloud->endpoint = mem_strdup(url);
}

static int check_row(const struct aws_service *service, const struct aws_op *op, struct err *err) {
    const struct api_op *model = api_op_find(service->api, str_c(op->name));
    if (!model || !model->modelled)
        return err_set(err, -EINVAL, "%s: the row %s names no modelled operation (tools/regen.sh)",
                       service->name, op->name);
    if (!op->run || !op->action || !op->resource)
        return err_set(err, -EINVAL, "%s: the row %s is incomplete", service->name, op->name);
    return 0;
}

int aws_cloud_add(struct aws_cloud *cloud, const struct aws_service *service, struct err *err) {
    struct cloud_service *slot = &cloud->services[service->api->index];
    if (slot->service)
        return err_set(err, -EINVAL, "%s: added twice", service->name);
    slot->rows = mem_zalloc(service->api->n_ops * sizeof(const struct aws_op *));
    for (size_t i = 0; i < service->n_ops; i++) {
        const struct aws_op *op = &service->ops[i];
        int r = check_row(service, op, err);
        if (r)
            return r;
        slot->rows[api_op_find(service->api, str_c(op->name)) - service->api->ops] = op;
    }
    int r = rights_read(&slot->rights, service, err);
    if (r)
        return r;
    keys_add(cloud->keys, service, slot->rights);
    slot->service = service;
    return 0;
}

const struct aws_service *aws_cloud_service(const struct aws_cloud *cloud,
                                            const struct api_service *api) {
    return cloud->services[api->index].service;
}

const struct aws_service *aws_cloud_service_named(const struct aws_cloud *cloud, str name) {
    for (size_t i = 0; i < API_N_SERVICES; i++) {
        const struct aws_service *service = cloud->services[i].service;
        if (service && str_is(name, service->name))
            return service;
    }
    return NULL;
}

const struct op_rights *aws_cloud_rights(const struct rq *rq) {
    const struct cloud_service *slot = &rq->cloud->services[rq->service->api->index];
    return &slot->rights->ops[rq->op - rq->service->ops];
}

int aws_fail_unsupported(struct rq *rq, str op) {
    return aws_fail_common(rq, COMMON_NOT_IMPLEMENTED,
                           "calotype does not implement " STR_FMT ":" STR_FMT,
                           STR_ARG(rq->priv->route.api->name), STR_ARG(op));
}

int aws_find_row(struct rq *rq) {
    const struct route *route = &rq->priv->route;
    const struct cloud_service *slot = &rq->cloud->services[route->api->index];
    rq->service = slot->service;
    rq->op = slot->service ? slot->rows[route->op - route->api->ops] : NULL;
    if (!rq->op)
        return aws_fail_unsupported(rq, route->op->name);
    rq->svc = rq->service->svc;
    return 0;
}

struct store *aws_cloud_store(struct aws_cloud *cloud) {
    return cloud->options.store;
}
struct aws_bodies *aws_cloud_bodies(struct aws_cloud *cloud) {
    return cloud->bodies;
}
struct hub *aws_cloud_hub(struct aws_cloud *cloud) {
    return cloud->options.hub;
}
const struct aws_identity_source *aws_cloud_identities(struct aws_cloud *cloud) {
    return &cloud->options.identities;
}

void aws_cloud_each_op(struct aws_cloud *cloud,
                       void (*fn)(void *ctx, const struct aws_service *, const struct aws_op *),
                       void *ctx) {
    for (size_t s = 0; api_services[s]; s++) {
        const struct aws_service *service = cloud->services[s].service;
        for (size_t i = 0; service && i < service->n_ops; i++)
            fn(ctx, service, &service->ops[i]);
    }
}
