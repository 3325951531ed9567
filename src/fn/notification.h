#pragma once
/*
 * fn/notification: the handler "notification.handler": serves Custom::S3BucketNotification.
 *
 * Properties: BucketName, NotificationConfiguration {LambdaFunctionConfigurations: [{Id,
 * LambdaFunctionArn, Events, Filter: {Key: {FilterRules: [{Name, Value}]}}}]}. CloudFormation's own
 * property would make a circle (bucket → permission → function → role → bucket); this resource
 * comes after all of them. Configurations of others in the bucket are kept as they are: ours are
 * known by their Ids, those of the old properties included (an update that renames).
 *
 * The answer goes to the event's ResponseURL. Source: "Custom resource request and response
 * reference" in the CloudFormation User Guide.
 */
#include "fn/processor.h"

/*
 * 0 when an answer (success or failure) was delivered; negative: nobody could be told, Lambda tries
 * again.
 */
int fn_notify(const struct fn_context *context, str event, struct buf *out, struct err *err);

/*
 * The bucket's configuration (XML) without the configurations whose Id is one of ids, and with the
 * properties' own added. Exported for its test. False: a property is missing or of a wrong kind;
 * why says which.
 */
bool fn_notification_merge(str current_xml, const json_t *drop_ids, const json_t *properties,
                           struct buf *out, struct err *why);
