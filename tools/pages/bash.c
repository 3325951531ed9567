/*
 * Completion for bash: one script, with a row a verb made of its flags, and a body that is the same for
 * all. It needs bash 4.4 alone; where bash-completion is loaded, `calotype with` uses it.
 */
#include "tools/pages/pages.h"

static const char head[] =
    "# Completion of calotype for bash.                        -*- shell-script -*-\n"
    "# Made by tools/pages from the rows of the verbs.\n"
    "\n"
    "# Keys of photographs in the running daemon, and names without uploads/. Arguments: --data DIR and\n"
    "# --env NAME where the line has them.\n"
    "_calotype_photographs() {\n"
    "    local cur=$1 key\n"
    "    shift\n"
    "    [[ $cur != *[\\\\\\'\\\"]* ]] || return\n"
    "    while IFS= read -r key; do\n"
    "        [[ $key == \"$cur\"* ]] && COMPREPLY+=(\"$key\")\n"
    "        [[ $operand != PREFIX && ${key#uploads/} == \"$cur\"* ]] && COMPREPLY+=(\"${key#uploads/}\")\n"
    "    done < <({ timeout 2 \"${COMP_WORDS[0]}\" ls --json \"$@\" -- \"$cur\"\n"
    "        [[ $cur == uploads/* ]] || timeout 2 \"${COMP_WORDS[0]}\" ls --json \"$@\" -- \"uploads/$cur\"\n"
    "    } 2> /dev/null < /dev/null | sed -n 's/^ *\"ObjectKey\": \"\\([^\"\\\\:]*\\)\",\\{0,1\\}$/\\1/p' | sort -u | head -n 200)\n"
    "    compopt -o filenames\n"
    "}\n"
    "\n"
    "_calotype() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} word i\n"
    "    local switches= valued= repeated= files= folders= choices= operand= offers= most=0\n"
    "    local pending= rest= used=' ' given=0 from=()\n"
    "    COMPREPLY=()\n"
    "    [[ $cur == = ]] && cur=\n"
    "    if ((COMP_CWORD == 1)) || { ((COMP_CWORD == 2)) && [[ $verb == help ]]; }; then\n"
    "        local verbs='";
static const char rows[] = "'\n"
                           "        ((COMP_CWORD == 1)) && verbs+=' help --help --version'\n"
                           "        mapfile -t COMPREPLY < <(compgen -W \"$verbs\" -- \"$cur\")\n"
                           "        return\n"
                           "    fi\n"
                           "    case $verb in\n";
static const char body[] =
    "    *) return ;;\n"
    "    esac\n"
    "    # What stands before the cursor: a flag that waits for its value, and how many arguments.\n"
    "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == = ]]; then\n"
    "            pending=${pending:-=}\n"
    "        elif [[ -n $pending ]]; then\n"
    "            [[ $pending == --data || $pending == --env ]] && from+=(\"$pending\" \"$word\")\n"
    "            pending=\n"
    "        elif [[ -z $rest && $word == -- ]]; then\n"
    "            rest=yes\n"
    "        elif [[ -z $rest && $word == --* ]]; then\n"
    "            used+=\"$word \"\n"
    "            [[ \" $valued \" == *\" $word \"* ]] && pending=$word\n"
    "        else\n"
    "            given=$((given + 1))\n"
    "            [[ $offers == command ]] && break\n"
    "        fi\n"
    "    done\n"
    "    if [[ $offers == command && $given == 1 ]]; then\n"
    "        if declare -F _command_offset > /dev/null; then _command_offset \"$i\"; else compopt -o default; fi\n"
    "    elif [[ -n $pending ]]; then\n"
    "        if [[ \" $folders \" == *\" $pending \"* ]]; then\n"
    "            compopt -o dirnames\n"
    "        elif [[ \" $files \" == *\" $pending \"* ]]; then\n"
    "            compopt -o default\n"
    "        else\n"
    "            for word in $choices; do\n"
    "                [[ $word == \"$pending=$cur\"* ]] && COMPREPLY+=(\"${word#*=}\")\n"
    "            done\n"
    "        fi\n"
    "    elif [[ -z $rest && $cur == -* ]] || { [[ -z $rest && -z $cur ]] && { [[ -z $offers ]] || ((given == most)); }; }; then\n"
    "        local flags=\n"
    "        for word in $switches $valued; do\n"
    "            [[ $used == *\" $word \"* && \" $repeated \" != *\" $word \"* ]] || flags+=\" $word\"\n"
    "        done\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$cur\")\n"
    "    elif ((most >= 0 && given >= most)); then\n"
    "        return\n"
    "    elif [[ $offers == files ]]; then\n"
    "        compopt -o default\n"
    "    elif [[ $offers == command ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -c -- \"$cur\")\n"
    "    elif [[ $offers == photographs ]]; then\n"
    "        [[ $used == *' --aws '* ]] || _calotype_photographs \"$cur\" \"${from[@]}\"\n"
    "    else\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$offers\" -- \"$cur\")\n"
    "    fi\n"
    "} &&\n"
    "    complete -F _calotype calotype\n";

/* ` NAME='--a --b'` of the flags that `is` is true of; nothing where there is none. */
static void add_list(struct buf *out, const char *name, const struct prog_verb *row,
                     bool (*is)(const struct prog_flag *flag)) {
    bool any = false;
    for (size_t i = 0; i < row->n_flags; i++) {
        if (!is(&row->flags[i]))
            continue;
        buf_printf(out, any ? " --%s" : " %s'--%s", any ? row->flags[i].name : name,
                   row->flags[i].name);
        any = true;
    }
    if (any)
        buf_char(out, '\'');
}

static bool is_switch(const struct prog_flag *f) { return f->kind == FLAG_SWITCH; }
static bool is_valued(const struct prog_flag *f) { return f->kind != FLAG_SWITCH; }
static bool is_repeated(const struct prog_flag *f) { return f->kind == FLAG_LIST; }
static bool is_file(const struct prog_flag *f) { return pages_kind_of_flag(f) == PAGES_FILES; }
static bool is_folder(const struct prog_flag *f) { return pages_kind_of_flag(f) == PAGES_FOLDERS; }

/* choices='--log=json --log=text' */
static void add_choices(struct buf *out, const struct prog_verb *row) {
    bool any = false;
    for (size_t i = 0; i < row->n_flags; i++)
        for (size_t k = 0; row->flags[i].kind == FLAG_CHOICE && row->flags[i].choices[k]; k++) {
            buf_printf(out, "%s--%s=%s", any ? " " : " choices='", row->flags[i].name,
                       row->flags[i].choices[k]);
            any = true;
        }
    if (any)
        buf_char(out, '\'');
}

static void add_operand(struct buf *out, const struct prog_verb *row) {
    static const char *const words[] =
        {[PAGES_FILES] = "files", [PAGES_COMMAND] = "command", [PAGES_PHOTOGRAPHS] = "photographs"};
    enum pages_kind kind = pages_kind_of_operand(row);
    if (row->most == 0)
        return;
    buf_printf(out, " most=%d operand='%s'", row->most, row->operand);
    if (kind == PAGES_CHOICES) {
        buf_c(out, " offers='");
        for (size_t i = 0; row->choices[i]; i++)
            buf_printf(out, "%s%s", i ? " " : "", row->choices[i]);
        buf_char(out, '\'');
    } else if (kind != PAGES_NOTHING) {
        buf_printf(out, " offers=%s", words[kind]);
    }
}

void pages_bash(struct buf *out) {
    buf_c(out, head);
    for (size_t i = 0; i < pages_count(); i++)
        buf_printf(out, "%s%s", i ? " " : "", pages_at(i).name);
    buf_c(out, rows);
    for (size_t i = 0; i < pages_count(); i++) {
        const struct prog_verb *row = pages_at(i).row;
        buf_printf(out, "    %s)", pages_at(i).name);
        add_list(out, "switches=", row, is_switch);
        buf_c(out, "\n       ");
        add_list(out, "valued=", row, is_valued);
        add_list(out, "repeated=", row, is_repeated);
        add_list(out, "files=", row, is_file);
        add_list(out, "folders=", row, is_folder);
        add_choices(out, row);
        add_operand(out, row);
        buf_c(out, " ;;\n");
    }
    buf_c(out, body);
}
