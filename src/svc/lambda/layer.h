#pragma once
/*
 * svc/lambda/layer: layers and their versions: names, rows, and the layers of a function.
 *
 * A version is one row in STORE_META, which owns the blob of its zip; the layer's own row remembers
 * the last number that was given, for none is given twice (docs/formats/lambda.md). A version that
 * is deleted keeps row and blob, hidden, as long as a function has it: "Your functions can continue
 * to use any layer version that you've already added, even after that layer version has been
 * deleted" ("Adding layers to functions", Lambda Developer Guide). Since nobody can be given it any
 * more, its users only become fewer; lambda_layers_sweep removes what has none.
 *
 * Any thread. Texts are as AWS words them, where it is known from its answers how.
 */
#include "aws/row.h"
#include "aws/rq.h"
#include "base/buf.h"
#include "base/json.h"
#include "svc/lambda/fn.h"

struct lambda_svc;
struct lambda_package;

enum { LAMBDA_LAYERS_MOST = 5 }; /* of one function, "Lambda quotas" */

/* ---- layer.c: names and rows ---- */
struct lambda_layer {
    str account, region, name; /* views */
    int64_t version;           /* 0: the layer itself */
};
/*
 * NAME, or the ARN of a layer or of a version of one. False: none of these. account and region fill
 * in what a name leaves out.
 */
bool lambda_layer_parse(str text, str account, str region, struct lambda_layer *ret);
/* arn:aws:lambda:REGION:ACCOUNT:layer:NAME, with :VERSION where it has one. Appends. */
void lambda_layer_arn(const struct lambda_layer *layer, struct buf *out);
/* Key of the version's row; without a version, of the layer's own. Clears key first. */
void lambda_layer_key(const struct lambda_layer *layer, struct buf *key);
/* The number in a version's key, where its name has been taken. */
int64_t lambda_layer_take_version(struct cur *key);
/* What the keys of versions begin with: of one layer, or, name absent, of a region's. */
void lambda_layer_prefix(str account, str region, str name, struct buf *prefix);

/* The layer, or version, that a request is about: LayerName and VersionNumber, or Arn. 0, AWS_FAILED. */
int lambda_rq_layer(struct rq *rq, struct lambda_layer *ret);
/*
 * The version's row, parsed: row_get. 0 with a new reference, STORE_E_ABSENT where there is none or
 * it is deleted, STORE_E_DAMAGED, -errno.
 */
int lambda_layer_get(const struct rows *rows, const struct lambda_layer *layer, struct row *row,
                     json_t **ret_doc);
/* … in a handler: 0, STORE_E_ABSENT or AWS_FAILED. */
int lambda_rq_layer_get(struct rq *rq, const struct lambda_layer *layer, struct row *row,
                        json_t **ret_doc);

/* ---- layer_use.c: the layers of a function ---- */
/*
 * Layers of the request, where it has them: checks them and puts them into the function's row:
 * Config.Layers, and Layers with the name of their folder. 0 or AWS_FAILED.
 */
int lambda_layers_apply(struct rq *rq, const struct lambda_name *name, json_t *doc);
/*
 * The function's code and its layers together are within the limit of unpacked bytes. package: the
 * code that it is about to have; NULL: what its row has, which says afterwards how large that is. 0
 * or AWS_FAILED.
 */
int lambda_layers_check_size(struct rq *rq, json_t *doc, const struct lambda_package *package);
/*
 * The name of the folder under DATA/functions with what its layers hold together, NUL-terminated, a
 * view into the row; absent: it has no layers.
 */
str lambda_layers_dir(const json_t *doc);
/* Makes that folder, unless it is there; the caller has pinned it. As lambda_code_unpack. */
int lambda_layers_unpack(struct lambda_svc *svc, const struct lambda_fn *fn, struct err *err);
/* Removes the deleted versions that no function has. By the code's timer alone; blocks. */
void lambda_layers_sweep(struct lambda_svc *svc);
