; A function is two neighbouring nodes, its signature and its body.

(class_definition name: (identifier) @name body: (_) @body) @definition.class

(mixin_declaration . (mixin) . (identifier) @name (class_body) @body) @definition.class

(extension_declaration name: (identifier) @name body: (_) @body) @definition.class

(extension_type_declaration name: (identifier) @name body: (_) @body) @definition.class

(enum_declaration name: (identifier) @name body: (_) @body) @definition.class

((function_signature name: (identifier) @name) @definition.function
  . (function_body) @body @definition.function)

((getter_signature name: (identifier) @name) @definition.function
  . (function_body) @body @definition.function)

((setter_signature name: (identifier) @name) @definition.function
  . (function_body) @body @definition.function)

((method_signature
   [
     (function_signature name: (identifier) @name)
     (getter_signature name: (identifier) @name)
     (setter_signature name: (identifier) @name)
     (operator_signature (_) @name . (formal_parameter_list))
     (constructor_signature name: (identifier) @name . parameters: (_))
     (factory_constructor_signature (identifier) @name . (formal_parameter_list))
   ]) @definition.method
  . (function_body) @body @definition.method)

; Without a body: abstract, external, or a constructor that only initialises.
(declaration
  [
    (function_signature name: (identifier) @name)
    (getter_signature name: (identifier) @name)
    (setter_signature name: (identifier) @name)
    (constructor_signature name: (identifier) @name . parameters: (_))
    (constant_constructor_signature (identifier) @name . (formal_parameter_list))
    (redirecting_factory_constructor_signature (identifier) @name . (formal_parameter_list))
  ]) @definition.method

(declaration (initialized_identifier_list (initialized_identifier . (identifier) @name))) @definition.name

(static_final_declaration . (identifier) @name) @definition.name

(program (initialized_identifier_list (initialized_identifier . (identifier) @name)) @definition.name)

(enum_constant name: (identifier) @name) @definition.name

(type_alias . (type_identifier) @name) @definition.name

(annotation) @attribute

[(comment) (documentation_comment)] @comment
