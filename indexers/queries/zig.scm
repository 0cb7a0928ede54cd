; A function that returns a struct is a generic type.
(function_declaration
  name: (identifier) @name
  body: (block
    (expression_statement
      (return_expression [(struct_declaration) (union_declaration) (enum_declaration)]))) @body) @definition.class

(function_declaration name: (identifier) @name body: (block)? @body) @definition.function

(variable_declaration
  (identifier) @name
  [
    (struct_declaration)
    (union_declaration)
    (enum_declaration)
    (opaque_declaration)
  ] @body .) @definition.class

(test_declaration [(string) (identifier)] @name (block) @body) @definition.function

; An import is no definition.
(variable_declaration . (identifier) @name (_) @_value . (#not-match? @_value "^@import")) @definition.name

(container_field name: (identifier) @name) @definition.name

(comment) @comment
