/*
 * aws/errors_of: the expansion of a service's errors.def (rows: aws/error.h). No include guard:
 * each service's errors.h includes it once, after
 *   #define ERRORS(name) S3_##name
 *   #define ERRORS_DEF "svc/s3/errors.def"
 * and gets S3_NoSuchKey and so on, and S3_common, the table for struct aws_service. Its errors.c is
 *   #define ERRORS_DEFINED_HERE
 *   #include "svc/s3/errors.h"
 */
#include "aws/error.h"

#define SAYS(kind, code_, status_, ...)
#ifdef ERRORS_DEFINED_HERE
#define ERR(code_, status_, ...)                                                                   \
    const struct aws_error ERRORS(code_) = {.code = #code_, .status = status_, .text = __VA_ARGS__};
#else
#define ERR(code_, status_, ...) extern const struct aws_error ERRORS(code_);
#endif
#include ERRORS_DEF
#undef ERR
#undef SAYS

/* rows without a code: as the dialect says */
extern const struct aws_error ERRORS(common)[N_COMMON];
#ifdef ERRORS_DEFINED_HERE
#define ERR(code_, status_, ...)
#define SAYS(kind, code_, status_, ...)                                                            \
    [COMMON_##kind] = {.code = code_, .status = status_, .text = __VA_ARGS__},
const struct aws_error ERRORS(common)[N_COMMON] = {
#include ERRORS_DEF
};
#undef ERR
#undef SAYS
#endif
#undef ERRORS
#undef ERRORS_DEF
