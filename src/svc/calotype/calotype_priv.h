#pragma once
/* svc/calotype, inside the room. */
#include "svc/calotype/calotype.h"

/* Constant after calotype_open: any thread. */
struct calotype_svc {
    struct calotype_options options;
};

#define KIT_OPS    "svc/calotype/ops.def"
#define KIT_PREFIX calotype
#include "svc/kit/op_handlers.h"
