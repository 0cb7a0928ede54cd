; Declarations in headers are names: what they do stands in the implementation. A selector goes by its first part.

(class_interface
  . (identifier) @name
  [(instance_variables) (property_declaration) (method_declaration)] @body) @definition.class

(class_interface . (identifier) @name) @definition.class

(class_implementation
  . (identifier) @name
  [(instance_variables) (implementation_definition)] @body) @definition.class

(class_implementation . (identifier) @name) @definition.class

(protocol_declaration
  . (identifier) @name
  [(property_declaration) (method_declaration) (qualified_protocol_interface_declaration)] @body) @definition.class

(protocol_declaration . (identifier) @name) @definition.class

(method_definition . (method_type) . (identifier) @name (compound_statement) @body) @definition.method

(method_declaration . (method_type) . (identifier) @name) @definition.name

(property_declaration
  (struct_declaration
    (struct_declarator
      [
        (identifier) @name
        (pointer_declarator declarator: (identifier) @name)
      ]))) @definition.name

(function_definition
  declarator: [
    (function_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))
  ]
  body: (compound_statement) @body) @definition.function

(type_definition
  type: (struct_specifier body: (field_declaration_list) @body)
  declarator: (type_identifier) @name) @definition.class

(type_definition
  type: (enum_specifier body: (enumerator_list) @body)
  declarator: (type_identifier) @name) @definition.class

; `typedef NS_ENUM(NSInteger, State) { … }`, which the grammar reads as a type made by a macro.
(type_definition
  type: (macro_type_specifier
    name: (identifier) @_macro
    type: (type_descriptor type: (type_identifier) @name) @body)
  (#match? @_macro "^NS_(CLOSED_)?(ENUM|OPTIONS|ERROR_ENUM)$")) @definition.class

(type_definition declarator: (type_identifier) @name) @definition.name

(struct_specifier name: (type_identifier) @name body: (field_declaration_list) @body) @definition.class

(union_specifier name: (type_identifier) @name body: (field_declaration_list) @body) @definition.class

(enum_specifier name: (type_identifier) @name body: (enumerator_list) @body) @definition.class

(enumerator name: (identifier) @name) @definition.name

(field_declaration declarator: (field_identifier) @name) @definition.name

(preproc_def name: (identifier) @name) @definition.name

(preproc_function_def name: (identifier) @name value: (_) @body) @definition.function

(translation_unit
  (declaration declarator: (init_declarator declarator: (identifier) @name)) @definition.name)

(translation_unit
  (declaration
    declarator: (init_declarator declarator: (pointer_declarator declarator: (identifier) @name))) @definition.name)

(comment) @comment
