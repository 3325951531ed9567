#pragma once
/*
 * svc/lambda/runtimes: what a function's Runtime means: one row a runtime, and one of its family.
 *
 * A family says what runs: a program that the function brings, or an interpreter of the host with a
 * start script of ours; and what else differs. A runtime is a row in runtimes.c; no other code asks
 * for a runtime's name. The Handler is text to Lambda: it reaches the program as _HANDLER, and the
 * program refuses what it cannot use with the first invocation, as on AWS.
 *
 * Which interpreter of the machine runs a row, and what that needs to see: interpreters.h.
 */
#include "base/buf.h"
#include "sandbox/sandbox.h"

struct lambda_variable {
    const char *name;
    const char *value; /* "%s" in it is the row's version */
};

struct lambda_family {
    const char *name; /* as people call its rows together: "python3.*" */
    /* What is run, with its NULL: the own program's path inside. Named by errors of a start. */
    const char *entry[2];
    /*
     * The program of a function's own, relative to its code; NULL: the program is the machine's. A
     * static one has its address space limited where memory is only sampled.
     */
    const char *own_program;
    /* ---- NULL where there is an own_program ---- */
    const char *language; /* "Python" */
    const char *option;   /* of `calotype up`, which sets it: "--python" */
    const char *install;  /* the command that brings it */
    const char *program;  /* the file name of any version's: "python3" */
    /* Arguments that have it tell of itself, behind its path; NULL ends (interpreters.c). */
    const char *const *probe;
    /* Its arguments before the start script; NULL: none. NULL ends. */
    const char *const *options;
    /*
     * Options that take MB: the young part of the heap and the old one. NULL: it has none. They are
     * left out where a function chooses one itself, by the variable that heap_own names.
     */
    const char *heap_young, *heap_old, *heap_own;
    const char *start_path;           /* where the start script lies inside */
    const char *start;                /* its text */
    const char *packages;             /* what base/packages.h calls those that AWS's image has */
    const char *packages_at;          /* where their folder becomes visible, or … */
    const char *const *modules;       /* … these of it, in there; NULL: all; NULL ends */
    const struct sandbox_link *links; /* inside NULL ends; NULL: none */
    /* ---- */
    const struct lambda_variable *variables; /* further ones; a NULL name ends */
};

struct lambda_runtime {
    const char *name; /* as the API has it */
    const struct lambda_family *family;
    const char *version; /* what its interpreter's version begins with: "3.11", "20"; or NULL */
    const char *exact;   /* file name of that version's program: "python3.11"; NULL: as others' */
    /*
     * What has it runs on, and nothing is made with it or changed to it: as AWS treats a runtime
     * behind its deprecation.
     */
    bool retired;
};

/* The row of that name; NULL: there is none. Rows last for ever. */
const struct lambda_runtime *lambda_runtime_find(str name);
/* The i-th row, in the order of the table: older versions first; NULL: there are no more. */
const struct lambda_runtime *lambda_runtime_at(size_t i);
/* The i-th family; NULL: there are no more. */
const struct lambda_family *lambda_family_at(size_t i);

/* Folders and files that every interpreter may need: of those that are there; host NULL ends. */
extern const struct sandbox_bind lambda_host_libraries[];
/* Programs that functions call, by their names in LAMBDA_HOST_TOOLS; NULL ends (tools.h). */
extern const char *const lambda_host_tools[];
#define LAMBDA_HOST_TOOLS "/usr/bin"
/* Where an interpreter lies inside, as in AWS's images: its program in bin, its library in lib. */
#define LAMBDA_LANG "/var/lang"
