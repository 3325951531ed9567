#pragma once
/*
 * audit/code: the code of a function as rules see it: tokens, blocks and calls, one form for Python and
 * JavaScript. It is read by a tokenizer that knows strings, comments, indentation, brackets, regular
 * expressions and template literals; it is never run, and never refused: what cannot be understood is
 * passed over.
 *
 * Everything lives in the audit's arena. Bounds: CODE_MOST_TEXT bytes a text, CODE_MOST_DEPTH brackets.
 */
#include "audit/template.h"

enum { CODE_MOST_TEXT = 1 << 20, CODE_MOST_DEPTH = 200 };

enum code_language { CODE_PYTHON, CODE_JAVASCRIPT };
enum code_token_kind {
    CODE_NAME, /* keywords too */
    CODE_NUMBER,
    CODE_STRING, /* with its prefix and quotes; of one with expressions a piece between them */
    CODE_REGEX,
    CODE_OP,      /* one operator or bracket */
    CODE_NEWLINE, /* Python: the end of a statement */
    CODE_INDENT,
    CODE_DEDENT,
    CODE_END, /* the last token */
};
struct code_token {
    enum code_token_kind kind;
    uint32_t at, len; /* bytes of the text */
    /*
     * The index of the other one: of brackets, of INDENT and DEDENT, of the first and the last piece
     * of a string with expressions; else its own. So "match > i ? match + 1 : i + 1" is behind it.
     */
    uint32_t match;
    uint32_t block; /* the innermost block that it is in; heads are in the block around */
    bool has_holes; /* a piece of a string that has expressions within (f"…{x}", `…${x}`) */
};

enum code_block_kind {
    CODE_MODULE,   /* block 0: all of it */
    CODE_FUNCTION, /* def, lambda; function, method, arrow function */
    CODE_CLASS,
    CODE_LOOP,  /* for, while, do; comprehensions */
    CODE_TRY,   /* try; and what stands before .catch(), or before .then() with two functions */
    CODE_CATCH, /* except, catch, and the function handed to .catch() */
    CODE_FINALLY,
    CODE_IF, /* if, elif, else, switch, match, case; no conditional expressions */
    CODE_WITH,
};
struct code_block {
    enum code_block_kind kind;
    uint32_t parent; /* its block; of the module: 0 */
    /*
     * Its first token: the keyword ("async" of functions too), or where an arrow function's parameters
     * begin. A comprehension's is its "for", which stands behind first.
     */
    uint32_t head;
    uint32_t first, end; /* its body: tokens from first to before end */
    str name;            /* of a function or class, also what a function is given to; else empty */
    bool is_async;
    bool
        is_loop; /* a FUNCTION that is called once per element: of x.map(f), powertools' handlers */
    uint32_t of; /* CATCH, FINALLY: the index of its TRY; else its own */
};
struct code_call {
    /*
     * "s3.get_object", "new GetObjectCommand", "this.s3.send", with "." for "?."; of a[0].b() and
     * f().b() the last part, ".b"; of f()(x) nothing.
     */
    str callee;
    uint32_t token;       /* the first of the callee; without one, the bracket */
    uint32_t open, close; /* its brackets; new X without: both the last of the callee */
    uint32_t block;
    bool is_awaited; /* await f(), and what is awaited through .promise(), .then() behind it */
};
struct audit_code {
    enum code_language language;
    str text;
    const struct code_token *tokens;
    uint32_t n_tokens;
    const struct code_block *blocks;
    uint32_t n_blocks;
    const struct code_call *calls; /* by token */
    uint32_t n_calls;
    uint32_t handler; /* the block of the function that Lambda calls; 0: not found */
    /*
     * Brackets or strings do not end, or too many are open: what is told of it may be wrong, so rules
     * that say that something is missing are silent.
     */
    bool is_damaged;
    const struct audit_code *next; /* the next file of the same function; or NULL */
    const struct code_map *map;    /* for audit_code_pos */
};

/*
 * Reads a text. handler: what follows the last dot of Handler ("handler"). map: made by
 * audit/code_map.h. NULL where it is larger than CODE_MOST_TEXT.
 */
struct audit_code *audit_code_read(struct arena *arena, enum code_language language, str text,
                                   str handler, const struct code_map *map);
/* Where a byte of the code is in the template (or in the file that it comes from). */
struct tmpl_pos audit_code_pos(const struct audit_code *code, uint32_t at);
/* The bytes of a token; what a string says (escapes undone, no quotes); absent for other tokens. */
str audit_code_token(const struct audit_code *code, uint32_t token);
str audit_code_string(struct arena *arena, const struct audit_code *code, uint32_t token);
bool audit_code_is(const struct audit_code *code, uint32_t token, const char *text);
/* Is block within (or the same as) outer? */
bool audit_code_within(const struct audit_code *code, uint32_t block, uint32_t outer);
/*
 * The innermost TRY with a CATCH (or .catch()) whose body the block is in; or, of a function all of
 * whose uses are in one, one of those. 0: none.
 */
uint32_t audit_code_try(const struct audit_code *code, uint32_t block);
/*
 * Is what block does run for each record of the event? In a loop over Records (or over a name that was
 * set from it), or in a function that is called, or handed on, where that is so.
 */
bool audit_code_per_record(const struct audit_code *code, uint32_t block);

/* ---- Calls of AWS ---- */

/*
 * What a call asks of AWS: boto3 clients and resources, @aws-sdk commands, aws-sdk v2 methods; through
 * names that were set before. One request is one call: of client.send(new XCommand()) the send, and new
 * Upload() of lib-storage. False: it asks nothing that is known, or only prepares a request (presigned
 * URLs, getters of paginators).
 */
struct code_aws {
    const char *
        service; /* as boto3 has it: "s3", "dynamodb", "stepfunctions"; "" where only the operation tells */
    const char
        *operation; /* "GetObject", as in IAM; download_file and the like become what they do */
    bool is_write;  /* it changes, sends or starts something */
};
bool audit_code_aws(const struct audit_code *code, const struct code_call *call,
                    struct code_aws *ret);
/*
 * The argument of a name (Bucket=…, {Bucket: …}, **params, a command's), as tokens from *ret_first to
 * before *ret_end; by position where the method has it so; of boto3's resources also what they were
 * made with (TableName of Table(x).put_item()). False: it is not there.
 */
bool audit_code_argument(const struct audit_code *code, const struct code_call *call,
                         const char *name, uint32_t *ret_first, uint32_t *ret_end);
/*
 * Calls fn for each environment variable that the code reads: its name, the token, whether the code
 * has a default, asks whether it is there, or sets it itself. Lambda's own (AWS_REGION) are among them.
 */
void audit_code_each_env(const struct audit_code *code,
                         void (*fn)(void *ctx, str name, uint32_t token, bool has_default),
                         void *ctx);
/* The environment variable that an expression is (directly, or through a name that was set from it); absent: none. */
str audit_code_env_of(const struct audit_code *code, uint32_t first, uint32_t end);
