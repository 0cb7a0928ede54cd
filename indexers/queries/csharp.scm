; Attributes stand within the node: they are left out of the signature. A file-scoped namespace holds the rest.

(namespace_declaration name: (_) @name body: (_) @body) @definition.module

(file_scoped_namespace_declaration name: (_) @name (#set! extent "rest")) @definition.module

(class_declaration name: (identifier) @name body: (_)? @body) @definition.class

(struct_declaration name: (identifier) @name body: (_)? @body) @definition.class

(interface_declaration name: (identifier) @name body: (_)? @body) @definition.class

(record_declaration name: (identifier) @name body: (_)? @body) @definition.class

(enum_declaration name: (identifier) @name body: (_)? @body) @definition.class

(method_declaration
  (explicit_interface_specifier (_) @scope)
  name: (identifier) @name
  body: (_)? @body) @definition.method

(method_declaration name: (identifier) @name body: (_)? @body) @definition.function

(local_function_statement name: (identifier) @name body: (_)? @body) @definition.function

(constructor_declaration name: (identifier) @name body: (_)? @body) @definition.function

(destructor_declaration "~" name: (identifier) @name body: (_)? @body) @definition.function

(operator_declaration operator: _ @name body: (_)? @body) @definition.function

(conversion_operator_declaration type: (_) @name body: (_)? @body) @definition.function

(indexer_declaration "this" @name accessors: (_)? @body) @definition.function

; A property that computes is a method.
(property_declaration
  name: (identifier) @name
  accessors: (accessor_list (accessor_declaration body: (_))) @body) @definition.function

(property_declaration
  name: (identifier) @name
  value: (arrow_expression_clause) @body) @definition.function

(property_declaration name: (identifier) @name) @definition.name

(event_declaration name: (identifier) @name) @definition.name

(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.name

(delegate_declaration name: (identifier) @name) @definition.name

(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.name

(enum_member_declaration name: (identifier) @name) @definition.name

(attribute_list) @attribute

(comment) @comment
