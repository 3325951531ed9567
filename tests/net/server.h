#pragma once
/*
 * tests/net/server: a server whose paths do what their names say, and a client that speaks bytes.
 *
 *   /echo    end answers 200 with "METHOD target length-of-body"
 *   /early   begin answers 403            /late   body answers 507 at its first piece
 *   /park    end suspends, server_wake() resumes, then answers 200 "woken"
 *   /worked  like /park, but by net_hold
 *   /before  like /park, but net_resume comes before net_suspend
 *   /inside  like /park, but net_resume comes right after net_suspend, in the same callback
 *   /again   is resumed at once and suspends again three times
 *   /hold    begin suspends; answers 403 when woken
 *   /stream  1 MiB by callback            /broken the same, failing in the middle
 *   /close   answers with Connection: close
 *   /silent  never answers                /block  end sleeps until server_unblock()
 *   /longhead has a header of 16,000 bytes in its answer
 *   /head    net_reply_head(1234)         /headers answers with the request's headers, one a line
 */
#include "base/buf.h"
#include "net/net.h"

#include <semaphore.h>
#include <stdatomic.h>

enum { STREAM_SIZE = 1024 * 1024 };

struct server {
    struct net *net;
    uint16_t port;
    atomic_int begun, ended, done, released;
    pthread_mutex_t lock;
    struct net_req *parked[64];
    atomic_int n_parked;
    sem_t block;
    atomic_int blocked;
};

/* options may be NULL. */
void server_start(struct server *s, const struct net_options *options);
void server_stop(struct server *s, unsigned ms);
struct net_app server_app(struct server *s);
/* Waits until n requests are parked, then resumes them all. */
void server_wait_parked(struct server *s, int n);
void server_wake(struct server *s);
/* Spins (politely) until *counter is at least n; fails the test after ten seconds. */
void wait_for(atomic_int *counter, int n);

/* ---- The client ---- */
int client_connect(uint16_t port);
void client_send(int fd, str bytes);
/* Waits until the server, in this process, has taken what was sent out of its socket. */
void client_wait_read(int fd);
#define SEND(fd, lit) client_send((fd), S(lit))
/*
 * One answer into *ret (head and body as announced by Content-Length; for_head: no body). Returns
 * its status, 0 when the connection ended before an answer.
 */
int client_answer(int fd, struct buf *ret, bool for_head);
/* Sends, reads one answer, returns the status; the body must be `want` unless NULL. */
int client_ask(int fd, const char *bytes, const char *want);
/* True when the server has closed the connection. */
bool client_is_closed(int fd);
