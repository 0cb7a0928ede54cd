; Also the first part of the C++ query. A prototype is a name: the function itself is elsewhere.

; TEST_CASE(name) { ... }
(function_definition
  declarator: (function_declarator
    declarator: (identifier) @_macro
    parameters: (parameter_list . (parameter_declaration type: (type_identifier) @name !declarator) .))
  body: (compound_statement) @body
  (#match? @_macro "^_*[A-Z][A-Z0-9_]*$")) @definition.function

(function_definition
  type: (type_identifier) @_macro
  declarator: (parenthesized_declarator (identifier) @name)
  body: (compound_statement) @body
  (#match? @_macro "^_*[A-Z][A-Z0-9_]*$")) @definition.function

; TEST(suite, name) { ... }
(function_definition
  declarator: (function_declarator
    declarator: (identifier) @_macro
    parameters: (parameter_list
      . (parameter_declaration type: (type_identifier) @scope !declarator)
      . (parameter_declaration type: (type_identifier) @name !declarator)))
  body: (compound_statement) @body
  (#match? @_macro "^_*[A-Z][A-Z0-9_]*$")) @definition.function

(function_definition
  declarator: [
    (function_declarator
      declarator: [
        (identifier) @name
        (parenthesized_declarator (identifier) @name)
        (parenthesized_declarator
          (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))
      ])
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
    (pointer_declarator
      declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))
  ]
  body: (compound_statement) @body
  ; `else if (…) { … }` where `#if` has cut off what stands before it.
  (#not-match? @name "^(if|for|while|switch)$")) @definition.function

; A typedef with a body is one class by the typedef's name.
(type_definition
  type: [
    (struct_specifier body: (_) @body)
    (union_specifier body: (_) @body)
    (enum_specifier body: (_) @body)
  ]
  declarator: (type_identifier) @name) @definition.class

(type_definition
  type: [
    (struct_specifier name: (type_identifier) @name body: (_))
    (union_specifier name: (type_identifier) @name body: (_))
    (enum_specifier name: (type_identifier) @name body: (_))
  ]) @definition.name

(type_definition
  declarator: [
    (type_identifier) @name
    (pointer_declarator declarator: (type_identifier) @name)
    (array_declarator declarator: (type_identifier) @name)
    (function_declarator
      declarator: [
        (type_identifier) @name
        (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name))
      ])
  ]) @definition.name

(struct_specifier name: (type_identifier) @name body: (_) @body) @definition.class

(union_specifier name: (type_identifier) @name body: (_) @body) @definition.class

(enum_specifier name: (type_identifier) @name body: (_) @body) @definition.class

(enumerator name: (identifier) @name) @definition.name

(field_declaration
  declarator: [
    (field_identifier) @name
    (pointer_declarator declarator: (field_identifier) @name)
    (pointer_declarator declarator: (pointer_declarator declarator: (field_identifier) @name))
    (array_declarator declarator: (field_identifier) @name)
    (function_declarator
      declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name)))
  ]) @definition.name

(declaration
  declarator: [
    (function_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
    (pointer_declarator
      declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))
  ]) @definition.name

; Variables outside functions.
[
  (translation_unit
    (declaration
      declarator: [
        (identifier) @name
        (pointer_declarator declarator: (identifier) @name)
        (array_declarator declarator: (identifier) @name)
        (init_declarator
          declarator: [
            (identifier) @name
            (pointer_declarator declarator: (identifier) @name)
            (array_declarator declarator: (identifier) @name)
            (array_declarator declarator: (array_declarator declarator: (identifier) @name))
            (function_declarator
              declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
          ])
      ]) @definition.name)
  (preproc_if
    (declaration
      declarator: [
        (identifier) @name
        (pointer_declarator declarator: (identifier) @name)
        (array_declarator declarator: (identifier) @name)
        (init_declarator
          declarator: [
            (identifier) @name
            (pointer_declarator declarator: (identifier) @name)
            (array_declarator declarator: (identifier) @name)
            (array_declarator declarator: (array_declarator declarator: (identifier) @name))
            (function_declarator
              declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
          ])
      ]) @definition.name)
  (preproc_ifdef
    (declaration
      declarator: [
        (identifier) @name
        (pointer_declarator declarator: (identifier) @name)
        (array_declarator declarator: (identifier) @name)
        (init_declarator
          declarator: [
            (identifier) @name
            (pointer_declarator declarator: (identifier) @name)
            (array_declarator declarator: (identifier) @name)
            (array_declarator declarator: (array_declarator declarator: (identifier) @name))
            (function_declarator
              declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
          ])
      ]) @definition.name)
  (preproc_else
    (declaration
      declarator: [
        (identifier) @name
        (pointer_declarator declarator: (identifier) @name)
        (array_declarator declarator: (identifier) @name)
        (init_declarator
          declarator: [
            (identifier) @name
            (pointer_declarator declarator: (identifier) @name)
            (array_declarator declarator: (identifier) @name)
            (array_declarator declarator: (array_declarator declarator: (identifier) @name))
            (function_declarator
              declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
          ])
      ]) @definition.name)
  (declaration_list
    (declaration
      declarator: [
        (identifier) @name
        (pointer_declarator declarator: (identifier) @name)
        (array_declarator declarator: (identifier) @name)
        (init_declarator
          declarator: [
            (identifier) @name
            (pointer_declarator declarator: (identifier) @name)
            (array_declarator declarator: (identifier) @name)
            (array_declarator declarator: (array_declarator declarator: (identifier) @name))
            (function_declarator
              declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
          ])
      ]) @definition.name)
]

; Macros: what spans several lines computes something.
(preproc_function_def
  name: (identifier) @name
  value: (preproc_arg) @body
  (#match? @body "\n")) @definition.function

(preproc_function_def name: (identifier) @name) @definition.name

(preproc_def name: (identifier) @name value: (_)) @definition.name

(comment) @comment
