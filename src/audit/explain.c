/* audit/explain: writes the pages of the rules, from their rows and by auditing their examples. */
#include "audit/explain.h"
#include "audit/config.h"
#include "audit/format.h"

static const char *const classes[] = {
    "None of the list's",
    "Access that is too wide",
    "Buckets that are open or not encrypted",
    "Secrets in the template",
    "Circular references",
    "Errors that handlers do not handle",
    "Functions that are too small",
    "Nobody watches",
    "Handlers that hardly log",
    "One record after the other",
    "Notifications",
    "No lifecycle",
    "Functions that are too large",
    "Data without a second copy",
    "Input that nobody looks at",
    "Tags",
    "Descriptions and constraints",
    "Names and numbers that are written out",
    "Data that goes with the stack",
};

static struct audit *audit_example(const struct audit_rule *rule) {
    const struct audit_options options = {.profile = AUDIT_ALL, .only = rule};
    struct audit *a = audit_new(&options);
    if (rule->bad)
        audit_template_read(a, "template.yaml", str_c(rule->bad));
    return a;
}

/* Does --fix mend what the example shows? */
static bool is_fixed(const struct audit_rule *rule) {
    CLEANUP(audit) struct audit *a = audit_example(rule);
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    for (size_t i = 0; i < n; i++)
        if (findings[i]->edits)
            return true;
    return false;
}

static void add_example(struct buf *out, const char *title, const char *text) {
    str rest = str_c(text);
    buf_printf(out, "\n%s:\n\n```yaml\n" STR_FMT, title, STR_ARG(rest));
    buf_c(out, str_ends(rest, S("\n")) ? "```\n" : "\n```\n");
}

/* What the audit says of the bad example: a line each. */
static void add_found(struct buf *out, const struct audit_rule *rule) {
    CLEANUP(audit) struct audit *a = audit_example(rule);
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    buf_char(out, '\n');
    for (size_t i = 0; i < n; i++) {
        const struct audit_finding *f = findings[i];
        buf_printf(out, "    template.yaml:%u:%u: %s: %s: ", f->start.line, f->start.column,
                   audit_severity_name(rule->severity), rule->id);
        audit_format_message(out, f);
        if (f->resource.len)
            buf_printf(out, " (" STR_FMT ")", STR_ARG(f->resource));
        buf_char(out, '\n');
    }
}

void audit_explain(struct buf *out, const struct audit_rule *rule) {
    buf_printf(out, "# %s\n\n%s. Severity %s, profile %s, class %d (%s).\n\n", rule->id,
               rule->title, audit_severity_name(rule->severity), audit_profiles[rule->profile],
               rule->class, classes[rule->class]);
    buf_printf(out, "- Why: %s.\n- Fix: %s.%s\n", rule->why, rule->fix,
               is_fixed(rule) ? " `calotype audit --fix` does it." : "");
    buf_printf(out, "- Not here: `# calotype:ignore %s REASON` on or above the line.\n", rule->id);
    if (!rule->bad)
        return;
    add_example(out, "Bad", rule->bad);
    add_found(out, rule);
    add_example(out, "Good", rule->good);
}

static void add_class(struct buf *out, int class) {
    buf_printf(
        out,
        "\n## %d. %s\n\n| rule | severity | profile | `--fix` | finds |\n|---|---|---|---|---|\n",
        class, classes[class]);
    for (size_t i = 0; i < audit_n_rules; i++) {
        const struct audit_rule *rule = audit_rules[i];
        if (rule->class == class)
            buf_printf(out, "| [%s](%s.md) | %s | %s | %s | %s |\n", rule->id, rule->id,
                       audit_severity_name(rule->severity), audit_profiles[rule->profile],
                       is_fixed(rule) ? "yes" : "", rule->title);
    }
}

void audit_explain_all(struct buf *out) {
    buf_printf(out, "# The %zu rules of `calotype audit`\n", audit_n_rules);
    for (size_t i = 1; i <= ARRAY_LEN(classes); i++)
        add_class(out, (int)(i % ARRAY_LEN(classes)));
}
