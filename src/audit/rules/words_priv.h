#pragma once
/*
 * audit/rules/words: names as the words that they are made of: "uploadTimestamp", "UPLOAD_TIMESTAMP"
 * and "upload-timestamp" have the words "upload" and "timestamp". What stands in ${…} is left out.
 */
#include "base/str.h"

/*
 * The next word of a name, from *at on; *at is 0 at first. Its letters are as they are written. False:
 * there is none.
 */
bool words_next(str name, size_t *at, str *ret_word);
/* Is one of the name's words in a list with spaces between? Without case. */
bool words_any(str name, const char *list);
/* Is its last word in the list? */
bool words_last(str name, const char *list);
