/* GetStatus: how the daemon is, for whoever may ask. */
#include "base/clock.h"
#include "base/log_recent.h"
#include "svc/calotype/calotype_priv.h"

#include <unistd.h>

const char *calotype_state_name(enum calotype_state state) {
    static const char *const names[] = {"ok", "degraded", "full", "read-only"};
    return names[state];
}

static void set_time(json_t *doc, const char *name, int64_t ms) {
    char when[CLOCK_ISO_MAX];
    json_set_str(doc, name, str_c(clock_iso8601_ms(when, ms)));
}

/* ---- Parts ---- */
static json_t *limits(const struct calotype_facts *facts) {
    json_t *doc = json_object();
    for (size_t i = 0; i < facts->n_limits; i++)
        json_set_str(doc, facts->limits[i].what, str_c(facts->limits[i].by));
    return doc;
}

static json_t *functions(const struct calotype_facts *facts) {
    json_t *doc = json_object();
    json_set_int(doc, "MemoryBytes", (int64_t)facts->memory_bytes);
    json_set_int(doc, "MemoryUsed", (int64_t)facts->memory_used);
    json_set_int(doc, "Environments", facts->environments);
    json_set_int(doc, "AsyncAtOnce", facts->async_at_once);
    if (facts->runtimes)
        json_set(doc, "Runtimes", facts->runtimes);
    if (facts->n_refused == 0)
        return doc;
    json_t *runtimes = json_array();
    for (size_t i = 0; i < facts->n_refused; i++)
        json_array_append_new(runtimes, json_string(facts->refused_runtimes[i]));
    json_set_str(doc, "Refused", str_c(facts->refused.text));
    json_set(doc, "RefusedRuntimes", runtimes);
    return doc;
}

/* oldest_ms 0: nothing waits. */
static void add_backlog(json_t *doc, uint64_t waiting, int64_t oldest_ms) {
    json_set_int(doc, "Waiting", (int64_t)waiting);
    if (oldest_ms)
        set_time(doc, "OldestWaiting", oldest_ms);
}

static json_t *queue(const struct calotype_facts *facts) {
    json_t *doc = json_object(), *kinds = json_array();
    uint64_t waiting = 0;
    int64_t oldest_ms = 0;
    for (size_t i = 0; i < facts->n_backlogs; i++) {
        const struct hub_backlog *one = &facts->backlogs[i];
        json_t *kind = json_object();
        json_set_str(kind, "Kind", str_c(one->kind));
        add_backlog(kind, one->waiting, one->oldest_ms);
        json_array_append_new(kinds, kind);
        waiting += one->waiting;
        if (one->oldest_ms && (!oldest_ms || one->oldest_ms < oldest_ms))
            oldest_ms = one->oldest_ms;
    }
    add_backlog(doc, waiting, oldest_ms);
    json_set(doc, "Kinds", kinds);
    return doc;
}

static json_t *last_errors(void) {
    struct log_recent list[LOG_RECENT];
    size_t n = log_recent_list(list);
    json_t *docs = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *doc = json_object();
        json_set_str(doc, "Room", str_c(list[i].room));
        json_set_str(doc, "Text", str_c(list[i].text));
        json_set_int(doc, "Count", (int64_t)list[i].count);
        set_time(doc, "First", list[i].first_ms);
        set_time(doc, "Last", list[i].last_ms);
        json_array_append_new(docs, doc);
    }
    return docs;
}

/* ---- The document ---- */
json_t *calotype_status(const struct calotype_facts *facts) {
    json_t *doc = json_object();
    json_set_str(doc, "Status", str_c(calotype_state_name(facts->state)));
    if (facts->state != CALOTYPE_OK)
        json_set_str(doc, "Reason", str_c(facts->why.text));
    json_set_str(doc, "Version", S(CALOTYPE_VERSION));
    json_set_str(doc, "Endpoint", str_c(facts->endpoint));
    json_set_str(doc, "Region", str_c(facts->region));
    json_set_str(doc, "Account", str_c(facts->account));
    json_set_bool(doc, "Writable", facts->state < CALOTYPE_FULL);
    json_set_int(doc, "FreeBytes", (int64_t)facts->room.free_bytes);
    json_set_int(doc, "ReserveBytes", (int64_t)facts->room.reserve_bytes);
    json_set(doc, "Queue", queue(facts));
    json_set(doc, "LastErrors", last_errors());
    json_set_str(doc, "Isolation", str_c(facts->isolation));
    if (*facts->isolation_lacks)
        json_set_str(doc, "IsolationLacks", str_c(facts->isolation_lacks));
    json_set(doc, "IsolationLimits", limits(facts));
    json_set(doc, "Functions", functions(facts));
    json_set_int(doc, "WorldOffsetMs", clock_offset_ms());
    json_set_int(doc, "ProcessId", getpid());
    json_set_int(doc, "UpMs", facts->up_ms);
    return doc;
}

int calotype_op_GetStatus(struct calotype_svc *svc, struct rq *rq) {
    struct calotype_facts facts = {0};
    svc->options.look(svc->options.ctx, &facts);
    rq->out = calotype_status(&facts);
    json_set(rq->out, "WorldTime", json_real((double)rq->now_ms / 1000));
    json_set(rq->out, "Scrub", calotype_scrub_doc(svc));
    return 0;
}
