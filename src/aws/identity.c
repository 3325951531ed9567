/* aws/identity: releases an identity and the policies it holds. */
#include "aws/identity.h"

#include <stdatomic.h>

struct aws_identity *aws_identity_free(struct aws_identity *id) {
    if (id && atomic_fetch_sub(&id->refs, 1) == 1)
        id->free_data(id);
    return NULL;
}
