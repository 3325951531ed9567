#pragma once
/*
 * prog/status: how the daemon is, in the words of `calotype status`, made of what GetStatus of the
 * service calotype answers. Each appends to out. Any thread.
 */
#include "base/buf.h"
#include "base/json.h"

/* "ok", or "full: the disk is full" */
void prog_status_state(struct buf *out, const json_t *doc);
/* "full", or "userns: it is not root" */
void prog_status_isolation(struct buf *out, const json_t *doc);
/* "12 GiB free, 256 MiB of it kept free; changes are refused" */
void prog_status_disk(struct buf *out, const json_t *doc);
/* "nothing waits", or "24 invocations, 3 events; the oldest since 2026-11-27T03:40:41.192Z" */
void prog_status_queue(struct buf *out, const json_t *doc);
/* "12.5 GiB": two digits behind a small number. */
void prog_status_size(struct buf *out, int64_t bytes);
/* One line of it all, for a service manager: state, endpoint, isolation, disk, queue. */
void prog_status_line(struct buf *out, const json_t *doc);
