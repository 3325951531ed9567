#pragma once
/*
 * fn/store: the derivatives of one record on their way into their bucket, each by a thread of its
 * own, while the worker makes the next. The key has the event's sequencer, which keeps two events of
 * one object apart (docs/decisions/0002-derivatives-carry-the-sequencer.md).
 *
 * A store belongs to the record's thread; only the uploads are others'.
 */
#include "fn/item.h"
#include "fn/processor.h"
#include "fn/spans.h"

struct fn_store;
struct fn_store *fn_store_new(const struct fn_context *context, const struct fn_record *record);
/*
 * Uploads one; takes its bytes. Waits while more than a few dozen MB are on their way. Each wish
 * comes at most once.
 */
void fn_store_take(struct fn_store *store, const struct imgjob_derivative *derivative,
                   struct buf *bytes);
/*
 * Waits for all; adds to io_stored (of IMGJOB_MAX_DERIVATIVES), by wish, what is there, and to spans
 * what each took. 0, or -EIO with the words of the first that was refused.
 */
int fn_store_wait(struct fn_store *store, struct fn_stored *io_stored, struct fn_spans *spans,
                  struct err *err);
/* Waits; what was uploaded stays. */
struct fn_store *fn_store_free(struct fn_store *store);
DEFINE_FREEP(fn_store)

/* Deletes one derivative by its key. False: it stays, why says why. */
bool fn_store_delete(const struct fn_context *context, str key, struct err *why);
