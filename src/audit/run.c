/* audit: one audit, from texts to sorted findings. */
#include "audit/files_priv.h"
#include "audit/logic_priv.h"
#include "audit/ignore.h"

struct audit *audit_new(const struct audit_options *options) {
    struct audit *a = mem_new(struct audit);
    a->options = *options;
    return a;
}

struct audit *audit_free(struct audit *a) {
    if (!a)
        return NULL;
    for (size_t i = 0; i < a->n_templates; i++) {
        audit_logic_deinit(a->templates[i]->logic);
        map_deinit(&a->templates[i]->by_name);
        map_deinit(&a->templates[i]->by_type);
        map_deinit(&a->templates[i]->parameters_by_name);
        map_deinit(&a->templates[i]->conditions_by_name);
        map_deinit(&a->templates[i]->new_names);
        map_deinit(&a->templates[i]->by_written);
        map_deinit(a->templates[i]->marks);
    }
    for (size_t i = 0; i < a->n_trees; i++)
        tmpl_free(a->trees[i]);
    map_deinit(&a->by_path);
    free(a->templates);
    free(a->trees);
    free(a->files);
    free(a->findings);
    arena_deinit(&a->arena);
    arena_deinit(&a->guards);
    free(a);
    return NULL;
}

/* Room for one more of what an array holds. */
#define GROW(array, n, cap)                                                                        \
    do {                                                                                           \
        if ((n) == (cap)) {                                                                        \
            (cap) = (cap) ? (cap)*2 : 16;                                                          \
            (array) = mem_realloc((array), (cap) * sizeof *(array));                               \
        }                                                                                          \
    } while (0)

struct audit_file *audit_file_new(struct audit *a, const char *path, str text) {
    struct audit_file *file = arena_new(&a->arena, struct audit_file);
    file->path = arena_cstr(&a->arena, str_c(path));
    file->text = arena_str(&a->arena, text);
    file->number = (uint32_t)a->n_files;
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == '\n';
    file->lines = arena_alloc(&a->arena, n * sizeof *file->lines);
    file->lines[file->n_lines++] = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] == '\n')
            file->lines[file->n_lines++] = i + 1;
    audit_file_count(&a->arena, file);
    GROW(a->files, a->n_files, a->files_cap);
    a->files[a->n_files++] = file;
    return file;
}

const struct audit_file *audit_file_of(const struct audit *a, uint32_t number) {
    return a->files[number];
}
const struct audit_file *audit_file(const struct audit_template *t, uint32_t number) {
    return t->audit->files[number];
}

void audit_keep(struct audit *a, struct audit_finding *f) {
    GROW(a->findings, a->n_findings, a->findings_cap);
    a->findings[a->n_findings++] = f;
    a->is_sorted = false;
}

static bool is_asked(const struct audit *a, const struct audit_rule *rule) {
    if (a->options.only)
        return rule == a->options.only;
    return rule->profile <= a->options.profile && rule->severity >= a->options.least;
}

/* ---- What is ignored ---- */

static bool by_options(const struct audit *a, const struct audit_finding *f) {
    const char *path = a->files[f->start.file]->path;
    for (size_t i = 0; i < a->options.n_ignored; i++) {
        const struct audit_ignore *one = &a->options.ignored[i];
        if (strcmp(one->id, f->rule->id) == 0 &&
            (!one->resource || str_is(f->resource, one->resource)) &&
            (!one->files || str_glob(str_c(one->files), str_c(path), false)))
            return true;
    }
    return false;
}

struct audit_silences audit_silences_of(struct audit *a, uint32_t number) {
    struct audit_file *file = (struct audit_file *)a->files[number]; /* ours until it is freed */
    if (!file->has_silences) {
        file->silences = audit_silences_read(&a->arena, file);
        file->has_silences = true;
    }
    return file->silences;
}

static bool by_comment(struct audit *a, const struct audit_finding *f) {
    struct audit_silences all = audit_silences_of(a, f->start.file);
    for (size_t i = 0; i < all.n; i++)
        if (f->start.line >= all.v[i].first && f->start.line <= all.v[i].last &&
            str_is(all.v[i].id, f->rule->id))
            return true;
    return false;
}

static bool is_id(void *ctx, const struct tmpl_node *id) {
    return str_is(id->text, ((const struct audit_finding *)ctx)->rule->id);
}

static bool by_metadata(const struct audit_finding *f) {
    if (!f->template)
        return false;
    const struct audit_resource *r = f->resource.len ? audit_find(f->template, f->resource) : NULL;
    return audit_metadata_ignores(f->template->metadata, is_id, (void *)f) ||
           (r && audit_metadata_ignores(tmpl_get(r->body, "Metadata"), is_id, (void *)f));
}

static bool is_ignored(struct audit *a, const struct audit_finding *f) {
    return !is_asked(a, f->rule) || by_options(a, f) || by_metadata(f) || by_comment(a, f);
}

void audit_tell_fault(struct audit *a, const struct audit_file *file,
                      const struct tmpl_told *fault) {
    struct audit_finding *f = arena_new(&a->arena, struct audit_finding);
    str text = fault->text, lead = S("Template format error: ");
    ptrdiff_t place = str_find(text, S(" (line "));
    text = place > 0 ? str_slice(text, 0, (size_t)place) : text;
    if (str_ends(text, S(".")))
        text.len--;
    f->rule = &audit_rule_template_invalid;
    f->start = f->end = fault->at;
    f->start.file = f->end.file = file->number;
    f->end.column++;
    f->resource = S("");
    f->message = arena_str(&a->arena, str_starts(text, lead) ? str_skip(text, lead.len) : text);
    audit_keep(a, f);
}

bool audit_parse(struct audit *a, struct audit_file *file) {
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    struct tmpl *tree = NULL;
    file->is_damaged = tmpl_new_all(&tree, file->text, file->number, &faults) != 0;
    for (size_t i = 0; i < faults.n; i++)
        audit_tell_fault(a, file, &faults.told[i]);
    if (!tree)
        return false;
    GROW(a->trees, a->n_trees, a->trees_cap);
    a->trees[a->n_trees++] = tree;
    file->tree = tree;
    return true;
}

/* A template is a map, and what is left of a damaged one has something in it. */
static bool is_template(struct audit *a, const struct audit_file *file) {
    const struct tmpl_node *root = tmpl_root(file->tree);
    if (root->kind == TMPL_MAP)
        return !file->is_damaged || root->n > 0;
    if (!file->is_damaged)
        audit_tell_fault(a, file, &(struct tmpl_told){root->start, S("it is no map of sections")});
    return false;
}

int audit_read_file(struct audit *a, struct audit_file *file, const struct audit_template *parent,
                    const struct audit_resource *nest) {
    if (!audit_parse(a, file) || !is_template(a, file))
        return AUDIT_E_TEMPLATE;
    struct audit_template *t = audit_template_new(a, file, file->tree, parent, nest);
    t->is_partial |= file->is_damaged;
    GROW(a->templates, a->n_templates, a->templates_cap);
    a->templates[a->n_templates++] = t;
    for (size_t i = 0; i < audit_n_rules; i++)
        if (audit_rules[i]->check)
            audit_rules[i]->check(t);
    audit_read_nested(t);
    return file->is_damaged ? AUDIT_E_TEMPLATE : 0;
}

int audit_template_read(struct audit *a, const char *path, str text) {
    const struct audit_file *read = map_get(&a->by_path, str_c(path));
    if (read && read->tree && str_eq(read->text, text))
        return 0; /* another one nests it */
    struct audit_file *file = audit_file_new(a, path, text);
    map_put(&a->by_path, str_c(path), file);
    audit_files_begin(a, path);
    return audit_read_file(a, file, NULL, NULL);
}

/* ---- Findings ---- */

static int by_place(const void *x, const void *y) {
    const struct audit_finding *a = *(const struct audit_finding *const *)x,
                               *b = *(const struct audit_finding *const *)y;
    const uint32_t left[] = {a->start.file, a->start.line, a->start.column},
                   right[] = {b->start.file, b->start.line, b->start.column};
    for (size_t i = 0; i < ARRAY_LEN(left); i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    int r = strcmp(a->rule->id, b->rule->id);
    return r ? r : str_cmp(a->message, b->message);
}

static bool is_same(const struct audit_finding *a, const struct audit_finding *b) {
    return by_place(&a, &b) == 0 && str_eq(a->resource, b->resource);
}

struct audit_finding *const *audit_findings(struct audit *a, size_t *ret_n) {
    if (!a->is_sorted) {
        size_t n = 0;
        for (size_t i = 0; i < a->n_findings; i++)
            if (!is_ignored(a, a->findings[i]))
                a->findings[n++] = a->findings[i];
        a->n_findings = n;
        if (n)
            qsort(a->findings, n, sizeof *a->findings, by_place);
        n = 0;
        for (size_t i = 0; i < a->n_findings; i++)
            if (i == 0 || !is_same(a->findings[i], a->findings[n - 1]))
                a->findings[n++] = a->findings[i];
        a->n_findings = n;
        a->is_sorted = true;
    }
    *ret_n = a->n_findings;
    return a->findings;
}
