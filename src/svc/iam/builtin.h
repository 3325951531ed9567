#pragma once
/*
 * svc/iam, inside the room: AWS's own managed policies. The table is made at build time by
 * tools/managed.py of managed.jsonl, whose facts are AWS's ("AWS managed policy reference"), as moto
 * has them. It is constant and static; what is compiled of it is kept by struct iam_svc.
 */
#include "base/str.h"

#include <stdint.h>

/* One of AWS's own, with its default version alone: what earlier ones said is not in the table. */
struct iam_builtin {
    const char *arn; /* arn:aws:iam::aws:policy/PATH/NAME */
    const char *version, *document;
    size_t document_len;
    int64_t created_s, updated_s; /* of the policy; of this version */
};

extern const struct iam_builtin iam_builtin_table[]; /* by ARN, ascending */
extern const size_t iam_builtin_n;

/* NULL when there is none of that ARN. */
const struct iam_builtin *iam_builtin_find(str arn);
/* Of a service-linked role: AWS has it, and attaches it itself alone. */
bool iam_builtin_is_of_service(str arn);
str iam_builtin_name(const struct iam_builtin *builtin);
str iam_builtin_path(const struct iam_builtin *builtin); /* with both slashes */
static inline str iam_builtin_document(const struct iam_builtin *builtin) {
    return str_n(builtin->document, builtin->document_len);
}
/* Its unique id. AWS's are not in the table: this one is made of the ARN, so that it stays. */
enum { IAM_BUILTIN_ID = 22 };
void iam_builtin_id(const struct iam_builtin *builtin, char out[IAM_BUILTIN_ID]);

struct iam_svc;
struct policy;
/*
 * The compiled document: made when it is first asked for and kept until the service is closed, so
 * that a thousand actions are read once. Any thread. NULL: it is no policy, which a test rules out.
 */
const struct policy *iam_builtin_policy(struct iam_svc *iam, const struct iam_builtin *builtin);
void iam_builtins_free(struct iam_svc *iam);
