#pragma once
/* rules/logging: which calls write to the log, and how. */
#include "audit/rules/flow_priv.h"

enum audit_log_form {
    LOG_NONE,   /* the call logs nothing */
    LOG_FIXED,  /* words that are the same each time */
    LOG_TEXT,   /* words with something of this event in them */
    LOG_EVENT,  /* the event as it came, as JSON */
    LOG_FIELDS, /* JSON or an object: names and values */
    LOG_OTHERS, /* a library's: it decides */
};
enum audit_log_form audit_log_form(const struct audit_code *code, const struct code_call *call);
/* print and process.stdout.write: what Lambda's JSON format leaves as it is. */
bool audit_log_is_raw(const struct audit_code *code, const struct code_call *call);
/* Does any file of the code name a library or a formatter that writes JSON? */
bool audit_log_is_structured(const struct audit_code *code);
