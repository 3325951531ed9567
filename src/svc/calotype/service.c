/* svc/calotype: the operation table, expanded from ops.def, and opening. */
#include "aws/model.h"
#include "svc/calotype/calotype_priv.h"
#include "svc/kit/op_table.h"

struct aws_service calotype_service(struct calotype_svc *svc) {
    return (struct aws_service){.name = "calotype", .api = &api_calotype, KIT_TABLES, .svc = svc};
}

int calotype_open(struct calotype_svc **ret_svc, const struct calotype_options *options,
                  struct err *) {
    struct calotype_svc *svc = mem_new(struct calotype_svc);
    svc->options = *options;
    *ret_svc = svc;
    return 0;
}

struct calotype_svc *calotype_close(struct calotype_svc *svc) {
    free(svc);
    return NULL;
}
