(binary_operator
  lhs: [
    (identifier) @name
    (string) @name
    (extract_operator lhs: (_) @scope rhs: (_) @name)
  ]
  operator: ["<-" "<<-" "="]
  rhs: (function_definition body: (_) @body)) @definition.function

; R6 and reference classes, and the functions in their lists.
(binary_operator
  lhs: (identifier) @name
  operator: ["<-" "<<-" "="]
  rhs: (call
    function: [(identifier) @_maker (namespace_operator rhs: (identifier) @_maker)]
    arguments: (_) @body)
  (#any-of? @_maker "R6Class" "setRefClass" "setClass" "new_class")) @definition.class

(call
  function: [(identifier) @_maker (namespace_operator rhs: (identifier) @_maker)]
  arguments: (arguments
    (argument
      value: (call
        arguments: (arguments
          (argument
            name: (identifier) @name
            value: (function_definition body: (_) @body)) @definition.function))))
  (#any-of? @_maker "R6Class" "setRefClass"))

(call
  function: (identifier) @_maker
  arguments: (arguments . (argument value: (string (string_content) @name)))
  (#any-of? @_maker "setClass" "setRefClass")) @definition.class

; Generics and methods of S4, and tests by their sentence.
(call
  function: (identifier) @_maker
  arguments: (arguments
    . (argument value: (string (string_content) @name))
    (argument value: [(function_definition body: (_) @body) (braced_expression) @body]) .)
  (#any-of? @_maker "setGeneric" "setMethod" "setReplaceMethod" "test_that")) @definition.function

(program
  (binary_operator
    lhs: (identifier) @name
    operator: ["<-" "<<-" "="]) @definition.name)

(comment) @comment
