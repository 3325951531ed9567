/* Error rows of aws itself, and how a request comes to its one error. */
#include "aws/aws_priv.h"

#include "base/log.h"

static const struct aws_error common[N_COMMON][AWS_N_DIALECTS] = {
#define COMMON(kind, dialect, code_, status_, ...)                                                 \
    [COMMON_##                                                                                     \
        kind][AWS_DIALECT_##dialect] = {.code = code_, .status = status_, .text = __VA_ARGS__},
#include "aws/common.def"
#undef COMMON
};

/* Whose words a dialect takes where it has none; QUERY has all. */
static const enum aws_dialect neighbour[AWS_N_DIALECTS] = {
    [AWS_DIALECT_S3] = AWS_DIALECT_QUERY,
    [AWS_DIALECT_QUERY] = AWS_DIALECT_QUERY,
    [AWS_DIALECT_JSON] = AWS_DIALECT_QUERY,
    [AWS_DIALECT_REST_JSON] = AWS_DIALECT_JSON,
};

const struct aws_error *aws_dialect_error(enum aws_dialect dialect, enum aws_common kind) {
    while (!common[kind][dialect].code)
        dialect = neighbour[dialect];
    return &common[kind][dialect];
}

const struct aws_error *aws_common_error(const struct rq *rq, enum aws_common kind) {
    const struct api_service *api = rq->priv->route.api;
    const struct aws_service *service = aws_cloud_service(rq->cloud, api);
    if (service && service->common && service->common[kind].code)
        return &service->common[kind];
    return aws_dialect_error((enum aws_dialect)api->dialect, kind);
}

int aws_fail(struct rq *rq, const struct aws_error *error, const char *fmt, ...) {
    struct rq_priv *p = rq->priv;
    if (p->error)
        return AWS_FAILED;
    p->error = error;
    p->message = str_c(error->text ? error->text : "");
    if (fmt) {
        va_list args;
        va_start(args, fmt);
        p->message = arena_vprintf(&rq->arena, fmt, args);
        va_end(args);
    }
    return AWS_FAILED;
}

static void add_detail(struct rq *rq, const char *name, str value, bool is_json) {
    struct out_detail *d = arena_new(&rq->arena, struct out_detail), **end = &rq->priv->details;
    *d = (struct out_detail){.name = name,
                             .value = arena_str(&rq->arena, value),
                             .is_json = is_json};
    while (*end)
        end = &(*end)->next;
    *end = d;
}

void aws_fail_detail(struct rq *rq, const char *name, str value) {
    add_detail(rq, name, value.p ? value : S(""), false);
}

void aws_fail_detail_json(struct rq *rq, const char *name, const json_t *value) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, value);
    add_detail(rq, name, buf_view(&text), true);
}

int aws_fail_fault(struct rq *rq, const struct aws_wire_fault *fault) {
    if (!fault->error)
        return aws_fail_common(rq, COMMON_INTERNAL, NULL);
    bool first = !rq->priv->error;
    aws_fail(rq, fault->error, STR_FMT, STR_ARG(fault->message));
    for (size_t i = 0; first && i < fault->n_details; i++)
        aws_fail_detail(rq, fault->details[i].name, fault->details[i].value);
    return AWS_FAILED;
}

void rq_note_refusal(struct rq *rq) {
    rq->priv->refused = true;
    if (rq->net)
        net_mark(rq->net);
}

/* One line: the request, its operation and what that is about, and what went wrong. */
static void log_fault(const struct rq *rq, const char *what, const char *why) {
    str about = rq->priv->resource_arn;
    log_error("aws", "request %s, %s:%s%s" STR_FMT ": %s%s%s", rq->id,
              rq->service ? rq->service->name : "", rq->op ? rq->op->name : "",
              about.len ? " of " : "", STR_ARG(about), what, why ? ": " : "", why ? why : "");
}

int aws_fault(struct rq *rq, int code, const char *what) {
    enum aws_common kind = code == STORE_E_READONLY ? COMMON_UNAVAILABLE
                           : code == STORE_E_FULL   ? COMMON_FULL
                                                    : COMMON_INTERNAL;
    if (kind != COMMON_INTERNAL || store_is_readonly(rq_store(rq), NULL))
        rq_note_refusal(rq);
    log_fault(rq, what, outcome_words(code));
    return aws_fail_common(rq, kind, NULL);
}

int aws_damage(struct rq *rq, str words) {
    const char *text = arena_printf(&rq->arena, STR_FMT, STR_ARG(words)).p;
    log_fault(rq, text, NULL);
    return aws_fail_common(rq, COMMON_INTERNAL, "%s", text);
}
