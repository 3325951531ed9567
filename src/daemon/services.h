#pragma once
/*
 * daemon/services: which services there are, and the order of their lives. The table of them is in
 * services.c; each room's own header says what it needs (svc/s3/s3.h and so on).
 */
#include "aws/call.h"
#include "aws/op.h"
#include "hub/hub.h"
#include "net/net.h"

struct sandbox_spawner;
struct calotype_options;

/* What a service may need to open. */
struct daemon_parts {
    struct store *store;
    struct hub *hub;
    struct iam_svc *iam; /* opened before, because the cloud asks it who calls */
    struct aws_cloud *cloud;
    struct net *net;                         /* from start on */
    struct sandbox_spawner *spawner;         /* NULL: functions cannot run */
    const char *python, *node;               /* functions' interpreters; "": those found */
    uint64_t functions_bytes;                /* memory of all functions; 0: lambda's default */
    str ca_cert;                             /* PEM */
    const struct calotype_options *calotype; /* copied by its service */
};

/* For store_open: how the rows of older formats are turned. A list of lists, NULL at the end. */
extern const struct store_migration *const daemon_migrations[];
/* For a scrub: the rows that own bodies, of every service that has some. As above. */
extern const struct store_owner *const daemon_owners[];
/* Files of DATA that are made after the database is (store.h, made_later). */
extern const char *const daemon_made_later[];

enum { DAEMON_MOST_SERVICES = 16 };
/*
 * The services of one daemon, by their place in the table. Zeroed it is empty, and may be closed.
 */
struct daemon_services {
    struct daemon_parts parts;
    void *svc[DAEMON_MOST_SERVICES];
    struct aws_service service[DAEMON_MOST_SERVICES];
    bool started[DAEMON_MOST_SERVICES];
};

/*
 * Opens every service and adds it to the cloud, in the table's order. parts are copied. 0, or the
 * refusing service's code with words: daemon_services_close then closes those that are open.
 */
int daemon_services_open(struct daemon_services *all, const struct daemon_parts *parts,
                         struct err *err);
/*
 * net runs: services with threads or sandboxes of their own begin to work. 0 or a code with words:
 * daemon_services_stop ends those that were started.
 */
int daemon_services_start(struct daemon_services *all, struct net *net, struct err *err);
/* The end, each in the opposite order: before hub_stop, before net_stop, after it. */
void daemon_services_quiesce(struct daemon_services *all);
void daemon_services_stop(struct daemon_services *all);
void daemon_services_close(struct daemon_services *all);
/* The one of that name ("cloudformation"), or NULL. */
void *daemon_services_find(const struct daemon_services *all, const char *name);
/* The service with that API, without its state; zeroed when there is none. For tests. */
struct aws_service daemon_service_of(const struct api_service *api);
