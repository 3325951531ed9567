#pragma once
/*
 * aws/model: the API models as static tables. tools/genapi.py writes them (src/aws/model/X.c) from
 * botocore's service models; facts only. Every operation of a service is there by name, method and
 * path; the shapes only for those listed in tools/api-operations.txt.
 *
 * All tables are constant: any thread may read them. Strings are NUL-terminated.
 */
#include "base/str.h"

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
enum api_location { API_IN_BODY, API_IN_URI, API_IN_QUERY, API_IN_HEADER, API_IN_HEADERS, API_IN_STATUS };

enum api_time { API_TIME_DEFAULT, API_TIME_ISO8601, API_TIME_RFC822, API_TIME_UNIX };

enum {
    /* of members */
    API_REQUIRED = 1 << 0,
    API_FLATTENED = 1 << 1,  /* rest-xml and query: no element around the items */
    API_ATTRIBUTE = 1 << 2,  /* xmlAttribute */
    API_STREAMING = 1 << 3,  /* the body itself, never buffered */
    API_TOKEN = 1 << 4,      /* idempotency token: clients fill it in */
    API_LONG_NAME = 1 << 5,  /* wire differs from name */
    /* of shapes */
    API_HAS_MIN = 1 << 0,
    API_HAS_MAX = 1 << 1,
    API_PLAIN = 1 << 2,      /* a document is the same in JSON: no blob, timestamp or rename below */
    API_SENSITIVE = 1 << 3,  /* values stay out of error texts */
    API_UNION = 1 << 4,
    API_LONG = 1 << 5,       /* 64 bits; without it an API_INTEGER has 32 */
    API_ANY_CASE = 1 << 6,   /* enums: letters of either case are taken and answered */
};

struct api_shape;

struct api_member {
    str name; /* in documents, and in JSON and CBOR */
    str wire; /* in XML, query forms, headers, paths and query strings */
    const struct api_shape *shape;
    uint8_t location; /* enum api_location */
    uint8_t flags;
    uint8_t time;     /* enum api_time */
    str xml_prefix, xml_uri; /* xmlNamespace of the element (S3's xsi:type), or absent */
};

/* A compiled regular expression: see aws/pattern.h. */
struct api_pattern {
    const char *text; /* as the model has it, for messages */
    const uint32_t *code;
};

struct api_shape {
    str name;
    uint8_t type;  /* enum api_type */
    uint8_t flags;
    int16_t payload; /* structures: index of the member that is the body, or -1 */
    uint16_t n;      /* members or enum values */
    int64_t min, max;
    const struct api_pattern *pattern;
    const struct api_member *members; /* structures, in the model's order */
    const str *values;                /* strings with an enum */
    const struct api_shape *element;  /* lists: of an item; maps: of a value */
    const struct api_shape *key;      /* maps */
    str element_wire, key_wire;       /* "member" / "key" and "value" where the model says nothing */
};

/* One "key" or "key=value" that the query string must hold for an operation to be meant. */
struct api_query {
    str key, value; /* value absent: any */
};

struct api_op {
    str name;
    str method;
    str path;                       /* "/{Bucket}/{Key+}", "/2015-03-31/functions/{FunctionName}" */
    const struct api_query *query;  /* constants of the template, then required query members */
    uint16_t n_query;
    uint16_t status;                /* of success */
    str required_header;            /* "x-amz-copy-source": the header that tells it from its twin */
    bool modelled;                  /* shapes are there */
    bool older;                     /* a deprecated twin of the same method and path */
    bool checksum_required;         /* S3: Content-MD5 or a flexible checksum must come */
    bool bare_output;               /* rest-xml: the only member is the document's root (GetBucketLocation) */
    const struct api_shape *in, *out; /* NULL: no members */
    str result;                     /* query: the wrapper, "CreateTopicResult"; rest-xml: the root */
};

/* How a modelled error is called: JSON by its shape, query by its code. */
struct api_error {
    str name, code;
    uint16_t status;
    bool sender;
};

enum { API_JSON = 1 << 0, API_QUERY = 1 << 1, API_REST_XML = 1 << 2, API_REST_JSON = 1 << 3, API_CBOR = 1 << 4 };

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
    const struct api_op *ops; /* sorted by name */
    size_t n_ops;
    const struct api_error *errors; /* sorted by name */
    size_t n_errors;
};

extern const struct api_service api_s3, api_dynamodb, api_lambda, api_sns, api_sqs, api_cloudwatch,
    api_logs, api_iam, api_sts, api_cloudformation;
/* All of them, NULL at the end. */
extern const struct api_service *const api_services[];

/* The operation of that exact name, or NULL. */
const struct api_op *api_op_find(const struct api_service *service, str name);
/* The member of that name, or wire name; NULL when the structure has none. */
const struct api_member *api_member_find(const struct api_shape *structure, str name);
const struct api_member *api_member_by_wire(const struct api_shape *structure, str wire);
/* Is it one of the enum's values? */
bool api_enum_has(const struct api_shape *shape, str value);
/* By shape's name, else by the query protocol's code (which several shapes may share: the first). */
const struct api_error *api_error_find(const struct api_service *service, str name_or_code);
