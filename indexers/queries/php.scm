; Attributes stand within the node. A namespace without braces holds what follows it.

(namespace_definition name: (namespace_name) @name body: (_) @body) @definition.module

(namespace_definition name: (namespace_name) @name !body (#set! extent "rest")) @definition.module

(class_declaration name: (name) @name body: (_) @body) @definition.class

(interface_declaration name: (name) @name body: (_) @body) @definition.class

(trait_declaration name: (name) @name body: (_) @body) @definition.class

(enum_declaration name: (name) @name body: (_) @body) @definition.class

(method_declaration name: (name) @name body: (_)? @body) @definition.function

(function_definition name: (name) @name body: (_) @body) @definition.function

(expression_statement
  (assignment_expression
    left: (variable_name (name) @name)
    right: (anonymous_function body: (_) @body))) @definition.function

(expression_statement
  (assignment_expression
    left: (variable_name (name) @name)
    right: (arrow_function body: (_) @body))) @definition.function

; it('does this', function () { ... })
(function_call_expression
  function: (name) @_call
  arguments: (arguments
    . (argument [(string) (encapsed_string)] @name)
    . (argument
        [
          (anonymous_function body: (_) @body)
          (arrow_function body: (_) @body)
        ]))
  (#match? @_call "^(it|test|describe)$")) @definition.function

(const_declaration (const_element (name) @name)) @definition.name

(function_call_expression
  function: (name) @_call
  arguments: (arguments . (argument [(string) (encapsed_string)] @name))
  (#eq? @_call "define")) @definition.name

(property_declaration (property_element name: (variable_name (name) @name))) @definition.name

(property_promotion_parameter name: (variable_name (name) @name)) @definition.name

(enum_case name: (name) @name) @definition.name

(attribute_list) @attribute

(comment) @comment
