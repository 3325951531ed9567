#pragma once
/* What the files of the test function share: its few lines of HTTP, and the event. */
#include <stdbool.h>
#include <stddef.h>

extern char event[], id[64]; /* of the invocation under way; NUL-terminated */

int dial(int port); /* a connection to 127.0.0.1; ends the program where there is none */
/* One request on a connection of its own. The status. */
int call(int port, const char *method, const char *path, const char *headers, const char *body,
         size_t n);
bool wants(const char *what); /* the event's "do" */
/* The answer to the invocation; the status that it got. */
int respond(const char *body, size_t n);
void respond_text(const char *body);

/* Does what a hostile event wants, and answers it; false: it is none of them. */
bool hostile(void);

/* testfn_lives.c */
void begin_life(void);
/* INIT says so, of this life. */
bool starts(const char *how);
void leave_complaints(void);
/* As hostile. */
bool lives(void);
