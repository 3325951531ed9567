/*
 * A violated constraint in S3's words: a wrong body is MalformedXML, a wrong header InvalidArgument
 * or an error of its own.
 */
#include "aws/validate.h"
#include "svc/s3/notify.h"
#include "svc/s3/s3_priv.h"

static const struct {
    const char *member;
    const struct aws_error *error;
} own[] = {
    {"StorageClass", &S3_InvalidStorageClass},
    {"ServerSideEncryption", &S3_InvalidEncryptionAlgorithmError},
};

/* Is that one of the events of a notification configuration? */
static bool is_event(const json_t *config, str odd) {
    const char *name;
    json_t *list, *item;
    size_t i;
    json_object_foreach ((json_t *)config, name, list)
        json_array_foreach (list, i, item)
            if (json_find_text(json_arr(item, "Events"), odd) >= 0)
                return true;
    return false;
}

/* Places and events are no matter of the XML. */
static int in_body(struct rq *rq, const struct aws_violation *v) {
    const json_t *body = json_obj(rq->in, v->member->name.p);
    if (v->odd.p && str_eq(v->odd, json_str(body, "LocationConstraint"))) {
        aws_fail(rq, &S3_InvalidLocationConstraint, NULL);
        aws_fail_detail(rq, "LocationConstraint", v->odd);
        return AWS_FAILED;
    }
    if (v->odd.p && is_event(body, v->odd))
        return aws_fail(rq, &S3_InvalidArgument, S3_NOTIFY_NO_EVENT);
    return aws_fail(rq, &S3_MalformedXML, NULL);
}

int s3_hook_invalid(void *, struct rq *rq, const struct aws_violation *v) {
    const struct api_member *m = v->member;
    if (m->location == API_IN_BODY)
        return in_body(rq, v);
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (str_is(m->name, own[i].member))
            return aws_fail(rq, own[i].error, NULL);
    aws_fail(rq, &S3_InvalidArgument,
             v->missing ? "Missing required parameter: " STR_FMT : "Invalid " STR_FMT,
             STR_ARG(m->wire));
    aws_fail_detail(rq, "ArgumentName", m->wire);
    aws_fail_detail(rq, "ArgumentValue", json_str(rq->in, m->name.p));
    return AWS_FAILED;
}
