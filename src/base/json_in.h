#pragma once
/*
 * base/json_in: reads a JSON text from its front to its end, piece by piece, without a tree.
 *
 * It takes a part of what json_parse takes, with the same meaning, and says no to the rest; whoever
 * is told no has json_parse read the text, which finds the words for what is wrong. So these are
 * fast paths beside the tree and never the only reader. A text that ends too early, a string that
 * is not UTF-8, an escape that means nothing: all are false, and the cursor is lost then.
 *
 * Names that come twice are the caller's to refuse, who knows what it has seen; so are numbers,
 * which are not looked at here.
 */
#include "base/arena.h"

struct json_in {
    const char *at, *end;
    struct arena *arena; /* of texts that are not in the text as such */
    bool copies;         /* the text goes before the arena does: every text is copied */
};

/* text and arena are borrowed. */
static inline struct json_in json_in_of(str text, struct arena *arena, bool copies) {
    return (struct json_in){text.p, text.p + text.len, arena, copies};
}

/* Takes that byte, behind white space. */
bool json_in_char(struct json_in *in, char c);
/* true, false, null: behind white space. */
bool json_in_word(struct json_in *in, str word);
/* Nothing but white space is left. */
bool json_in_end(struct json_in *in);
/* A string: a view into the text, or into the arena where it has escapes. */
bool json_in_text(struct json_in *in, str *ret);
/* A member's name and its colon. */
bool json_in_name(struct json_in *in, str *ret);
/* The characters of a number as they stand, for json_parse; not checked. */
bool json_in_number(struct json_in *in, str *ret);

/*
 * Between the values of an array and the members of an object, whose opening byte was taken:
 * whether one follows, what stands between them taken. close: ']' or '}', which is taken too.
 */
enum json_in_next { JSON_IN_NONE, JSON_IN_ONE, JSON_IN_BAD };
enum json_in_next json_in_next(struct json_in *in, char close, bool first);
