/* Error rows of aws itself, and how a request comes to its one error. */
#include "aws/aws_priv.h"

#include "base/log.h"

static const struct aws_error common[N_COMMON][N_FAMILIES] = {
#define COMMON(kind, family, code_, status_, prefix_, text_)                                       \
    [COMMON_##kind][FAMILY_##family] = {.code = code_, .status = status_, .text = text_, .prefix = prefix_},
#include "aws/common.def"
#undef COMMON
};

static const enum aws_family fallback[N_FAMILIES] = {
    [FAMILY_S3] = FAMILY_QUERY,   [FAMILY_QUERY] = FAMILY_QUERY, [FAMILY_SNS] = FAMILY_QUERY,
    [FAMILY_SQS] = FAMILY_QUERY,  [FAMILY_JSON] = FAMILY_QUERY,  [FAMILY_DDB] = FAMILY_JSON,
    [FAMILY_LOGS] = FAMILY_JSON,  [FAMILY_LAMBDA] = FAMILY_JSON,
};

enum aws_family aws_family_of(const struct api_service *api) {
    if (api == &api_s3)
        return FAMILY_S3;
    if (api == &api_dynamodb)
        return FAMILY_DDB;
    if (api == &api_lambda)
        return FAMILY_LAMBDA;
    if (api == &api_sns)
        return FAMILY_SNS;
    if (api == &api_sqs)
        return FAMILY_SQS;
    return api == &api_logs ? FAMILY_LOGS : FAMILY_QUERY;
}

enum aws_dialect aws_dialect_of(const struct api_service *api) {
    switch (aws_family_of(api)) {
    case FAMILY_S3:
        return AWS_DIALECT_S3;
    case FAMILY_JSON:
    case FAMILY_DDB:
    case FAMILY_LOGS:
        return AWS_DIALECT_JSON;
    case FAMILY_LAMBDA:
        return AWS_DIALECT_REST_JSON;
    default:
        return AWS_DIALECT_QUERY;
    }
}

const struct aws_error *aws_common_error(const struct rq *rq, enum aws_common kind) {
    enum aws_family family = aws_family_of(rq->priv->route.api);
    while (!common[kind][family].code && fallback[family] != family)
        family = fallback[family];
    return common[kind][family].code ? &common[kind][family] : aws_common_error(rq, COMMON_VALIDATION);
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
    *d = (struct out_detail){.name = name, .value = arena_str(&rq->arena, value), .is_json = is_json};
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

int aws_fault(struct rq *rq, int code, const char *what) {
    enum aws_common kind = code == STORE_E_READONLY ? COMMON_UNAVAILABLE
                           : code == STORE_E_FULL   ? COMMON_FULL
                                                    : COMMON_INTERNAL;
    if (code < 0)
        log_error("aws", "request %s: %s: %s", rq->id, what, strerror(-code));
    else
        log_error("aws", "request %s: %s: outcome %d", rq->id, what, code);
    return aws_fail_common(rq, kind, NULL);
}
