#pragma once
/* audit/rules/words: the words that a name is made of: as a sentence, and asked for one by one. */
#include "base/buf.h"

/* "MaxImageSizeMB" is "Max image size MB"; "db_password" is "Db password". */
void audit_words(struct buf *out, str name);
/*
 * The next word of a name, from *at on; *at is 0 at first. "uploadTimestamp", "UPLOAD_TIMESTAMP" and
 * "upload-timestamp" have two, in letters as they are written; what stands in ${...} is left out.
 * False: there is none.
 */
bool audit_words_next(str name, size_t *at, str *ret_word);
/* Is one of the name's words in a list with spaces between? Without case. */
bool audit_words_any(str name, const char *list);
/* Is its last word? */
bool audit_words_last(str name, const char *list);
