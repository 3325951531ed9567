/* aws/model: look-ups in the generated tables of the API models. */
#include "aws/model.h"

const struct api_op *api_op_find(const struct api_service *service, str name) {
    size_t low = 0, high = service->n_ops;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = str_cmp(name, service->ops[mid].name);
        if (c == 0)
            return &service->ops[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

const struct api_member *api_member_find(const struct api_shape *structure, str name) {
    for (size_t i = 0; i < structure->n; i++)
        if (str_eq(structure->members[i].name, name))
            return &structure->members[i];
    return NULL;
}

const struct api_member *api_member_by_wire(const struct api_shape *structure, str wire) {
    for (size_t i = 0; i < structure->n; i++)
        if (str_eq(structure->members[i].wire, wire))
            return &structure->members[i];
    return NULL;
}

bool api_enum_has(const struct api_shape *shape, str value) {
    bool any_case = shape->flags & API_ANY_CASE;
    for (size_t i = 0; i < shape->n; i++)
        if (any_case ? str_eq_nocase(shape->values[i], value) : str_eq(shape->values[i], value))
            return true;
    return false;
}

const struct api_error *api_error_find(const struct api_service *service, str name_or_code) {
    for (size_t i = 0; i < service->n_errors; i++)
        if (str_eq(service->errors[i].name, name_or_code))
            return &service->errors[i];
    for (size_t i = 0; i < service->n_errors; i++)
        if (str_eq(service->errors[i].code, name_or_code))
            return &service->errors[i];
    return NULL;
}
