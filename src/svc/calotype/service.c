/* svc/calotype: the operation table, expanded from ops.def, and opening. */
#include "aws/model.h"
#include "svc/calotype/calotype_priv.h"
#include "svc/kit/op_table.h"

struct aws_service calotype_service(struct calotype_svc *svc) {
    return (struct aws_service){.name = "calotype", .api = &api_calotype, KIT_TABLES, .svc = svc};
}

int calotype_open(struct calotype_svc **ret_svc, const struct calotype_options *options,
                  struct err *err) {
    struct calotype_svc *svc = mem_new(struct calotype_svc);
    svc->options = *options;
    int r = calotype_scrub_new(&svc->scrub, options, err);
    *ret_svc = r ? calotype_close(svc) : svc;
    return r;
}

struct calotype_svc *calotype_close(struct calotype_svc *svc) {
    if (svc)
        calotype_scrub_free(svc->scrub);
    free(svc);
    return NULL;
}
