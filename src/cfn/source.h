#pragma once
/* cfn/source: the text of the template that a request means. */
#include "cfn/cfn_priv.h"

/*
 * Bucket, key and version of a TemplateURL: virtual-host and path style on amazonaws.com, path
 * style on any other host (our own endpoint, by whatever name the client reaches it). False: none
 * of these.
 */
bool cfn_parse_template_url(str url, struct buf *bucket, struct buf *key, struct buf *version);
/* From TemplateBody, TemplateURL (read as the caller) or, with UsePreviousTemplate, the stack's. */
int cfn_read_source(struct rq *rq, const struct cfn_stack *stack, str *ret_text);
