/* base/log_recent: a few kinds of errors in memory; a new one takes the place of the oldest. */
#include "base/log_recent.h"

#include "base/clock.h"
#include "base/lock.h"

#include <stdio.h>
#include <stdlib.h>

struct kept {
    const char *kind; /* NULL: free */
    struct log_recent entry;
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept kept[LOG_RECENT]; /* under lock */

static struct kept *place_of(const char *room, const char *kind) {
    struct kept *oldest = &kept[0];
    for (size_t i = 0; i < LOG_RECENT; i++) {
        if (kept[i].kind == kind && strcmp(kept[i].entry.room, room) == 0)
            return &kept[i];
        if (kept[i].entry.last_ms < oldest->entry.last_ms)
            oldest = &kept[i];
    }
    *oldest = (struct kept){.kind = kind};
    return oldest;
}

/* Cut at a whole character. */
static void keep_text(char to[LOG_RECENT_TEXT], str text) {
    size_t n = text.len < LOG_RECENT_TEXT ? text.len : LOG_RECENT_TEXT - 1;
    while (n < text.len && n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    memcpy(to, text.p, n);
    to[n] = '\0';
}

void log_recent_note(const char *room, const char *kind, str text) {
    LOCK_SCOPE(&lock);
    struct log_recent *entry = &place_of(room, kind)->entry;
    entry->last_ms = clock_real_ms();
    if (!entry->count++)
        entry->first_ms = entry->last_ms;
    snprintf(entry->room, sizeof entry->room, "%s", room);
    if (text.p)
        keep_text(entry->text, text);
}

static int newest_first(const void *a, const void *b) {
    const struct log_recent *x = a, *y = b;
    return (x->last_ms < y->last_ms) - (x->last_ms > y->last_ms);
}

size_t log_recent_list(struct log_recent ret[LOG_RECENT]) {
    size_t n = 0;
    LOCK_SCOPE(&lock);
    for (size_t i = 0; i < LOG_RECENT; i++)
        if (kept[i].kind)
            ret[n++] = kept[i].entry;
    qsort(ret, n, sizeof *ret, newest_first);
    return n;
}
