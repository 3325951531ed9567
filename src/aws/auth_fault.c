/*
 * aws/auth_fault: the rows of auth_fault.h: each fault's code, status and text in the words of S3,
 * the query services and the JSON services.
 */
#include "aws/auth_fault.h"

#define CORAL "com.amazon.coral.service#"
#define MISMATCH                                                                                   \
    "The request signature we calculated does not match the signature you provided. Check your "   \
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
#define BAD_TOKEN "The security token included in the request is invalid"
#define OLD_TOKEN "The security token included in the request is expired"
#define NO_TOKEN  "Request is missing Authentication Token"
#define INTERNAL  "We encountered an internal error. Please try again."
/*
 * A row in S3's words, the query services', and json's, which is 400 in json and 403 in rest-json.
 */
#define SAY(s3_code, s3_status, s3_text, q_code, q_status, q_text, j_code, j_text)                 \
    {                                                                                              \
        [AWS_DIALECT_S3] = {s3_code, s3_status, s3_text, NULL},                                    \
        [AWS_DIALECT_QUERY] = {q_code, q_status, q_text, NULL},                                    \
        [AWS_DIALECT_JSON] = {j_code, 400, j_text, CORAL},                                         \
        [AWS_DIALECT_REST_JSON] = {j_code, 403, j_text, NULL},                                     \
    }
/* The codes that most have outside S3, with one text in all of them. */
#define INCOMPLETE(s3_code, s3_status, s3_text, text)                                              \
    SAY(s3_code, s3_status, s3_text, "IncompleteSignature", 400, text,                             \
        "IncompleteSignatureException", text)
#define NO_MATCH(s3_code, s3_status, s3_text, text)                                                \
    SAY(s3_code, s3_status, s3_text, "SignatureDoesNotMatch", 403, text,                           \
        "InvalidSignatureException", text)

static const struct aws_error rows[AUTH_N_FAULTS][4] = {
    [AUTH_FAULT_NO_TOKEN] = SAY("AccessDenied", 403, "Access Denied", "MissingAuthenticationToken",
                                403, NO_TOKEN, "MissingAuthenticationTokenException", NO_TOKEN),
    [AUTH_FAULT_NO_KEY] = SAY("InvalidAccessKeyId", 403,
                              "The AWS Access Key Id you provided does not exist in our records.",
                              "InvalidClientTokenId", 403, BAD_TOKEN ".",
                              "UnrecognizedClientException", BAD_TOKEN "."),
    [AUTH_FAULT_BAD_TOKEN] = SAY(
        "InvalidToken", 400, "The provided token is malformed or otherwise invalid.",
        "InvalidClientTokenId", 403, BAD_TOKEN ".", "UnrecognizedClientException", BAD_TOKEN "."),
    [AUTH_FAULT_EXPIRED_TOKEN] =
        SAY("ExpiredToken", 400, "The provided token has expired.", "ExpiredToken", 403, OLD_TOKEN,
            "ExpiredTokenException", OLD_TOKEN),
    [AUTH_FAULT_SIGNATURE] =
        NO_MATCH("SignatureDoesNotMatch", 403,
                 "The request signature we calculated does not match the signature you provided. "
                 "Check your key and signing method.",
                 MISMATCH),
    [AUTH_FAULT_SKEW] =
        NO_MATCH("RequestTimeTooSkewed", 403,
                 "The difference between the request time and the current time is too large.",
                 "Signature expired"),
    [AUTH_FAULT_NOT_YET] =
        NO_MATCH("AccessDenied", 403, "Request is not valid yet", "Signature not yet current"),
    [AUTH_FAULT_EXPIRED] =
        NO_MATCH("AccessDenied", 403, "Request has expired", "Signature expired"),
    [AUTH_FAULT_HEADER] = INCOMPLETE("AuthorizationHeaderMalformed", 400,
                                     "The authorization header that you provided is not valid.",
                                     "The request signature does not conform to AWS standards"),
    [AUTH_FAULT_QUERY] = INCOMPLETE(
        "AuthorizationQueryParametersError", 400,
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
        "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        "The request signature does not conform to AWS standards"),
    [AUTH_FAULT_V2_QUERY] = SAY(
        "AccessDenied", 403,
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
        "MissingAuthenticationToken", 403, "Request is missing Authentication Token",
        "MissingAuthenticationTokenException", "Missing Authentication Token"),
    [AUTH_FAULT_MECHANISM] = INCOMPLETE(
        "InvalidRequest", 400,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        "The request signature does not conform to AWS standards"),
    [AUTH_FAULT_TWO_MECHANISMS] = NO_MATCH(
        "InvalidArgument", 400,
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
        "string parameter or the Authorization header should be specified",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."),
    [AUTH_FAULT_TWICE] = INCOMPLETE(
        "InvalidRequest", 400,
        "The query string says something twice, or in a form that can be read in two ways",
        "The query string says something twice, or in a form that can be read in two ways"),
    [AUTH_FAULT_NO_DATE] = INCOMPLETE(
        "AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header",
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."),
    [AUTH_FAULT_UNSIGNED_HEADER] = NO_MATCH(
        "AccessDenied", 403, "There were headers present in the request which were not signed",
        "There were headers present in the request which were not signed"),
    [AUTH_FAULT_NO_HASH] = INCOMPLETE(
        "InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256",
        "Missing x-amz-content-sha256"),
    [AUTH_FAULT_BAD_HASH] = NO_MATCH(
        "InvalidArgument", 400,
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
        "or a valid sha256 value.",
        "x-amz-content-sha256 must be a valid sha256 value."),
    [AUTH_FAULT_INTERNAL] =
        {
            [AWS_DIALECT_S3] = {"InternalError", 500, INTERNAL, NULL},
            [AWS_DIALECT_QUERY] = {"InternalFailure", 500, INTERNAL, NULL},
            [AWS_DIALECT_JSON] = {"InternalFailure", 500, INTERNAL, CORAL},
            [AWS_DIALECT_REST_JSON] = {"InternalFailure", 500, INTERNAL, NULL},
        },
};

static int fail(struct aws_wire_fault *fault, struct arena *arena, const struct aws_error *row,
                const char *fmt, va_list args) {
    *fault = (struct aws_wire_fault){.error = row, .message = str_c(row->text)};
    if (fmt)
        fault->message = arena_vprintf(arena, fmt, args);
    return AWS_FAILED;
}

int auth_fault(struct aws_wire_fault *fault, struct arena *arena, enum aws_dialect dialect,
               enum auth_fault what, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fail(fault, arena, &rows[what][dialect], fmt, args);
    va_end(args);
    return AWS_FAILED;
}

int auth_fault_row(struct aws_wire_fault *fault, struct arena *arena, const struct aws_error *row,
                   const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fail(fault, arena, row, fmt, args);
    va_end(args);
    return AWS_FAILED;
}

void auth_fault_detail(struct aws_wire_fault *fault, const char *name, str value) {
    if (fault->n_details < AWS_FAULT_DETAILS)
        fault->details[fault->n_details++] = (struct aws_wire_detail){name, value};
}
