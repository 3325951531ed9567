#pragma once
/*
 * tools/pages: the manual pages and the completions for shells, made of the rows that --help and the
 * command line are read from. A program of the build, which is not installed: it links the tables of
 * both programs, so that what is shipped holds nothing for it. One thread; what is wrong with a
 * table or with the words of a page ends it with a line on stderr, and so the build.
 */
#include "base/buf.h"
#include "prog/verb.h"

/* ---- The verbs ---- */
struct pages_verb {
    const char *name, *summary;
    const struct prog_verb *row; /* that reads the flags: the daemon's for what becomes it */
};
/* In the order in which people are shown them; the rows are static. */
size_t pages_count(void);
struct pages_verb pages_at(size_t i);
bool pages_has(str name);

/* ---- What a shell offers for a value ---- */
enum pages_kind {
    PAGES_NOTHING,
    PAGES_FILES,
    PAGES_FOLDERS,
    PAGES_COMMAND,
    PAGES_PHOTOGRAPHS,
    PAGES_CHOICES
};
enum pages_kind pages_kind_of_flag(const struct prog_flag *flag);
/* Ends the program for an operand that the table of kinds does not know. */
enum pages_kind pages_kind_of_operand(const struct prog_verb *verb);

/* ---- The words of a page ---- */
enum pages_form { PAGES_PARAGRAPH, PAGES_TERM, PAGES_LITERAL };
/* A piece of a page's words; everything is borrowed from the text of the file. */
struct pages_block {
    str section; /* "EXIT STATUS" */
    enum pages_form form;
    str term; /* of a term: "--data", "1", "CALOTYPE_DATA" */
    str text; /* lines, still with their indent */
};
struct pages_words {
    struct buf text;
    struct pages_block *blocks;
    size_t n;
};
/*
 * Both append to words, which is zeroed before the first: the blocks of a file tools/pages/words/NAME,
 * and of a text that lives on and belongs into one section. A line of capitals before an empty one is
 * a section. A line followed by indented ones is a term; indented lines behind an empty one are
 * literal; the rest are paragraphs.
 */
void pages_words_read(struct pages_words *words, const char *path);
void pages_words_parse(struct pages_words *words, const char *section, const char *text);
void pages_words_deinit(struct pages_words *words);

/* ---- roff ---- */
/* How text becomes roff: which words of capitals stand for what a user gives, and the prefix. */
struct pages_style {
    struct buf names;   /* " NAME DIR " */
    const char *prefix; /* for @prefix@ */
};
/*
 * Appends text as lines of at most 78 columns, a sentence to a line: `code`, --flags and references
 * to pages in bold, names in italics.
 */
void pages_roff_fill(struct buf *out, const struct pages_style *style, str text);
/* The same without filling: one line of a synopsis or a term. */
void pages_roff_line(struct buf *out, const struct pages_style *style, str text);
/* Lines as they are, without the indent that all have. */
void pages_roff_literal(struct buf *out, str text);

/* ---- What pages share ---- */
struct pages_fact {
    const char *flag;  /* NULL, or: pages of verbs that have this flag */
    const char *verbs; /* NULL, or: of these verbs alone, "up down" */
    const char *section, *term, *text;
};
extern const struct pages_fact pages_codes[], pages_facts[]; /* ended by a row without a term */

/* ---- The outputs ---- */
struct pages_options {
    const char *words, *prefix, *date; /* folder of the words; of the installation; YYYY-MM-DD */
};
/* One page: of a verb, or of the program itself where verb is NULL. */
void pages_man(struct buf *out, const struct pages_options *options, const struct pages_verb *verb);
void pages_bash(struct buf *out);
void pages_zsh(struct buf *out);

/* A line on stderr, and the end. */
void pages_fail(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));
