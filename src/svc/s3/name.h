#pragma once
/* s3/name: which bucket names S3 takes ("Bucket naming rules", S3 user guide). Pure. */
#include "base/str.h"

/*
 * 3 to 63 of a-z, 0-9, '.' and '-', no address, none of the reserved beginnings and ends. Such a
 * name needs no escaping in an ARN, a path or a host name.
 */
bool s3_name_is_valid(str bucket);
