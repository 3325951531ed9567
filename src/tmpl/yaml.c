/* tmpl/yaml: YAML by our own reader, and by libyaml where that is not sure. */
#include "tmpl/yaml_priv.h"

int tmpl_read_yaml(struct tmpl_builder *b, str text, struct tmpl_node **ret) {
    return tmpl_yaml_read_own(b, text, ret) ? 0 : tmpl_yaml_read_lib(b, text, ret);
}
