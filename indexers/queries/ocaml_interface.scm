; Values are names: their documentation may stand before or after them, and both stay in one block.

(value_specification (value_name) @name) @definition.name

(external (value_name) @name) @definition.name

(module_definition (module_binding . (module_name) @name)) @definition.module

(module_type_definition (module_type_name) @name) @definition.class

(class_definition (class_binding (class_name) @name)) @definition.class

(method_specification (method_name) @name) @definition.name

(type_definition
  (type_binding name: (_) @name body: [(variant_declaration) (record_declaration)] @body)) @definition.class

(type_definition (type_binding name: (_) @name)) @definition.name

(constructor_declaration (constructor_name) @name) @definition.name

(field_declaration (field_name) @name) @definition.name

(comment) @comment
