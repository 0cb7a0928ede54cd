; A binding with parameters, or bound to a `fun`, is a function; the others are names. `let rec f … and g …` is two.

(value_definition
  ["let" "rec"] .
  (let_binding pattern: [(value_name) @name (parenthesized_operator (_) @name)] (parameter) body: (_) @body) .
) @definition.function

(value_definition
  ["let" "rec"] .
  (let_binding
    pattern: [(value_name) @name (parenthesized_operator (_) @name)]
    body: [(fun_expression) (function_expression)] @body) .
) @definition.function

(value_definition
  (let_binding
    pattern: [(value_name) @name (parenthesized_operator (_) @name)]
    (parameter)
    body: (_) @body) @definition.function)

(value_definition
  (let_binding
    pattern: [(value_name) @name (parenthesized_operator (_) @name)]
    body: [(fun_expression) (function_expression)] @body) @definition.function)

(compilation_unit (value_definition (let_binding pattern: (value_name) @name)) @definition.name)

(structure (value_definition (let_binding pattern: (value_name) @name)) @definition.name)

(module_definition (module_binding . (module_name) @name body: (structure) @body)) @definition.module

(module_definition (module_binding . (module_name) @name)) @definition.module

(module_type_definition (module_type_name) @name body: (signature) @body) @definition.class

(class_definition (class_binding (class_name) @name body: (_) @body)) @definition.class

(method_definition (method_name) @name body: (_) @body) @definition.method

(instance_variable_definition (instance_variable_name) @name) @definition.name

(type_definition
  (type_binding name: (_) @name body: [(variant_declaration) (record_declaration)] @body)) @definition.class

(type_definition (type_binding name: (_) @name)) @definition.name

(constructor_declaration (constructor_name) @name) @definition.name

(field_declaration (field_name) @name) @definition.name

(value_specification (value_name) @name) @definition.name

(external (value_name) @name) @definition.name

(comment) @comment
