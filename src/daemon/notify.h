#pragma once
/*
 * daemon/notify: tells the service manager that started us how we are: the datagrams of sd_notify(3),
 * to the socket that NOTIFY_SOCKET names. Without one all of this does nothing. Begin is called by
 * the first thread, the rest by any.
 */
#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment: who is
 * started by us is not the service.
 */
void daemon_notify_begin(void);
/* Whether somebody listens. */
bool daemon_notify_is_on(void);
/* How seldom WATCHDOG=1 may come, in milliseconds; 0: nobody waits for it. */
int64_t daemon_notify_watchdog_ms(void);
/*
 * One datagram: "NAME=value" lines, "READY=1\nSTATUS=…". A text from elsewhere is a %s, and has no
 * line breaks. Waits at most a few seconds for a manager that does not read; never fails.
 */
void daemon_notify(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* STATUS=words, and then more ("READY=1"; "": nothing). Words may hold anything. */
void daemon_notify_status(const char *words, const char *more);
