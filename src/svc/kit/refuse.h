#pragma once
/*
 * kit/refuse: a refusal as data: a service's error row and a text of its own with words filled in.
 */
#include "aws/rq.h"

/* How a service refuses one thing. Static, as a row of its tables. */
struct kit_refusal {
    const struct aws_error *error; /* NULL: the service lets it pass */
    const char *text;              /* {word} is filled in; NULL: the row's */
};
/* One {name} and what stands for it. */
struct kit_word {
    const char *name;
    str value;
};
/* words end with a name of NULL; NULL: none. Always AWS_FAILED. */
int kit_refuse(struct rq *rq, const struct kit_refusal *refusal, const struct kit_word *words);
