/*
 * Completion for zsh: what _arguments of the completion system takes, a verb each (zshcompsys(1)).
 */
#include "tools/pages/pages.h"

static const char head[] =
    "#compdef calotype\n"
    "# Completion of calotype for zsh.\n"
    "# Made by tools/pages from the rows of the verbs.\n"
    "\n"
    "# Keys of photographs in the running daemon, and, where $1 is not PREFIX, names without uploads/.\n"
    "_calotype_photographs() {\n"
    "    local -a from keys\n"
    "    (( ${+opt_args[--aws]} )) && return 1\n"
    "    [[ -n ${opt_args[--data]} ]] && from+=(--data ${(Q)opt_args[--data]})\n"
    "    [[ -n ${opt_args[--env]} ]] && from+=(--env ${(Q)opt_args[--env]})\n"
    "    local typed=${(Q)PREFIX}\n"
    "    keys=(${(f)\"$({ timeout 2 $calotype ls --json $from -- $typed\n"
    "        [[ $typed == uploads/* ]] || timeout 2 $calotype ls --json $from -- uploads/$typed\n"
    "    } 2> /dev/null < /dev/null | sed -n 's/^ *\"ObjectKey\": \"\\([^\"\\\\]*\\)\",\\{0,1\\}$/\\1/p' | sort -u | head -n 200)\"})\n"
    "    [[ $1 == PREFIX ]] || keys+=(${keys#uploads/})\n"
    "    local expl\n"
    "    _wanted -C arguments photographs expl photograph compadd -a keys\n"
    "}\n"
    "\n"
    "_calotype_verbs() {\n"
    "    local -a verbs=(\n";
static const char body[] =
    "    )\n"
    "    _describe -t verbs verb verbs\n"
    "}\n"
    "\n"
    "_calotype() {\n"
    "    local curcontext=$curcontext context state state_descr line ret=1 calotype=${(Q)words[1]}\n"
    "    typeset -A opt_args\n"
    "    _arguments -C '(- *)'{-h,--help}'[list the verbs]' '(- *)--version[print the version]' \\\n"
    "        '1: :_calotype_verbs' '*:: :->rest' && ret=0\n"
    "    [[ $state == rest ]] || return ret\n"
    "    curcontext=${curcontext%:*}-$words[1]:\n"
    "    case $words[1] in\n"
    "    help) _arguments '1: :_calotype_verbs' && ret=0 ;;\n";
static const char tail[] = "    esac\n"
                           "    return ret\n"
                           "}\n"
                           "\n"
                           "_calotype \"$@\"\n";

/* In single quotes, where ':' and brackets would end a part of the specification. */
static void add_text(struct buf *out, const char *text) {
    for (; *text; text++)
        if (*text == '\'')
            buf_c(out, "'\\''");
        else
            buf_printf(out, strchr(":[]\\", *text) ? "\\%c" : "%c", *text);
}

static void add_choices(struct buf *out, const char *const *choices) {
    buf_char(out, '(');
    for (size_t i = 0; choices[i]; i++)
        buf_printf(out, "%s%s", i ? " " : "", choices[i]);
    buf_char(out, ')');
}

static void add_flag(struct buf *out, const struct prog_flag *flag) {
    static const char *const actions[] =
        {[PAGES_NOTHING] = " ", [PAGES_FILES] = "_files", [PAGES_FOLDERS] = "_files -/"};
    enum pages_kind kind = pages_kind_of_flag(flag);
    buf_printf(out, " \\\n            '%s--%s%s[", flag->kind == FLAG_LIST ? "*" : "", flag->name,
               flag->kind == FLAG_SWITCH ? "" : "=");
    add_text(out, flag->help);
    buf_char(out, ']');
    if (flag->kind != FLAG_SWITCH) {
        buf_char(out, ':');
        add_text(out, flag->value);
        buf_char(out, ':');
        if (kind == PAGES_CHOICES)
            add_choices(out, flag->choices);
        else
            buf_c(out, actions[kind]);
    }
    buf_char(out, '\'');
}

static void add_operand(struct buf *out, const struct prog_verb *row) {
    enum pages_kind kind = pages_kind_of_operand(row);
    if (row->most == 0)
        return;
    buf_c(out, " \\\n            ");
    if (kind == PAGES_COMMAND) {
        buf_printf(out, "'(-):%s: _command_names -e' '*::ARGUMENTS:_normal'", row->operand);
        return;
    }
    buf_printf(out, "'%s:%s:", row->most == 1 ? "1" : "*", row->operand);
    if (kind == PAGES_CHOICES)
        add_choices(out, row->choices);
    else if (kind == PAGES_PHOTOGRAPHS)
        buf_printf(out, "{_calotype_photographs %s}", row->operand);
    else
        buf_c(out, kind == PAGES_FILES ? "_files" : " ");
    buf_char(out, '\'');
}

void pages_zsh(struct buf *out) {
    buf_c(out, head);
    for (size_t i = 0; i < pages_count(); i++) {
        buf_printf(out, "        '%s:", pages_at(i).name);
        add_text(out, pages_at(i).summary);
        buf_c(out, "'\n");
    }
    buf_c(out, "        'help:say more about a verb'\n");
    buf_c(out, body);
    for (size_t i = 0; i < pages_count(); i++) {
        const struct prog_verb *row = pages_at(i).row;
        buf_printf(out, "    %s)\n        _arguments '(- *)'{-h,--help}'[say more]'",
                   pages_at(i).name);
        for (size_t k = 0; k < row->n_flags; k++)
            add_flag(out, &row->flags[k]);
        add_operand(out, row);
        buf_c(out, " && ret=0 ;;\n");
    }
    buf_c(out, tail);
}
