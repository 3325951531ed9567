#pragma once
/*
 * daemon/watchdog: the thread that keeps the service manager's patience (daemon/notify). Where no
 * manager listens there is no thread. Calls are the first thread's where they do not say otherwise.
 *
 * starting   while the process works (its processor time or what it reads and writes grows) the
 *            manager is asked for more time: bringing old data up may take long
 * running    the probe is asked, and WATCHDOG=1 follows only where it answers 0 in time
 * ending     the manager is asked for time once, and gets WATCHDOG=1 unasked: that time bounds the end
 */
#include "base/buf.h"
#include "base/err.h"

/*
 * Whether the daemon works, and how it is, in words: 0, or -errno with words. May block: who blocks
 * for long does not work.
 */
typedef int daemon_probe_fn(void *ctx, struct buf *ret_words, struct err *err);

/* Begins, starting. 0 or -errno with words. */
int daemon_watchdog_begin(struct err *err);
/* It is ready: READY=1 was told when this returns. The probe is not called after ending or end. */
void daemon_watchdog_ready(daemon_probe_fn *probe, void *ctx);
/*
 * Around work that the manager is to await: RELOADING=1, and READY=1 again. Nothing but while it is
 * running. Any thread; one at a time.
 */
void daemon_watchdog_reloading(bool begins);
/*
 * It ends: when this returns STOPPING=1 was told, and that the end may take patience_s seconds and
 * a minute. Waits for a probe that is under way, as long as that one takes.
 */
void daemon_watchdog_ending(unsigned patience_s);
/* Ends the thread. Nothing where there is none. */
void daemon_watchdog_end(void);
