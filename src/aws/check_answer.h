#pragma once
/*
 * aws/check_answer: is an answer what the API model says? For builds with -Dchecks=true (./test):
 * a document that a service hands over is checked before its commit, a JSON body that was put
 * together by hand is checked for members that stand twice. A violation is a defect of ours; it is
 * logged and answered as InternalFailure with its place, so that the test that met it fails.
 *
 * Checked: members that the model does not have, required ones that are missing, null, JSON types,
 * 32 bits, base64, enums, unions. Not checked: lengths, ranges and patterns, which the models of
 * answers name loosely. Where AWS itself answers what its model denies, tools/genapi.py mends the
 * model and names the reason.
 */
#include "aws/model.h"
#include "base/err.h"
#include "base/json.h"

#ifdef CALOTYPE_CHECKS
enum { AWS_CHECKS = 1 };
#else
enum { AWS_CHECKS = 0 };
#endif

/*
 * 0, or -EBADMSG with "Table.KeySchema[0].KeyType: …" in err. shape NULL: no members; doc NULL: an
 * empty document. A payload that travels beside the document (a blob, a stream) is not asked for.
 */
int aws_check_document(const struct api_shape *shape, const json_t *doc, struct err *err);

struct rq;
/* What a handler left in rq->out: 0, or AWS_FAILED with the fault logged and set. */
int aws_check_answer(struct rq *rq);
/* A JSON body as it will be sent; a fault replaces an error that was set before. */
int aws_check_json(struct rq *rq, str body);
/* A body that was written and the one that its document encodes to: the same answer? As above. */
int aws_check_same(struct rq *rq, bool json, str written, str encoded);
