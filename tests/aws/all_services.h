#pragma once
/* cloud_fixture with every service that prog plugs in. */
#include "cloud_fixture.h"
#include "daemon/services.h"
#include "svc/iam/iam.h"

struct all_services {
    struct cloud_fixture f;
    struct iam_svc *iam;
    struct daemon_services services;
};

static inline int all_open(struct all_services *all, struct err *err) {
    if (fixture_open(&all->f))
        return err_set(err, -1, "no store");
    int r = iam_open(&all->iam, all->f.store, all->f.hub, err);
    if (r)
        return r;
    struct daemon_parts parts = {.store = all->f.store,
                                 .hub = all->f.hub,
                                 .cloud = all->f.cloud,
                                 .iam = all->iam};
    return daemon_services_open(&all->services, &parts, err);
}
static inline void all_close(struct all_services *all) {
    daemon_services_close(&all->services);
    iam_close(all->iam);
    fixture_close(&all->f);
}

/* For the programs that make a page from the rows. 0, or 1: it could not be written. */
static inline int write_page(const char *file, str page) {
    FILE *f = fopen(file, "w");
    bool written = f && fwrite(page.p, 1, page.len, f) == page.len;
    return f && fclose(f) == 0 && written ? 0 : 1;
}
