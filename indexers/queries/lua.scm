(function_declaration
  name: [
    (identifier) @name
    (dot_index_expression table: (_) @scope field: (identifier) @name)
    (method_index_expression table: (_) @scope method: (identifier) @name)
  ]
  body: (block)? @body) @definition.function

(variable_declaration
  (assignment_statement
    (variable_list . name: (identifier) @name)
    (expression_list . value: (function_definition body: (block)? @body)))) @definition.function

(assignment_statement
  (variable_list .
    name: [
      (identifier) @name
      (dot_index_expression table: (_) @scope field: (identifier) @name)
    ])
  (expression_list . value: (function_definition body: (block)? @body))) @definition.function

; Functions in a table constructor: `{ run = function() … end }`.
(field
  name: (_) @name
  value: (function_definition body: (block)? @body)) @definition.function

; Module variables; `local insert = table.insert` and `local json = require "json"` only give a name to what is elsewhere.
(chunk
  (variable_declaration
    (assignment_statement
      (variable_list . name: (identifier) @name)
      (expression_list . value: (_) @_value))) @definition.name
  (#not-match? @_value "^(require\\b|[a-zA-Z_][a-zA-Z0-9_.]*$)"))

(chunk
  (assignment_statement
    (variable_list
      name: [
        (identifier) @name
        (dot_index_expression table: (identifier) @scope field: (identifier) @name)
      ])) @definition.name)

(comment) @comment
