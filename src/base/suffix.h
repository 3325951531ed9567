#pragma once
/*
 * base/suffix: the names that are processed, with the media type of each: one table for the
 * function's guard and for `calotype put`. What is in a file is not looked at. Pure; any thread.
 *
 * The bucket's notification (stack/template.yaml) has a filter for every spelling of each.
 */
#include "base/str.h"

#define SUFFIX_WORDS ".jpg, .jpeg or .png"

/* "image/jpeg" of a/B.Jpg: the end of the name decides, in any case. NULL: it is not processed. */
const char *suffix_media_type(str name);
