#pragma once
/*
 * svc/lambda/level: how much a line of a log matters, as LoggingConfig and the runtimes name it, and
 * which level an event says that it has. Any thread.
 */
#include "base/str.h"

/* By rising weight; a log that has one has all above it. The numbers are those of records (pieces.h). */
enum lambda_level {
    LAMBDA_LEVEL_NONE,
    LAMBDA_TRACE,
    LAMBDA_DEBUG,
    LAMBDA_INFO,
    LAMBDA_WARN,
    LAMBDA_ERROR,
    LAMBDA_FATAL,
};
/* Of a name in any case, Python's WARNING and CRITICAL too. NONE: it names none. */
enum lambda_level lambda_level_of(str name);
/*
 * Of an event: what the member "level" of a JSON object says, INFO where it says nothing that is a
 * level ("Log-level filtering", Lambda developer guide). NONE where the text is no object, or one
 * that carries metrics (EMF): those are never left out. Looks at the text once, without memory.
 */
enum lambda_level lambda_level_of_event(str text);
