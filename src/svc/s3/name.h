#pragma once
/* s3/name: which bucket names S3 takes ("Bucket naming rules", S3 user guide). Pure. */
#include "base/str.h"

bool s3_name_is_valid(str bucket);
