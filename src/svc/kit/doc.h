#pragma once
/*
 * kit/doc: a resource whose row is a JSON document under SERVICE account region name, as topics and
 * queues are: the row and the document read from it, kept together.
 *
 *   {"Attributes": {"Policy": "…", …}, "Tags": {…}, …}
 *
 * A request reads the row of its resource once: authorisation, which asks for its policy, and the
 * handler share what was read. All requests share the document, the compiled policy and the parts,
 * which the store keeps with the row (row_get_kept); whoever changes the document takes a copy of
 * his own.
 */
#include "aws/row.h"
#include "aws/rq.h"
#include "base/arn.h"

struct kit_doc {
    struct row row;          /* without bytes */
    const json_t *doc;       /* NULL while the row is absent; borrowed of one of these two */
    struct store_kept *kept; /* shared */
    json_t *own;             /* changed, or made */
    json_t *parts;           /* an array: what kit_doc_part has parsed of it */
};
/* Frees the row's key and drops the document. */
void kit_doc_deinit(struct kit_doc *doc);

/* SERVICE account region name. Clears key first. */
void kit_doc_key(struct buf *key, const char *service, str account, str region, str name);
/* Reads doc->row.key, as row_get: 0, STORE_E_ABSENT, STORE_E_DAMAGED or -errno. */
int kit_doc_get(const struct rows *rows, struct kit_doc *doc);
/* What an iterator shows, to be read and not put back; doc is empty. 0 or STORE_E_DAMAGED. */
int kit_doc_of(str key, str value, struct kit_doc *doc);
/*
 * The document to be changed: doc->doc is a copy from here on, or a new object where the row is
 * absent. Borrowed; what was borrowed of the document before stays as it was.
 */
json_t *kit_doc_change(struct kit_doc *doc);
/* Writes doc->doc as it is now. */
void kit_doc_put(const struct rows *rows, const struct kit_doc *doc);
const json_t *kit_doc_attributes(const struct kit_doc *doc); /* borrowed */
json_t *kit_doc_change_attributes(struct kit_doc *doc);      /* of kit_doc_change */
/*
 * A part: an attribute whose value is the text of another document, parsed. NULL: it is not there,
 * or no JSON. Borrowed of doc, until kit_doc_deinit.
 */
enum kit_doc_part { KIT_DOC_REDRIVE_POLICY, KIT_DOC_FILTER_POLICY, KIT_DOC_N_PARTS };
const json_t *kit_doc_part(struct kit_doc *doc, enum kit_doc_part part);

/*
 * The request's: the row of that name (or key), newest state, read at the first call of a run.
 * *ret_doc is the request's and stays until it is over. 0, STORE_E_ABSENT or AWS_FAILED.
 */
int kit_doc_use(struct rq *rq, str account, str region, str name, struct kit_doc **ret_doc);
int kit_doc_use_key(struct rq *rq, str key, struct kit_doc **ret_doc);

/* ---- Its policy and its tags ---- */
/* aws_service.tags, for the same ARNs as kit_doc_policy. */
int kit_doc_tags(void *svc, struct rq *rq, str arn, json_t **ret_tags);
/* aws_service.resource_policy, for ARNs of the service itself whose resource is the name. */
int kit_doc_policy(void *svc, struct rq *rq, str arn, const struct policy **ret_policy,
                   str *ret_account);
/* Appends the policy of a resource that has none attached. */
typedef void kit_doc_default_policy(struct buf *out, str arn, str account);
/*
 * A hub port's first step: the row of event->target and whether its policy lets the source do
 * action; otherwise: the policy where none is attached, NULL for a service without one. HUB_OK,
 * HUB_E_DENIED, HUB_E_NO_TARGET or HUB_E_RETRY.
 */
int kit_doc_admit(const struct rows *rows, const struct hub_event *event, const char *service,
                  const char *action, kit_doc_default_policy *otherwise, struct kit_doc *doc);
