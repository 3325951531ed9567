#pragma once
/*
 * daemon/signals: what ends the daemon, and what makes it open its log anew.
 *
 * SIGTERM ends it, and SIGINT unless it was ignored at the start (a shell does so for what a script
 * runs in the background). SIGHUP, in this order: with a log file of our own it opens that file
 * anew, and rereads the settings; where it was ignored at the start (nohup) it stays ignored; where
 * stderr is a terminal, that one is gone, and the daemon ends; else it rereads the settings.
 */

/*
 * First of all. To process 1, as which a container starts us, the kernel delivers no signal that has its
 * default effect: there SIGTERM and SIGINT get a handler that has it, for the time before
 * daemon_signals_begin and for the second one at the end.
 */
void daemon_signals_first(void);
/* Before any thread is made, so that each inherits what is blocked; after the log has its file. */
void daemon_signals_begin(void);
/*
 * The first thread's wait for the end. A signal that ends the daemon comes back with its default
 * effect: the second one ends the process at once. Also writes what the log has to tell late. reload
 * rereads the settings, and tells what came of it itself.
 */
void daemon_signals_wait(void (*reload)(void *ctx), void *ctx);
