/*
 * A bucket's configurations as they come in XML: an even first byte is a lifecycle, an odd one
 * notifications. What was taken is given back in a form that is taken too.
 */
#include "aws/codec_priv.h"
#include "svc/s3/lifecycle.h"
#include "svc/s3/notify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct api_shape *payload_of(const char *op_name) {
    for (size_t i = 0; i < api_s3.n_ops; i++)
        if (str_is(api_s3.ops[i].name, op_name))
            return api_s3.ops[i].in->members[api_s3.ops[i].in->payload].shape;
    abort();
}

static void lifecycle(const json_t *doc) {
    const json_t *rules = json_arr(doc, "Rules");
    struct err err;
    if (s3_lifecycle_check(rules, &err))
        return;
    CLEANUP_JSON json_t *shown = s3_lifecycle_normalise(rules);
    if (s3_lifecycle_check(shown, &err))
        __builtin_trap();
}

static void notifications(const json_t *doc) {
    CLEANUP_JSON json_t *shown = s3_notify_normalise(doc);
    CLEANUP(s3_notify) struct s3_notify *notify = NULL;
    struct err err;
    if (s3_notify_new(&notify, shown, &err))
        return;
    for (int type = 0; type < S3_N_EVENTS; type++)
        (void)s3_notify_match(notify, (enum s3_event_type)type, S("photos/a.jpg"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct api_shape *shapes[2];
    if (!shapes[0]) {
        shapes[0] = payload_of("PutBucketLifecycleConfiguration");
        shapes[1] = payload_of("PutBucketNotificationConfiguration");
    }
    CLEANUP_JSON json_t *doc = NULL;
    struct err err;
    if (size < 1 || codec_xml_in(shapes[data[0] & 1], str_n(data + 1, size - 1), &doc, &err))
        return 0;
    if (data[0] & 1)
        notifications(doc);
    else
        lifecycle(doc);
    return 0;
}
