#pragma once
/* audit/rules/words: the words that a name is made of: as a sentence, and asked for one by one. */
#include "base/buf.h"

/* "MaxImageSizeMB" is "Max image size MB"; "db_password" is "Db password". */
void audit_words(struct buf *out, str name);
/* Is one of the name's words in a list with spaces between? Without case. */
bool audit_words_any(str name, const char *list);
/* Is its last word? */
bool audit_words_last(str name, const char *list);
