#pragma once
/* A cloud with every service that the daemon plugs in. */
#include "lib/cloud.h"
#include "daemon/services.h"
#include "svc/calotype/calotype.h"
#include "svc/iam/iam.h"

struct all_services {
    struct cloud f;
    struct iam_svc *iam;
    struct daemon_services services;
};

/* How a daemon is that is not there. */
static inline void all_look(void *, struct calotype_facts *ret) {
    *ret = (struct calotype_facts){.endpoint = "",
                                   .region = "",
                                   .account = "",
                                   .isolation = "none",
                                   .isolation_lacks = ""};
}

static inline int all_open(struct all_services *all, struct err *err) {
    cloud_open(&all->f, NULL);
    int r = iam_open(&all->iam, all->f.store, all->f.hub, err);
    if (r)
        return r;
    static const struct calotype_options calotype = {.look = all_look};
    struct daemon_parts parts = {.calotype = &calotype,
                                 .store = all->f.store,
                                 .hub = all->f.hub,
                                 .cloud = all->f.cloud,
                                 .iam = all->iam};
    return daemon_services_open(&all->services, &parts, err);
}
static inline void all_close(struct all_services *all) {
    daemon_services_close(&all->services);
    iam_close(all->iam);
    cloud_close(&all->f);
}

/* For the programs that make a page from the rows. 0, or 1: it could not be written. */
static inline int write_page(const char *file, str page) {
    FILE *f = fopen(file, "w");
    bool written = f && fwrite(page.p, 1, page.len, f) == page.len;
    return f && fclose(f) == 0 && written ? 0 : 1;
}
