; The name stands at the bottom of the signature: under a return type, under `where`, under both.

(module_definition name: (identifier) @name . (_)? @body) @definition.module

(function_definition
  (signature
    [
      (identifier) @name
      (call_expression .
        [
          (identifier) @name
          (operator) @name
          (field_expression value: (_) @scope (identifier) @name .)
          (parametrized_type_expression . (identifier) @name)
        ])
      (_ .
        (call_expression .
          [
            (identifier) @name
            (operator) @name
            (field_expression value: (_) @scope (identifier) @name .)
            (parametrized_type_expression . (identifier) @name)
          ]))
      (_ . (_ .
        (call_expression .
          [
            (identifier) @name
            (operator) @name
            (field_expression value: (_) @scope (identifier) @name .)
            (parametrized_type_expression . (identifier) @name)
          ])))
    ]) . (_)? @body) @definition.function

(macro_definition (signature (call_expression . (identifier) @name)) . (_)? @body) @definition.function

; Short form: `area(box) = box.w ^ 2`.
(assignment .
  [
    (call_expression .
      [
        (identifier) @name
        (operator) @name
        (field_expression value: (_) @scope (identifier) @name .)
        (parametrized_type_expression . (identifier) @name)
      ])
    (_ .
      (call_expression .
        [
          (identifier) @name
          (operator) @name
          (field_expression value: (_) @scope (identifier) @name .)
          (parametrized_type_expression . (identifier) @name)
        ]))
    (_ . (_ .
      (call_expression .
        [
          (identifier) @name
          (operator) @name
          (field_expression value: (_) @scope (identifier) @name .)
          (parametrized_type_expression . (identifier) @name)
        ])))
  ] . (operator) . (_) @body) @definition.function

(_
  (type_head
    [
      (identifier) @name
      (parametrized_type_expression . (identifier) @name)
      (binary_expression . (identifier) @name)
      (binary_expression . (parametrized_type_expression . (identifier) @name))
    ]) . (_)? @body) @definition.class

(struct_definition (typed_expression . (identifier) @name) @definition.name)

(const_statement (assignment . (identifier) @name)) @definition.name

((string_literal) @attribute @documentation
  .
  [
    (module_definition)
    (function_definition)
    (macro_definition)
    (assignment)
    (struct_definition)
    (abstract_definition)
    (primitive_definition)
    (const_statement)
    (macrocall_expression)
  ])

[(line_comment) (block_comment)] @comment
