/* AWS::Logs::LogGroup. */
#include "cfn/type.h"

static json_t *for_group(str name) {
    json_t *in = json_object();
    json_set_str(in, "logGroupName", name);
    return in;
}

static int set_retention(struct cfn_work *w) {
    json_t *days = json_object_get(w->props, "RetentionInDays");
    if (!cfn_changed(w, "RetentionInDays"))
        return CFN_DONE;
    json_t *in = for_group(cfn_physical(w));
    if (!days)
        return cfn_call(w, "logs", "DeleteRetentionPolicy", in, NULL);
    json_object_set(in, "retentionInDays", days);
    return cfn_call(w, "logs", "PutRetentionPolicy", in, NULL);
}

static int create(struct cfn_work *w) {
    str name = cfn_name(w, "LogGroupName");
    json_t *in = for_group(name);
    json_set_str(in, "logGroupClass", json_str(w->props, "LogGroupClass"));
    json_set(in, "tags", cfn_tag_map(json_object_get(w->props, "Tags")));
    if (cfn_call_unless(w, "logs", "CreateLogGroup", in, w->again ? "ResourceAlreadyExistsException" : NULL, NULL))
        return CFN_FAILED;
    cfn_set_physical(w, name);
    cfn_set_attribute(w, "Arn", "arn:aws:logs:" STR_FMT ":" STR_FMT ":log-group:" STR_FMT ":*", STR_ARG(w->region), STR_ARG(w->account), STR_ARG(name));
    return set_retention(w);
}

static int update(struct cfn_work *w) {
    if (set_retention(w))
        return CFN_FAILED;
    if (!cfn_changed(w, "Tags"))
        return CFN_DONE;
    str arn = json_str(w->attributes, "Arn");
    CLEANUP_JSON json_t *plain = json_of_str(str_slice(arn, 0, arn.len >= 2 ? arn.len - 2 : 0)); /* without :* */
    CLEANUP_JSON json_t *dropped = cfn_tags_gone(w);
    if (json_array_size(dropped) && cfn_call(w, "logs", "UntagResource", json_pack("{sO,sO}", "resourceArn", plain, "tagKeys", dropped), NULL))
        return CFN_FAILED;
    json_t *tags = cfn_tag_map(json_object_get(w->props, "Tags"));
    return tags ? cfn_call(w, "logs", "TagResource", json_pack("{sO,so}", "resourceArn", plain, "tags", tags), NULL) : CFN_DONE;
}

static int remove_group(struct cfn_work *w) {
    return cfn_call_unless(w, "logs", "DeleteLogGroup", for_group(cfn_physical(w)), "ResourceNotFoundException", NULL);
}

static const char *const props[] = {"RetentionInDays", "Tags", "LogGroupName", "LogGroupClass", NULL};
static const char *const in_place[] = {"RetentionInDays", "Tags", NULL};

const struct cfn_type cfn_types_logs[] = {
    {.name = "AWS::Logs::LogGroup", .name_prop = "LogGroupName", .name_max = 512, .supported = props, .in_place = in_place,
     .create = create, .update = update, .remove = remove_group},
    {0},
};
