/* tmpl/yaml_tags: CloudFormation's short tags. */
#include "tmpl/yaml_priv.h"

/* Short tags and the key that each stands for. */
static const struct {
    str tag;
    const char *key;
} short_tags[] = {
    {S_INIT("!Ref"), "Ref"},
    {S_INIT("!Condition"), "Condition"},
    {S_INIT("!GetAtt"), "Fn::GetAtt"},
    {S_INIT("!Sub"), "Fn::Sub"},
    {S_INIT("!Join"), "Fn::Join"},
    {S_INIT("!Select"), "Fn::Select"},
    {S_INIT("!Split"), "Fn::Split"},
    {S_INIT("!If"), "Fn::If"},
    {S_INIT("!Equals"), "Fn::Equals"},
    {S_INIT("!And"), "Fn::And"},
    {S_INIT("!Or"), "Fn::Or"},
    {S_INIT("!Not"), "Fn::Not"},
    {S_INIT("!FindInMap"), "Fn::FindInMap"},
    {S_INIT("!Base64"), "Fn::Base64"},
    {S_INIT("!GetAZs"), "Fn::GetAZs"},
    {S_INIT("!Cidr"), "Fn::Cidr"},
    {S_INIT("!ImportValue"), "Fn::ImportValue"},
    {S_INIT("!Transform"), "Fn::Transform"},
    {S_INIT("!ToJsonString"), "Fn::ToJsonString"},
    {S_INIT("!Length"), "Fn::Length"},
    {S_INIT("!Contains"), "Fn::Contains"},
    {S_INIT("!EachMemberEquals"), "Fn::EachMemberEquals"},
    {S_INIT("!EachMemberIn"), "Fn::EachMemberIn"},
    {S_INIT("!RefAll"), "Fn::RefAll"},
    {S_INIT("!ValueOf"), "Fn::ValueOf"},
    {S_INIT("!ValueOfAll"), "Fn::ValueOfAll"},
};

const char *tmpl_yaml_long_key(str tag) {
    for (size_t i = 0; i < ARRAY_LEN(short_tags); i++)
        if (str_eq(tag, short_tags[i].tag))
            return short_tags[i].key;
    return NULL;
}

/* "A.B.C" is resource A and its attribute B.C. */
static struct tmpl_node *split_get_att(struct tmpl_builder *b, struct tmpl_node *scalar) {
    str resource, attribute;
    if (scalar->kind != TMPL_STRING || !str_cut(scalar->text, '.', &resource, &attribute))
        return scalar;
    struct tmpl_node *list = tmpl_build_node(b, TMPL_LIST, scalar->start);
    struct tmpl_node *first = tmpl_build_node(b, TMPL_STRING, scalar->start);
    struct tmpl_node *second = tmpl_build_node(b, TMPL_STRING, scalar->start);
    if (!list || !first || !second)
        return NULL;
    list->end = first->end = second->end = scalar->end;
    first->text = resource;
    second->text = attribute;
    list->members = arena_zalloc(b->arena, 2 * sizeof *list->members);
    list->members[0] = (struct tmpl_member){STR_NONE, first->start, first};
    list->members[1] = (struct tmpl_member){STR_NONE, second->start, second};
    list->n = 2;
    return list;
}

struct tmpl_node *tmpl_yaml_wrap(struct tmpl_builder *b, const char *key, struct tmpl_node *value) {
    if (strcmp(key, "Fn::GetAtt") == 0)
        value = split_get_att(b, value);
    struct tmpl_node *map = value ? tmpl_build_node(b, TMPL_MAP, value->start) : NULL;
    if (!map)
        return NULL;
    map->short_form = true;
    map->end = value->end;
    map->members = arena_new(b->arena, struct tmpl_member);
    map->members[0] = (struct tmpl_member){str_c(key), value->start, value};
    map->n = 1;
    return map;
}
