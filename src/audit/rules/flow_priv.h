#pragma once
/*
 * rules/flow: which parts of a function's code run when Lambda calls the handler, and what fails in
 * them without being caught. What the rules over handlers share.
 *
 * A function is followed where it is called by its name, or handed by its name to what calls it once
 * an element (map, forEach, an executor). One that is handed to anything else (a batch processor, a
 * framework) runs, but what catches its errors is not known. Everything lives in the audit's arena; the
 * work is linear in the code.
 */
#include "audit/finding.h"
#include "audit/system.h"

struct audit_flow {
    struct audit_template *t;
    const struct audit_function *function;
    const struct audit_code *code; /* the file that has the handler; not damaged */
    /* By block, of its FUNCTIONs: it runs; what fails in it fails the handler. */
    const bool *reached, *exposed;
    const bool *caught;      /* by block: a TRY that has a CATCH */
    const uint32_t *outer;   /* by call: the call in whose brackets it stands; FLOW_NO_CALL */
    const uint32_t *within;  /* by block: the call in whose brackets its head stands */
    const struct map *names; /* of functions to their struct code_block; as long as fn runs */
};
enum { FLOW_NO_CALL = UINT32_MAX };

/*
 * For each function of the template whose handler is seen in code that is not damaged; image_work: only
 * those that the pipeline runs, not those that serve custom resources alone.
 */
void audit_flow_each(struct audit_template *t, bool image_work,
                     void (*fn)(const struct audit_flow *flow));

/* The FUNCTION that has the block: the handler, or the innermost around it with a name; 0: the module. */
uint32_t audit_flow_owner(const struct audit_flow *flow, uint32_t block);
/* Does the call run when the handler does? Not: code of the module itself. */
bool audit_flow_runs(const struct audit_flow *flow, const struct code_call *call);
/* Would its error fail the handler, as far as can be told? */
bool audit_flow_escapes(const struct audit_flow *flow, const struct code_call *call);
/* Is it in a CATCH or FINALLY of its function? */
bool audit_flow_cleans_up(const struct audit_flow *flow, const struct code_call *call);
/* The function of this code that a call calls; 0: none. */
uint32_t audit_flow_callee(const struct audit_flow *flow, const struct code_call *call);
/* "get_object" of "s3.get_object"; "GetObjectCommand" of "new GetObjectCommand". */
str audit_flow_last(str callee);
/* Is the last part of the callee one of the names (NULL ends them)? */
bool audit_flow_is_one_of(str callee, const char *const *names);

/* What a call does outside of the function. */
enum audit_flow_work {
    FLOW_NOTHING, /* nothing that is known */
    FLOW_PARSES,  /* makes something of bytes that others wrote: fails with them */
    FLOW_READS,   /* of AWS, of the network, of a picture */
    FLOW_WRITES,
};
enum audit_flow_work audit_flow_work(const struct audit_flow *flow, const struct code_call *call);
/* The same of any code, without a handler. */
enum audit_flow_work audit_code_work(const struct audit_code *code, const struct code_call *call);

/* Tells at tokens first to last of a code. */
struct audit_finding *audit_tell_code(struct audit_template *t, const struct audit_rule *rule,
                                      const struct audit_function *function,
                                      const struct audit_code *code, uint32_t first, uint32_t last,
                                      const char *fmt, ...) PRINTF_LIKE(7, 8);
/* What a call calls, for a message: "s3.get_object"; of client.send(new GetObjectCommand()) "GetObject". */
str audit_code_callee(struct arena *arena, const struct audit_code *code,
                      const struct code_call *call);
/* Where a function is named (or begins): a token. */
uint32_t audit_code_name_of(const struct audit_code *code, uint32_t block);

/* ---- Small questions about tokens ---- */

/* The first call, and the first block's body, that does not begin before a token; n_calls, n_blocks: none. */
uint32_t audit_code_call_at(const struct audit_code *code, uint32_t token);
uint32_t audit_code_block_at(const struct audit_code *code, uint32_t token);

/* A NAME or a STRING (its inside) that is text; letters without case where nocase. */
bool audit_code_says(const struct audit_code *code, uint32_t token, const char *text);
/* Is there a NAME or STRING that contains the text, without case, between two tokens? */
bool audit_code_mentions(const struct audit_code *code, uint32_t first, uint32_t end,
                         const char *text);
/* A string's inside, without prefix and quotes, escapes as they are; a name itself; else absent. */
str audit_code_word(const struct audit_code *code, uint32_t token);
/*
 * The parameter by which a function among the arguments gets the error: s3.getObject(p, (err, data) => ...).
 * *ret_used: its body names it. 0: there is none.
 */
uint32_t audit_code_error_parameter(const struct audit_code *code, const struct code_call *call,
                                    bool *ret_used);
/* Does the file take records of S3's events apart (s3 … object … key)? */
bool audit_code_takes_objects(const struct audit_code *code);
