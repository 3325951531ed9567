#pragma once
/* audit/rules/words: the words that a logical id is made of, as a sentence. */
#include "base/buf.h"

/* "MaxImageSizeMB" is "Max image size MB"; "db_password" is "Db password". */
void audit_words(struct buf *out, str name);
