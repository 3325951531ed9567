/* GetStatus: how the daemon is, for whoever may ask. */
#include "base/clock.h"
#include "svc/calotype/calotype_priv.h"

#include <unistd.h>

json_t *calotype_limits(const struct calotype_facts *facts) {
    json_t *doc = json_object();
    for (size_t i = 0; i < facts->n_limits; i++)
        json_set_str(doc, facts->limits[i].what, str_c(facts->limits[i].by));
    return doc;
}

int calotype_op_GetStatus(struct calotype_svc *svc, struct rq *rq) {
    struct calotype_facts facts = {0};
    svc->options.look(svc->options.ctx, &facts);
    rq->out = json_object();
    json_set_str(rq->out, "Status", facts.readonly ? S("read-only") : S("ok"));
    if (facts.readonly)
        json_set_str(rq->out, "Reason", str_c(facts.why_readonly.text));
    json_set_str(rq->out, "Version", S(CALOTYPE_VERSION));
    json_set_str(rq->out, "Endpoint", str_c(facts.endpoint));
    json_set_str(rq->out, "Region", str_c(facts.region));
    json_set_str(rq->out, "Account", str_c(facts.account));
    json_set_str(rq->out, "Isolation", str_c(facts.isolation));
    if (*facts.isolation_lacks)
        json_set_str(rq->out, "IsolationLacks", str_c(facts.isolation_lacks));
    json_set(rq->out, "IsolationLimits", calotype_limits(&facts));
    json_set(rq->out, "WorldTime", json_real((double)rq->now_ms / 1000));
    json_set_int(rq->out, "WorldOffsetMs", clock_offset_ms());
    json_set_int(rq->out, "ProcessId", getpid());
    json_set_int(rq->out, "UpMs", facts.up_ms);
    json_set(rq->out, "Scrub", calotype_scrub_doc(svc));
    return 0;
}
