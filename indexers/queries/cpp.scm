; What C++ adds to c.scm. `template <...>` is an attribute: it joins what follows it. The text of a qualified name is
; split into scope and name.

(function_definition
  declarator: [
    (function_declarator
      declarator: [
        (field_identifier) @name
        (destructor_name) @name
        (operator_name) @name
        (template_function name: (identifier) @name)
        (template_method name: (field_identifier) @name)
        (operator_cast type: (_) @name)
      ])
    (pointer_declarator
      declarator: [
        (function_declarator
          declarator: [
            (field_identifier) @name
            (operator_name) @name
            (template_function name: (identifier) @name)
          ])
        (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name))
        (reference_declarator (function_declarator declarator: [(identifier) (field_identifier) (operator_name)] @name))
      ])
    (reference_declarator
      (function_declarator
        declarator: [
          (identifier) @name
          (field_identifier) @name
          (operator_name) @name
          (template_function name: (identifier) @name)
        ]))
    (operator_cast) @name
  ]
  body: (_)? @body) @definition.function

; In a class `= default` and `= delete` say all there is to say.
(function_definition
  declarator: (function_declarator declarator: (identifier) @name)
  [(default_method_clause) (delete_method_clause)]) @definition.name

; A function's body may be a `try` block.
(function_definition
  declarator: (function_declarator declarator: (identifier) @name)
  (try_statement) @body) @definition.function

(function_definition
  declarator: [
    (function_declarator declarator: (qualified_identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier) @name))
    (pointer_declarator
      declarator: (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier) @name)))
    (reference_declarator (function_declarator declarator: (qualified_identifier) @name))
    (qualified_identifier) @name
  ]
  body: (_)? @body
  (#set! split "::")) @definition.method

(class_specifier name: (type_identifier) @name body: (_) @body) @definition.class

([
  (class_specifier name: (template_type name: (_) @name) body: (_) @body)
  (struct_specifier name: (template_type name: (_) @name) body: (_) @body)
  (union_specifier name: (template_type name: (_) @name) body: (_) @body)
] @definition.class)

([
  (class_specifier name: (qualified_identifier) @name body: (_) @body)
  (struct_specifier name: (qualified_identifier) @name body: (_) @body)
] @definition.class
  (#set! split "::"))

; A class whose head holds a word too many is read as a function.
(function_definition
  type: [(class_specifier !body) (struct_specifier !body)]
  declarator: (identifier) @name
  body: (compound_statement) @body) @definition.class

(namespace_definition
  name: [(namespace_identifier) (nested_namespace_specifier)] @name
  body: (_) @body) @definition.module

(concept_definition name: (identifier) @name) @definition.name

(alias_declaration name: (type_identifier) @name) @definition.name

; Declarations of members.
(field_declaration
  declarator: [
    (function_declarator declarator: [(field_identifier) (operator_name)] @name)
    (pointer_declarator declarator: (function_declarator declarator: [(field_identifier) (operator_name)] @name))
    (reference_declarator (function_declarator declarator: [(field_identifier) (operator_name)] @name))
    (reference_declarator (field_identifier) @name)
  ]) @definition.name

(declaration declarator: (reference_declarator (function_declarator declarator: (identifier) @name))) @definition.name

(template_declaration "template" @attribute parameters: (template_parameter_list) @attribute)

(template_declaration (requires_clause) @attribute)
