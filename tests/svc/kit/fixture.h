#pragma once
/* A cloud in which the service "sns" is the test's own: its handlers, the model's documents. */
#include "lib/cloud.h"

#include "aws/model.h"
#include "aws/op.h"
#include "aws/row.h"

static const struct aws_error kit_test_error = {"InvalidParameter", 400, "refused", NULL};
