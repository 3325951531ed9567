#pragma once
/* sign/digest: what the files of this room share of a thread's memory. */
#include "sign/sign.h"

/*
 * An empty buffer of the thread's own, for text that is hashed and then of no use. The next call
 * empties it again, and gives back what a very long text has left.
 */
struct buf *sign_scratch(void);
