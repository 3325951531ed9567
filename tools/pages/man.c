/*
 * A manual page: the verb's row, the facts that pages share, and the words of the page, in the order
 * of sections that man-pages(7) gives. The macros are man(7)'s.
 */
#include "base/ascii.h"
#include "tools/pages/pages.h"

#include <stdio.h>

struct page {
    struct buf *out;
    const struct pages_options *options;
    const struct pages_verb *verb; /* NULL: the page of the program */
    struct pages_words words;
    struct pages_style style;
    const char *section; /* under way; nothing was put below it yet where `fresh` */
    bool fresh;
};

/* ---- Pieces ---- */

static void put_section(struct page *p, str section) {
    buf_printf(p->out, ".SH " STR_FMT "\n", STR_ARG(section));
    p->fresh = true;
}

/* A paragraph macro right behind a section's heading would be skipped. */
static void put_break(struct page *p) {
    if (!p->fresh)
        buf_c(p->out, ".PP\n");
    p->fresh = false;
}

static void put_paragraph(struct page *p, str text) {
    put_break(p);
    pages_roff_fill(p->out, &p->style, text);
}

static void put_literal(struct page *p, str text) {
    put_break(p);
    buf_c(p->out, ".in +4n\n.EX\n");
    pages_roff_literal(p->out, text);
    buf_c(p->out, ".EE\n.in\n");
}

/* Each word of the term in bold; names in italics where it is a path. */
static void put_term(struct page *p, str term, bool is_path) {
    buf_c(p->out, ".TP\n");
    if (is_path) {
        pages_roff_line(p->out, &p->style, term);
    } else {
        CLEANUP_DEINIT(buf) struct buf code = {0};
        buf_printf(&code, "`" STR_FMT "`", STR_ARG(term));
        pages_roff_line(p->out, &p->style, buf_view(&code));
    }
    buf_char(p->out, '\n');
    p->fresh = false;
}

static void put_block(struct page *p, const struct pages_block *block) {
    if (block->form == PAGES_PARAGRAPH) {
        put_paragraph(p, block->text);
    } else if (block->form == PAGES_LITERAL) {
        put_literal(p, block->text);
    } else {
        put_term(p, block->term, str_is(block->section, "FILES"));
        pages_roff_fill(p->out, &p->style, block->text);
    }
}

/* All blocks of a section. */
static void put_blocks(struct page *p, const char *section) {
    for (size_t i = 0; i < p->words.n; i++)
        if (str_is(p->words.blocks[i].section, section))
            put_block(p, &p->words.blocks[i]);
}

static const struct pages_block *find_term(const struct page *p, const char *section, str term) {
    for (size_t i = 0; i < p->words.n; i++)
        if (str_is(p->words.blocks[i].section, section) && str_eq(p->words.blocks[i].term, term))
            return &p->words.blocks[i];
    return NULL;
}

/* ---- Sections ---- */

static void put_title(struct page *p) {
    CLEANUP_DEINIT(buf) struct buf name = {0}, shown = {0};
    buf_printf(&name, "calotype%s%s", p->verb ? "-" : "", p->verb ? p->verb->name : "");
    for (size_t i = 0; i < name.len; i++)
        buf_char(&shown, ascii_upper(name.p[i]));
    buf_printf(
        p->out,
        ".\\\" Made by tools/pages from the rows of the verbs.\n.TH %s 1 %s \"Calotype %s\" \"Calotype manual\"\n",
        buf_cstr(&shown), p->options->date, CALOTYPE_VERSION);
    put_section(p, S("NAME"));
    if (p->verb)
        buf_printf(p->out, "calotype\\-%s \\- %s\n", p->verb->name, p->verb->summary);
    else
        buf_c(p->out,
              "calotype \\- AWS APIs on one machine, and a pipeline for photographs on them\n");
}

static void put_usage(struct page *p, const char *command, const char *arguments) {
    buf_printf(p->out, ".SY \"%s\"\n", command);
    if (*arguments) {
        pages_roff_fill(p->out, &p->style, str_c(arguments));
    }
    buf_c(p->out, ".YS\n");
}

static void put_synopsis(struct page *p) {
    put_section(p, S("SYNOPSIS"));
    if (p->verb) {
        CLEANUP_DEINIT(buf) struct buf command = {0};
        buf_printf(&command, "calotype %s", p->verb->name);
        put_usage(p, buf_cstr(&command), p->verb->row->arguments);
    } else {
        put_usage(p, "calotype", "VERB [ARGUMENTS]");
        put_usage(p, "calotype", "`help` [VERB]");
        put_usage(p, "calotype", "--version");
    }
}

/* "how long to wait for the end (60)": what stands in the brackets is the default. */
static void put_help(struct buf *text, const struct prog_flag *flag) {
    str help = str_c(flag->help), standard = STR_NONE;
    ptrdiff_t open = str_ends(help, S(")")) ? str_rchr(help, '(') : -1;
    if (open > 0) {
        standard = str_slice(help, (size_t)open + 1, help.len - 1);
        help = str_trim(str_slice(help, 0, (size_t)open));
    }
    buf_char(text, ascii_upper(help.p[0]));
    buf_printf(text, STR_FMT ".", STR_ARG(str_skip(help, 1)));
    if (flag->kind == FLAG_NUMBER && flag->most < 1 << 20)
        buf_printf(text, " From %u to %u.", flag->least, flag->most);
    else if (flag->kind == FLAG_NUMBER && flag->least)
        buf_printf(text, " At least %u.", flag->least);
    if (standard.len)
        buf_printf(text, " Default: " STR_FMT ".", STR_ARG(standard));
}

static void put_flag(struct page *p, const struct prog_flag *flag) {
    CLEANUP_DEINIT(buf) struct buf term = {0}, text = {0};
    buf_printf(&term, "--%s%s%s", flag->name, flag->value ? " " : "",
               flag->value ? flag->value : "");
    put_term(p, buf_view(&term), true);
    put_help(&text, flag);
    pages_roff_fill(p->out, &p->style, buf_view(&text));
    buf_clear(&term);
    buf_printf(&term, "--%s", flag->name);
    const struct pages_block *more = find_term(p, "OPTIONS", buf_view(&term));
    if (more)
        pages_roff_fill(p->out, &p->style, more->text);
}

static void put_options(struct page *p) {
    put_section(p, S("OPTIONS"));
    for (size_t i = 0; p->verb && i < p->verb->row->n_flags; i++)
        put_flag(p, &p->verb->row->flags[i]);
    put_term(p, S("`-h`, --help"), true);
    buf_c(p->out,
          p->verb ? "Says what the verb does, and which flags it has.\n" : "Lists the verbs.\n");
    if (!p->verb)
        put_blocks(p, "OPTIONS");
}

static void put_verbs(struct page *p) {
    put_section(p, S("VERBS"));
    for (size_t i = 0; i < pages_count(); i++)
        buf_printf(p->out, ".TP\n.BR calotype\\-%s (1)\n%c%s.\n", pages_at(i).name,
                   ascii_upper(pages_at(i).summary[0]), pages_at(i).summary + 1);
    p->fresh = false;
}

/* The sections that only this page has, in the order of its words. */
static void put_own_sections(struct page *p) {
    static const char *const known[] = {"DESCRIPTION", "OPTIONS",  "EXIT STATUS", "ENVIRONMENT",
                                        "FILES",       "EXAMPLES", "SEE ALSO"};
    str last = STR_NONE;
    for (size_t i = 0; i < p->words.n; i++) {
        const struct pages_block *block = &p->words.blocks[i];
        bool is_known = false;
        for (size_t k = 0; k < ARRAY_LEN(known); k++)
            is_known |= str_is(block->section, known[k]);
        if (is_known)
            continue;
        if (!str_eq(last, block->section))
            put_section(p, last = block->section);
        put_block(p, block);
    }
}

/* The codes of all verbs and of this one, in the order of numbers. */
static void put_codes(struct page *p) {
    put_section(p, S("EXIT STATUS"));
    for (unsigned code = 0; code <= PROG_FAILED; code++) {
        char term[8];
        snprintf(term, sizeof term, "%u", code);
        const struct pages_block *own = find_term(p, "EXIT STATUS", str_c(term));
        const char *text = NULL;
        for (size_t i = 0; pages_codes[i].term; i++)
            if (strcmp(pages_codes[i].term, term) == 0)
                text = pages_codes[i].text;
        if (!own && !text)
            continue;
        put_term(p, str_c(term), false);
        pages_roff_fill(p->out, &p->style, own ? own->text : str_c(text));
    }
    for (size_t i = 0; i < p->words.n; i++)
        if (str_is(p->words.blocks[i].section, "EXIT STATUS") && !p->words.blocks[i].term.len)
            put_block(p, &p->words.blocks[i]);
}

/* name is one of the words of list. */
static bool names(const char *list, const char *name) {
    str rest = str_c(list), word;
    while (rest.len) {
        str_cut(rest, ' ', &word, &rest);
        if (str_is(word, name))
            return true;
    }
    return false;
}

static bool is_true_of(const struct pages_fact *fact, const struct pages_verb *verb) {
    if (!verb)
        return false;
    if (fact->flag && !prog_flag_find(verb->row->flags, verb->row->n_flags, str_c(fact->flag)))
        return false;
    return !fact->verbs || names(fact->verbs, verb->name);
}

static bool has_section(const struct page *p, const char *section) {
    for (size_t i = 0; i < p->words.n; i++)
        if (str_is(p->words.blocks[i].section, section))
            return true;
    for (size_t i = 0; pages_facts[i].term; i++)
        if (strcmp(pages_facts[i].section, section) == 0 && is_true_of(&pages_facts[i], p->verb))
            return true;
    return false;
}

/* What pages share, then what is this one's. */
static void put_facts(struct page *p, const char *section) {
    if (!has_section(p, section))
        return;
    put_section(p, str_c(section));
    for (size_t i = 0; pages_facts[i].term; i++) {
        const struct pages_fact *fact = &pages_facts[i];
        if (strcmp(fact->section, section) != 0 || !is_true_of(fact, p->verb))
            continue;
        const struct pages_block block = {str_c(section), PAGES_TERM, str_c(fact->term),
                                          str_c(fact->text)};
        put_block(p, &block);
    }
    put_blocks(p, section);
}

static void check_reference(str page) {
    str name = page;
    if (str_starts(name, S("calotype-")) && !pages_has(str_skip(name, strlen("calotype-"))))
        pages_fail("SEE ALSO names " STR_FMT ", which is no page", STR_ARG(page));
}

/* "calotype-up(1), aws(1)", each on a line of its own. */
static void put_references(struct page *p) {
    put_section(p, S("SEE ALSO"));
    if (p->verb)
        buf_c(p->out, ".BR calotype (1)");
    for (size_t i = 0; i < p->words.n; i++) {
        str rest = p->words.blocks[i].text, word, name, number;
        if (!str_is(p->words.blocks[i].section, "SEE ALSO"))
            continue;
        while (rest.len) {
            str_cut(rest, ',', &word, &rest);
            str_cut(str_trim(word), '(', &name, &number);
            check_reference(name);
            buf_printf(p->out, "%s.BR ", p->out->p[p->out->len - 1] == '\n' ? "" : ",\n");
            for (size_t k = 0; k < name.len; k++)
                buf_printf(p->out, name.p[k] == '-' ? "\\-" : "%c", name.p[k]);
            buf_printf(p->out, " (" STR_FMT, STR_ARG(number));
        }
    }
    buf_char(p->out, '\n');
}

/* ---- The page ---- */

/* The words that stand for what a user gives: FILE and FOLDER of "FILE|FOLDER", DIR. */
static void add_names(struct buf *names, const char *words) {
    str text = str_c(words);
    for (size_t i = 0; i < text.len; i++) {
        bool capital = text.p[i] >= 'A' && text.p[i] <= 'Z';
        buf_char(names, capital ? text.p[i] : ' ');
    }
    buf_char(names, ' ');
}

static void begin(struct page *p) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    const struct prog_verb *row = p->verb ? p->verb->row : NULL;
    buf_c(&p->style.names, " VERB ARGUMENTS NAME DIR ");
    p->style.prefix = p->options->prefix;
    if (row)
        pages_words_parse(&p->words, "DESCRIPTION", row->about);
    for (size_t i = 0; row && i < row->n_flags; i++)
        add_names(&p->style.names, row->flags[i].value);
    if (row)
        add_names(&p->style.names, row->arguments);
    buf_printf(&path, "%s/%s", p->options->words, p->verb ? p->verb->name : "calotype");
    pages_words_read(&p->words, buf_cstr(&path));
}

void pages_man(struct buf *out, const struct pages_options *options,
               const struct pages_verb *verb) {
    struct page p = {.out = out, .options = options, .verb = verb};
    begin(&p);
    put_title(&p);
    put_synopsis(&p);
    put_section(&p, S("DESCRIPTION"));
    put_blocks(&p, "DESCRIPTION");
    put_options(&p);
    if (!verb)
        put_verbs(&p);
    put_own_sections(&p);
    put_codes(&p);
    put_facts(&p, "ENVIRONMENT");
    put_facts(&p, "FILES");
    if (has_section(&p, "EXAMPLES")) {
        put_section(&p, S("EXAMPLES"));
        put_blocks(&p, "EXAMPLES");
    }
    put_references(&p);
    pages_words_deinit(&p.words);
    buf_deinit(&p.style.names);
}
