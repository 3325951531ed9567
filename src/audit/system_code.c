/*
 * audit/system: a function's code: in the template, or in files that its CodeUri or Code names. Of a
 * folder the handler's file is read, and those beside it that it (or one of them) names.
 */
#include "audit/code_map.h"
#include "audit/files_priv.h"
#include "audit/system_priv.h"

#include "base/ascii.h"

enum { MOST_FILES = 20, MOST_CODE = 8 << 20 };

static const struct family {
    const char *runtime;
    enum code_language language;
    bool has_dotted_modules; /* "pkg.module.handler" lies in pkg/module */
    const char *endings[7];
} families[] = {
    {"python", CODE_PYTHON, true, {".py"}},
    {"nodejs", CODE_JAVASCRIPT, false, {".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"}},
};

static const struct family *family_of(str runtime) {
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        if (str_starts(runtime, str_c(families[i].runtime)))
            return &families[i];
    return NULL;
}

/* What Lambda calls: behind the last dot of Handler. */
static str handler_name(str handler) {
    ptrdiff_t dot = str_rchr(handler, '.');
    return dot < 0 ? handler : str_skip(handler, (size_t)dot + 1);
}

/* ---- In the template ---- */

/*
 * The code as it is written: of a Fn::Join or Fn::Sub the function itself, for its pieces have places
 * that its value has not. NULL: it is not in the template.
 */
static const struct tmpl_node *inline_code(const struct audit_template *t,
                                           const struct audit_function *f) {
    const struct tmpl_node *written = f->is_sam
                                          ? tmpl_get(f->r->properties, "InlineCode")
                                          : tmpl_get(tmpl_get(f->r->properties, "Code"), "ZipFile");
    const struct tmpl_member *function = tmpl_function(written);
    if (function && (str_is(function->key, "Fn::Join") || str_is(function->key, "Fn::Sub")))
        return written;
    struct audit_values code = audit_property(t, f->r, f->is_sam ? "InlineCode" : "Code.ZipFile");
    return code.v[0].kind == AUDIT_ABSENT ? NULL : code.v[0].node;
}

static bool read_inline(const struct audit_template *t, struct audit_function *f,
                        const struct family *family, str handler) {
    str text;
    const struct code_map *map;
    const struct tmpl_node *code = inline_code(t, f);
    if (!code || !audit_code_of_node(t, code, &text, &map))
        return false;
    f->is_inline = true;
    f->code = audit_code_read(t->arena, family->language, text, handler_name(handler), map);
    return true;
}

/* ---- In files ---- */

/* The files of one function as they are found. */
struct reading {
    const struct audit_template *t;
    const struct family *family;
    const struct audit_file *files[MOST_FILES]; /* the handler's first */
    size_t n;
    str others[512]; /* paths in its folder that nobody has named yet */
    size_t n_others;
};

static bool has_ending(const struct family *family, str path) {
    for (size_t i = 0; i < ARRAY_LEN(family->endings) && family->endings[i]; i++)
        if (str_ends(path, str_c(family->endings[i])))
            return true;
    return false;
}

static const struct audit_file *file_at(const struct reading *r, str folder, str module) {
    for (size_t i = 0; i < ARRAY_LEN(r->family->endings) && r->family->endings[i]; i++) {
        str name = arena_printf(r->t->arena, STR_FMT "/" STR_FMT "%s", STR_ARG(folder),
                                STR_ARG(module), r->family->endings[i]);
        str path = audit_beside(r->t, name);
        const struct audit_file *file = path.p ? audit_file_get(r->t->audit, path) : NULL;
        if (file)
            return file;
    }
    return NULL;
}

/* "src/app.handler" lies in src/app; of Python "pkg.app.handler" in pkg/app. */
static const struct audit_file *handler_file(const struct reading *r, str folder, str handler) {
    ptrdiff_t dot = str_rchr(handler, '.');
    if (dot <= 0)
        return NULL;
    str module = arena_str(r->t->arena, str_slice(handler, 0, (size_t)dot));
    const struct audit_file *file = file_at(r, folder, module);
    for (size_t i = 0; !file && r->family->has_dotted_modules && i < module.len; i++)
        if (module.p[i] == '.')
            ((char *)module.p)[i] = '/';
    return file ? file : file_at(r, folder, module);
}

static void note_other(void *ctx, str path) {
    struct reading *r = ctx;
    if (r->n_others < ARRAY_LEN(r->others) && has_ending(r->family, path) &&
        !str_eq(path, str_c(r->files[0]->path)))
        r->others[r->n_others++] = path;
}

/* The name that an import says: of a/b/name.py "name"; of a/b/index.js and __init__.py "b". */
static str module_name(str path) {
    ptrdiff_t slash = str_rchr(path, '/');
    str name = str_skip(path, (size_t)(slash + 1)), folder = STR_NONE;
    ptrdiff_t dot = str_chr(name, '.');
    name = dot < 0 ? name : str_slice(name, 0, (size_t)dot);
    if (slash > 0) {
        folder = str_slice(path, 0, (size_t)slash);
        folder = str_skip(folder, (size_t)(str_rchr(folder, '/') + 1));
    }
    return folder.len && (str_is(name, "index") || str_is(name, "__init__")) ? folder : name;
}

static bool is_word(char c) { return ascii_is_alnum(c) || c == '_' || c == '-'; }

/* Does the text have the name as a word of a line that imports? */
static bool imports(str text, str name) {
    for (str line, rest = text; rest.len; rest = str_skip(rest, line.len + 1)) {
        ptrdiff_t end = str_chr(rest, '\n');
        line = end < 0 ? rest : str_slice(rest, 0, (size_t)end);
        if (str_find(line, S("import")) < 0 && str_find(line, S("require")) < 0 &&
            str_find(line, S("from ")) < 0)
            continue;
        for (size_t from = 0; from < line.len;) {
            ptrdiff_t at = str_find(str_skip(line, from), name);
            if (at < 0)
                break;
            size_t i = from + (size_t)at, after = i + name.len;
            if ((i == 0 || !is_word(line.p[i - 1])) &&
                (after == line.len || !is_word(line.p[after])))
                return true;
            from = i + 1;
        }
    }
    return false;
}

/* Files that are named by those that are read, until there are no more. */
static void read_others(struct reading *r) {
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < r->n_others && r->n < MOST_FILES; k++) {
            str path = r->others[k];
            if (!path.p || !imports(r->files[i]->text, module_name(path)))
                continue;
            r->others[k] = STR_NONE;
            const struct audit_file *file = audit_file_get(r->t->audit, path);
            if (file)
                r->files[r->n++] = file;
        }
}

static void read_files(const struct audit_template *t, struct audit_function *f,
                       const struct family *family, str folder, str handler) {
    struct reading r = {.t = t, .family = family};
    r.files[0] = handler_file(&r, folder, handler);
    if (!r.files[0])
        return;
    r.n = 1;
    str path = audit_beside(t, folder);
    audit_files_each(t->audit, path, note_other, &r);
    read_others(&r);
    const struct audit_code **last = &f->code;
    for (size_t i = 0; i < r.n && t->audit->n_code < MOST_CODE; i++) {
        t->audit->n_code += r.files[i]->text.len;
        struct audit_code *code = audit_code_read(t->arena, family->language, r.files[i]->text,
                                                  i ? S("") : handler_name(handler),
                                                  audit_code_map_of_file(t->arena, r.files[i]));
        if (code)
            AUDIT_APPEND(last, code);
    }
}

void audit_read_code(const struct audit_template *t, struct audit_function *f) {
    const struct family *family = family_of(f->runtime);
    str handler = audit_text_of(t, f->r, "Handler"),
        folder = audit_text_of(t, f->r, f->is_sam ? "CodeUri" : "Code");
    if (!family || f->is_image || read_inline(t, f, family, handler))
        return;
    if (folder.len && t->audit->options.reads_files && audit_beside(t, folder).p)
        read_files(t, f, family, folder, handler);
}
