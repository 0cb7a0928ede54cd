(package_statement name: (package) @name (block) @body (#set! split "::")) @definition.module

(package_statement name: (package) @name (#set! split "::")) @definition.name

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
    (list_expression . (_) @name)
    (#eq? @_module "constant")) @definition.name)

((pod) @documentation @attribute . (subroutine_declaration_statement))

(comment) @comment
