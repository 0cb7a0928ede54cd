; A declaration of one type or constant is the definition; in a group each specification is.

(function_declaration name: (identifier) @name body: (block)? @body) @definition.function

(method_declaration
  receiver: (parameter_list
    (parameter_declaration
      type: [
        (type_identifier) @scope
        (generic_type type: (type_identifier) @scope)
        (pointer_type (type_identifier) @scope)
        (pointer_type (generic_type type: (type_identifier) @scope))
      ]))
  name: (field_identifier) @name
  body: (block)? @body) @definition.method

(type_declaration
  . (type_spec
      name: (type_identifier) @name
      type: [
        (struct_type (field_declaration_list) @body)
        (interface_type "{" @body)
      ]) .) @definition.class

(type_spec
  name: (type_identifier) @name
  type: [
    (struct_type (field_declaration_list) @body)
    (interface_type "{" @body)
  ]) @definition.class

(type_declaration . [(type_spec name: (type_identifier) @name) (type_alias name: (type_identifier) @name)] .) @definition.name

(type_spec name: (type_identifier) @name) @definition.name

(type_alias name: (type_identifier) @name) @definition.name

(field_declaration name: (field_identifier) @name) @definition.name

(method_elem name: (field_identifier) @name) @definition.name

(source_file
  (var_declaration
    (var_spec
      name: (identifier) @name
      value: (expression_list . (func_literal body: (block) @body) .))) @definition.function)

(source_file
  (var_declaration
    (var_spec_list
      (var_spec
        name: (identifier) @name
        value: (expression_list . (func_literal body: (block) @body) .)) @definition.function)))

(source_file (const_declaration . (const_spec (identifier) @name) .) @definition.name)

(source_file (const_declaration (const_spec (identifier) @name) @definition.name))

(source_file (var_declaration (var_spec name: (identifier) @name)) @definition.name)

(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @definition.name)))

(comment) @comment
