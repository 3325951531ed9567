#pragma once
/*
 * aws/codec: between the bytes of a protocol and the documents of aws/rq.h, driven by the API
 * model.
 *
 * Decoders answer 0 and a new document, or AWS_E_MALFORMED with a sentence in err; they check types
 * and form, not the model's constraints (validate.c does). Members that the model does not have are
 * left out, as AWS does. All have limits: CODEC_DEPTH levels, CODEC_PARTS parts of a form or
 * document; the size of a body is limited before it gets here. Pure; any thread.
 */
#include "aws/model.h"
#include "aws/take.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/outcomes.h"

enum { AWS_E_MALFORMED = OUTCOMES_AWS_CODEC, AWS_E_TOO_LARGE };
enum { CODEC_DEPTH = 160, CODEC_PARTS = 400000 };

/* ---- Scalars as text: headers, query strings, forms, XML ---- */
/*
 * A new reference; NULL and err when text does not fit the shape. fallback: the format where the
 * model names none.
 */
json_t *wire_scalar_in(const struct api_shape *shape, str text, enum api_time time,
                       enum api_time fallback, struct err *err);
/* Appends the text of a scalar; a value of another type than the shape's adds nothing. */
void wire_scalar_out(const struct api_shape *shape, const json_t *value, enum api_time time,
                     enum api_time fallback, struct buf *out);
/* Epoch seconds as documents hold them: an integer where there is no fraction. */
json_t *wire_time_value(int64_t epoch_ms);

/* ---- JSON (1.0, 1.1 and rest-json bodies) ---- */
/* Members that do not travel in the body are left out. shape may be NULL. */
int wire_json_in(const struct api_shape *shape, str body, json_t **ret_doc, struct err *err);
/*
 * The same in one pass, with the model's constraints checked too, for bodies that have nothing odd:
 * true and a document for which wire_json_in answers the same, and aws_validate nothing; false: not
 * taken, wire_json_in is to read it. in: the body. takes: the service's, or NULL.
 */
bool wire_json_read(const struct api_shape *shape, struct json_in *in, const struct aws_take *takes,
                    json_t **ret_doc);
/* Is the value of the scalar's JSON type, in its range? */
bool wire_scalar_fits(const struct api_shape *shape, const json_t *value);
/* A document from inside (aws_call): members of every location; changed in place. */
int wire_document_check(const struct api_shape *shape, json_t *doc, struct err *err);
/* Appends a document as a JSON body: blobs, times and names as the model has them. */
void wire_json_out(const struct api_shape *shape, const json_t *doc, struct buf *out);

/* ---- CBOR (smithy rpc-v2): the same documents; blobs are byte strings, times tag 1 ---- */
int wire_cbor_in(const struct api_shape *shape, str body, json_t **ret_doc, struct err *err);
void wire_cbor_out(const struct api_shape *shape, const json_t *doc, struct buf *out);
/* {"__type": type, "message": message} */
void wire_cbor_error(str type, str message, struct buf *out);

/* ---- Forms (query protocol) and query strings ---- */
struct codec_param {
    str key, value; /* decoded, NUL-terminated, in the arena; value empty without '=' */
    bool has_value;
};
/*
 * "a=b&c=d": 0, or AWS_E_MALFORMED for a wrong % sequence or too many parts. plus: '+' is a space.
 */
int wire_params(struct arena *arena, str text, bool plus, struct codec_param **ret_params,
                size_t *ret_n, struct err *err);
/* params are sorted in place. */
int wire_query_in(const struct api_shape *shape, struct codec_param *params, size_t n,
                  json_t **ret_doc, struct err *err);

/* ---- XML ---- */
int wire_xml_in(const struct api_shape *shape, str body, json_t **ret_doc, struct err *err);
struct items;
/*
 * <?xml…?><root xmlns="ns">members</root>; members of other locations are left out. written: the
 * document's lists that have been written already (aws/items.h), or NULL.
 */
void wire_xml_out(const struct api_shape *shape, const json_t *doc, const struct items *written,
                  str root, str ns, struct buf *out);
/* The whole answer of a query operation. */
void wire_query_out(const struct api_service *api, const struct api_op *op, const json_t *doc,
                    const struct items *written, str request_id, struct buf *out);
void wire_xml_open(struct buf *out, str name);              /* <name> */
void wire_xml_close(struct buf *out, str name);             /* </name> */
void wire_xml_text(struct buf *out, str text);              /* escaped */
void wire_xml_element(struct buf *out, str name, str text); /* <name>text</name> */
