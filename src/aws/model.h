#pragma once
/*
 * aws/model: the API models as static tables. tools/genapi.py writes them (src/aws/model/X.c) from
 * botocore's service models; facts only. Every operation of a service is there by name, method and
 * path; the shapes only for those that have a row (ops.def).
 *
 * All tables are constant: any thread may read them. Strings are NUL-terminated.
 */
#include "base/str.h"

/*
 * Shapes of the models. Botocore's integer and long are one kind here, float and double another:
 * flags tell the width.
 */
enum api_type {
    API_STRUCTURE,
    API_LIST,
    API_MAP,
    API_STRING,
    API_BOOLEAN,
    API_INTEGER, /* integer and long */
    API_DOUBLE,  /* float and double */
    API_TIMESTAMP,
    API_BLOB,
};

/* Where a member travels in the rest protocols. */
enum api_location {
    API_IN_BODY,
    API_IN_URI,
    API_IN_QUERY,
    API_IN_HEADER,
    API_IN_HEADERS,
    API_IN_STATUS
};

/* How a timestamp is written; DEFAULT: as the protocol and place have it. */
enum api_time { API_TIME_DEFAULT, API_TIME_ISO8601, API_TIME_RFC822, API_TIME_UNIX };

enum {
    /* of members */
    API_REQUIRED = 1 << 0,
    API_FLATTENED = 1 << 1, /* rest-xml and query: no element around the items */
    API_ATTRIBUTE = 1 << 2, /* xmlAttribute */
    API_STREAMING = 1 << 3, /* the body itself, never buffered */
    API_TOKEN = 1 << 4,     /* idempotency token: clients fill it in */
    API_LONG_NAME = 1 << 5, /* wire differs from name */
    /* of shapes */
    API_HAS_MIN = 1 << 0,
    API_HAS_MAX = 1 << 1,
    /* a document is the same in JSON: no blob, timestamp or rename below */
    API_PLAIN = 1 << 2,
    API_SENSITIVE = 1 << 3, /* values stay out of error texts */
    API_UNION = 1 << 4,
    API_LONG = 1 << 5,     /* 64 bits; without it an API_INTEGER has 32 */
    API_ANY_CASE = 1 << 6, /* enums: letters of either case are taken and answered */
};

struct api_shape;

/*
 * One member of a structure: what handlers call it, what it is called on the wire, and where it
 * travels.
 */
struct api_member {
    str name; /* in documents, and in JSON and CBOR */
    str wire; /* in XML, query forms, headers, paths and query strings */
    const struct api_shape *shape;
    uint8_t location; /* enum api_location */
    uint8_t flags;
    uint8_t time;            /* enum api_time */
    str xml_prefix, xml_uri; /* xmlNamespace of the element (S3's xsi:type), or absent */
};

/* A compiled regular expression: see aws/pattern.h. */
struct api_pattern {
    const char *text; /* as the model has it, for messages */
    const uint32_t *code;
};

/* The type of a value. Which fields mean something follows from `type`; the others are zero. */
struct api_shape {
    str name;
    uint8_t type; /* enum api_type */
    uint8_t flags;
    int16_t payload; /* structures: index of the member that is the body, or -1 */
    uint16_t n;      /* members or enum values */
    int64_t min, max;
    const struct api_pattern *pattern;
    const struct api_member *members; /* structures, in the model's order */
    const str *values;                /* strings with an enum */
    const struct api_shape *element;  /* lists: of an item; maps: of a value */
    const struct api_shape *key;      /* maps */
    /* "member" / "key" and "value" where the model says nothing */
    str element_wire, key_wire;
};

/* One "key" or "key=value" that the query string must hold for an operation to be meant. */
struct api_query {
    str key, value; /* value absent: any */
};

/* One operation: how it is asked for in each protocol, and the shapes of its input and answer. */
struct api_op {
    str name;
    str method;
    /* "/{Bucket}/{Key+}", "/2015-03-31/functions/{FunctionName}" */
    str path;
    const struct api_query *query; /* constants of the template, then required query members */
    uint16_t n_query;
    uint16_t status; /* of success */
    /* "x-amz-copy-source": the header that tells it from its twin */
    str required_header;
    bool modelled;     /* shapes are there */
    bool unsigned_too; /* clients send it without a signature: what it holds proves who calls */
    bool older;        /* a deprecated twin of the same method and path */
    /* x-amz-checksum-* headers describe something else than the body */
    bool foreign_checksum;
    uint64_t max_body; /* of the wire; 0: the service's */
    /* rest-xml: the only member is the document's root (GetBucketLocation) */
    bool bare_output;
    const struct api_shape *in, *out; /* NULL: no members */
    /* query: the wrapper, "CreateTopicResult"; rest-xml: the root */
    str result;
};

/* How a modelled error is called: JSON by its shape, query by its code. */
struct api_error {
    str name, code;
    uint16_t status;
    bool sender;
};

/* How a service spells the errors that aws itself answers. */
enum aws_dialect {
    /* rest-xml: InvalidAccessKeyId, RequestTimeTooSkewed, AuthorizationHeaderMalformed */
    AWS_DIALECT_S3,
    /* query services: InvalidClientTokenId, IncompleteSignature, SignatureDoesNotMatch 403 */
    AWS_DIALECT_QUERY,
    /* json 1.0/1.1: UnrecognizedClientException 400, InvalidSignatureException 400 */
    AWS_DIALECT_JSON,
    AWS_DIALECT_REST_JSON, /* Lambda: the same codes as json, with 403 */
    AWS_N_DIALECTS
};

enum {
    API_JSON = 1 << 0,
    API_QUERY = 1 << 1,
    API_REST_XML = 1 << 2,
    API_REST_JSON = 1 << 3,
    API_CBOR = 1 << 4
};

/*
 * One service, as its model and its traits describe it. Fixed texts that do not apply are absent.
 */
struct api_service {
    str name;          /* "s3", "cloudwatch": our name and the IAM prefix's room */
    str endpoint;      /* endpoint prefix: "monitoring" */
    str signing_name;  /* in credential scopes */
    str target_prefix; /* X-Amz-Target: "DynamoDB_20120810"; or absent */
    str json_version;  /* "1.0"; or absent */
    str version;       /* "2010-03-31": a query form's Version */
    str xml_namespace; /* of answers; or absent */
    uint8_t protocols;
    bool query_compatible; /* errors carry x-amzn-query-error */
    /* Traits: what the models do not say (TRAITS in tools/genapi.py, with the sources). */
    uint8_t index;   /* in api_services */
    uint8_t dialect; /* enum aws_dialect */
    bool crc32;      /* answers carry x-amz-crc32 */
    /* bodies may come with Content-Encoding: gzip; elsewhere that is the object's */
    bool gzip;
    /* a path's first part may stand in the host instead; all behind it is one label */
    bool bucket_hosts;
    uint64_t max_body;     /* of operations that do not say; 0: the cloud's */
    str error_prefix;      /* in __type, before the code: "com.amazonaws.sqs#"; or absent */
    str request_id_header; /* "x-amzn-RequestId" */
    str host_id_header;    /* "x-amz-id-2"; or absent */
    /* what a POST of multipart/form-data means: no operation of the model; or absent */
    str form_upload;
    /* the member that the URL of a form stands for ("QueueUrl"); or absent */
    str url_member;
    /* refused in operations that have no such member, where others are passed over; or absent */
    str strict_header;
    /* prefix of the condition keys about the signature ("s3": s3:authType); or absent */
    str signature_keys;
    const struct api_op *ops; /* sorted by name */
    size_t n_ops;
    const struct api_error *errors; /* sorted by name */
    size_t n_errors;
};

/* All services, NULL at the end, each at its `index`; and api_s3, api_dynamodb, … by name. */
extern const struct api_service *const api_services[];
#include "aws/model/services.h"
/*
 * What a request without any sign of its service means: as such, a form, a path that begins with a
 * date.
 */
extern const struct api_service *const api_default, *const api_default_form,
                                                        *const api_default_dated;

/* The operation of that exact name, or NULL. */
const struct api_op *api_op_find(const struct api_service *service, str name);
/* The member of that name, or wire name; NULL when the structure has none. */
const struct api_member *api_member_find(const struct api_shape *structure, str name);
const struct api_member *api_member_by_wire(const struct api_shape *structure, str wire);
/* Is it one of the enum's values? */
bool api_enum_has(const struct api_shape *shape, str value);
/*
 * By shape's name, else by the query protocol's code (which several shapes may share: the first).
 */
const struct api_error *api_error_find(const struct api_service *service, str name_or_code);
