(package_statement name: (package) @name (block) @body (#set! split "::")) @definition.module

; A package without a block holds what follows it.
(package_statement name: (package) @name (#set! split "::") (#set! extent "rest")) @definition.module

(subroutine_declaration_statement
  name: (bareword) @name
  body: (block) @body
  (#set! split "::")) @definition.function

(subroutine_declaration_statement name: (bareword) @name (#set! split "::")) @definition.function

(method_declaration_statement name: (bareword) @name body: (block) @body) @definition.method

(class_statement name: (package) @name (block) @body (#set! split "::")) @definition.class

(expression_statement
  (assignment_expression
    left: (variable_declaration variable: (scalar (varname) @name))
    right: (anonymous_subroutine_expression body: (block) @body))) @definition.function

(source_file
  (expression_statement
    (assignment_expression
      left: (variable_declaration variable: (_ (varname) @name)))) @definition.name)

(source_file
  (use_statement
    module: (package) @_module
    [
      (list_expression . (_) @name)
      (anonymous_hash_expression (list_expression (autoquoted_bareword) @name))
    ]
    (#eq? @_module "constant")) @definition.name)

; Tests go by their sentence.
(expression_statement
  (ambiguous_function_call_expression
    function: (function) @_function
    arguments: (list_expression .
      (string_literal (string_content) @name) .
      (anonymous_subroutine_expression body: (block) @body)))
  (#eq? @_function "subtest")) @definition.function

; Attributes of Moo, Moose and Mojo.
(source_file
  (expression_statement
    (ambiguous_function_call_expression
      function: (function) @_function
      arguments: (list_expression . [(autoquoted_bareword) @name (string_literal (string_content) @name)])))
    @definition.name
  (#eq? @_function "has"))

((pod) @documentation @attribute . (subroutine_declaration_statement) (#match? @documentation "^=(head[2-6]|item)"))

((pod) @injection (#set! language "pod"))

(comment) @comment
