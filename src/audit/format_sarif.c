/*
 * Findings as SARIF 2.1.0 (OASIS "Static Analysis Results Interchange Format"), one run with the rules
 * that found something. GitHub's code scanning takes it.
 */
#include "audit/format_priv.h"

#include "base/ascii.h"
#include "base/json.h"

static const char *level_of(const struct audit_rule *rule) {
    static const char *const levels[] = {"note", "warning", "error"};
    return levels[rule->severity];
}

static void add_text(struct buf *out, const char *name, str text) {
    buf_printf(out, "\"%s\":{\"text\":", name);
    json_add_quoted(out, text);
    buf_char(out, '}');
}

static void add_rule(struct buf *out, const struct audit_rule *rule) {
    CLEANUP_DEINIT(buf) struct buf help = {0};
    buf_printf(&help, "Why: %s. Fix: %s.", rule->why, rule->fix);
    buf_printf(out, "{\"id\":\"%s\",", rule->id);
    add_text(out, "shortDescription", str_c(rule->title));
    buf_char(out, ',');
    add_text(out, "help", buf_view(&help));
    buf_printf(out, ",\"defaultConfiguration\":{\"level\":\"%s\"},\"properties\":{\"class\":%d}}",
               level_of(rule), rule->class);
}

/* A path as the reference of a URI (RFC 3986, 3.3). */
static void add_uri(struct buf *out, const char *path) {
    CLEANUP_DEINIT(buf) struct buf uri = {0};
    if (path[0] == '/')
        buf_c(&uri, "file://");
    for (const char *p = path; *p; p++) {
        if (ascii_is_alnum(*p) || ascii_is_one_of(*p, "/-._~"))
            buf_char(&uri, *p);
        else
            buf_printf(&uri, "%%%02X", (unsigned char)*p);
    }
    json_add_quoted(out, buf_view(&uri));
}

static void add_result(struct buf *out, const struct audit *a, const struct audit_finding *f,
                       size_t rule) {
    CLEANUP_DEINIT(buf) struct buf message = {0};
    audit_format_message(&message, f);
    if (f->resource.len)
        buf_printf(&message, " (" STR_FMT ")", STR_ARG(f->resource));
    buf_printf(out, "{\"ruleId\":\"%s\",\"ruleIndex\":%zu,\"level\":\"%s\",", f->rule->id, rule,
               level_of(f->rule));
    add_text(out, "message", buf_view(&message));
    buf_c(out, ",\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
    add_uri(out, audit_file_of(a, f->start.file)->path);
    buf_printf(
        out, "},\"region\":{\"startLine\":%u,\"startColumn\":%u,\"endLine\":%u,\"endColumn\":%u}}",
        f->start.line, f->start.column, f->end.line, f->end.column);
    if (f->resource.len) {
        buf_c(out, ",\"logicalLocations\":[{\"kind\":\"resource\",\"name\":");
        json_add_quoted(out, f->resource);
        buf_c(out, "}]");
    }
    buf_c(out, "}]}");
}

/* The rules that found something, in the table's order; where[i]: the place of audit_rules[i]. */
static void add_rules(struct buf *out, struct audit_finding *const *findings, size_t n,
                      size_t *where) {
    CLEANUP_DEINIT(map) struct map used = {0};
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        map_put(&used, str_c(findings[i]->rule->id), (void *)findings[i]->rule);
    for (size_t i = 0; i < audit_n_rules; i++) {
        if (!map_get(&used, str_c(audit_rules[i]->id)))
            continue;
        buf_c(out, at ? ",\n " : "\n ");
        add_rule(out, audit_rules[i]);
        where[i] = at++;
    }
}

static size_t place_of(const struct audit_rule *rule, const size_t *where) {
    size_t i = 0;
    while (audit_rules[i] != rule)
        i++;
    return where[i];
}

void audit_format_sarif(struct buf *out, struct audit *a, const struct audit_format_options *) {
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    CLEANUP_MEM size_t *where = mem_zalloc(audit_n_rules * sizeof *where);
    buf_c(out,
          "{\"version\":\"2.1.0\",\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
          "\"runs\":[{\"columnKind\":\"unicodeCodePoints\",\"tool\":{\"driver\":{\"name\":"
          "\"calotype\",\"version\":\"" CALOTYPE_VERSION "\",\"rules\":[");
    add_rules(out, findings, n, where);
    buf_c(out, "]}},\"results\":[");
    for (size_t i = 0; i < n; i++) {
        buf_c(out, i ? ",\n " : "\n ");
        add_result(out, a, findings[i], place_of(findings[i]->rule, where));
    }
    buf_c(out, "]}]}\n");
}
