#pragma once
/*
 * prog/services: which services there are, and the order of their lives. The table of them is in
 * services.c; each room's own header says what it needs (svc/s3/s3.h and so on).
 */
#include "aws/call.h"
#include "aws/op.h"
#include "hub/hub.h"
#include "net/net.h"

struct sandbox_spawner;

/* What a service may need to open. */
struct prog_parts {
    struct store *store;
    struct hub *hub;
    struct iam_svc *iam; /* opened before, because the cloud asks it who calls */
    struct aws_cloud *cloud;
    struct net *net;                 /* from start on */
    struct sandbox_spawner *spawner; /* NULL: functions cannot run */
    str ca_cert;                     /* PEM */
};

/* For store_open: how the rows of older formats are turned. */
extern const struct store_migration *const prog_migrations[];

enum { PROG_MOST_SERVICES = 16 };
struct prog_services {
    struct prog_parts parts;
    void *svc[PROG_MOST_SERVICES];
    struct aws_service service[PROG_MOST_SERVICES];
    bool started[PROG_MOST_SERVICES];
};

/* Opens every service and adds it to the cloud, in the table's order. parts are copied. */
int prog_services_open(struct prog_services *all, const struct prog_parts *parts, struct err *err);
/* net runs: services with threads or sandboxes of their own begin to work. */
int prog_services_start(struct prog_services *all, struct net *net, struct err *err);
/* The end, each in the opposite order: before hub_stop, before net_stop, after it. */
void prog_services_quiesce(struct prog_services *all);
void prog_services_stop(struct prog_services *all);
void prog_services_close(struct prog_services *all);
/* The one of that name ("cloudformation"), or NULL. */
void *prog_services_find(const struct prog_services *all, const char *name);
