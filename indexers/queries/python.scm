; Decorators are attributes: they join the definition below them. A docstring is the first statement of the body.

(function_definition
  name: (identifier) @name
  body: (block . (expression_statement (string) @documentation)?) @body) @definition.function

(class_definition
  name: (identifier) @name
  body: (block . (expression_statement (string) @documentation)?) @body) @definition.class

; Constants, also those that a condition or `try` of the module chooses.
(module
  (expression_statement
    (assignment left: [(identifier) @name (pattern_list (identifier) @name)])) @definition.name)

(module
  [
    (if_statement (block (expression_statement (assignment left: (identifier) @name)) @definition.name))
    (if_statement (else_clause (block (expression_statement (assignment left: (identifier) @name)) @definition.name)))
    (try_statement (block (expression_statement (assignment left: (identifier) @name)) @definition.name))
    (try_statement (except_clause (block (expression_statement (assignment left: (identifier) @name)) @definition.name)))
  ])

(class_definition
  body: (block
    (expression_statement
      (assignment left: [(identifier) @name (pattern_list (identifier) @name)])) @definition.name))

(type_alias_statement left: (type (identifier) @name)) @definition.name

(decorator) @attribute

(comment) @comment
