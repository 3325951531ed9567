#pragma once
/*
 * daemon/pages: memory that the start has needed, and nothing needs later.
 */

/*
 * Gives back the pages of code and constants that are mapped: what is used again is mapped again
 * when it is (from the kernel's cache, in some 2 µs for 64 KiB), what only the start used is not.
 * Any thread, at any time.
 */
void daemon_pages_give_back(void);
