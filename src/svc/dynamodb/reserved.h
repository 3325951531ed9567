#pragma once
/*
 * dynamodb/reserved: words that an expression may not use as attribute names without a
 * #placeholder.
 */
#include "base/str.h"

bool ddb_is_reserved(str word); /* without case */
