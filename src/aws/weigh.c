/*
 * What a body will cost as a document, before it is one. A JSON text of 8 MiB that is nothing but
 * "[]," becomes three million arrays, 400 MB; so large bodies are weighed by what they hold and
 * counted as decoded (aws/bodies.h). Forms and XML have limits of their own on parameters and nodes
 * (codec_query.c, xml.c).
 */
#include "aws/aws_priv.h"

/*
 * Bytes of memory, measured with jansson 2.14 and glibc's malloc: an object with its first table,
 * an array with its first slots, and what each further value or member takes.
 */
enum { OBJECT = 288, ARRAY = 112, VALUE = 56 };
/* Copies of the text itself: as received, while a string is read, in the document, decoded. */
enum { COPIES = 4 };
/* Smaller ones are not weighed: as many as there are threads cost little together. */
enum { WEIGHED = 64 * 1024 };

static uint64_t weigh_json(str text) {
    uint64_t cost = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string)
            cost += c == '{' ? OBJECT : c == '[' ? ARRAY : c == ',' ? VALUE : 0;
    }
    return cost;
}

/* Heads of arrays and maps (RFC 8949, 3.1) are told by their byte; some data look the same. */
static uint64_t weigh_cbor(str bytes) {
    uint64_t cost = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned major = (unsigned char)bytes.p[i] >> 5;
        cost += major == 5 ? OBJECT : major == 4 ? ARRAY : 0;
    }
    return cost;
}

static uint64_t weigh(enum aws_protocol protocol, str body) {
    switch (protocol) {
    case PROTOCOL_JSON:
    case PROTOCOL_REST_JSON: return weigh_json(body);
    case PROTOCOL_CBOR: return weigh_cbor(body);
    case PROTOCOL_QUERY:
    case PROTOCOL_REST_XML: break;
    }
    return 0;
}

int aws_weigh(struct rq *rq) {
    str body = rq->payload.bytes;
    if (body.len <= WEIGHED)
        return 0;
    uint64_t cost = weigh(rq->priv->route.protocol, body) + COPIES * body.len;
    int r = aws_held_count_decoded(&rq->priv->held, cost);
    return r ? aws_fail_held(rq, r) : 0;
}
