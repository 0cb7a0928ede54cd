; One node stands for class, struct, enum, actor and extension. Attributes are modifiers within the node.

(class_declaration name: (type_identifier) @name body: (_) @body) @definition.class

(class_declaration name: (user_type) @name body: (_) @body (#set! split ".")) @definition.class

(protocol_declaration name: (type_identifier) @name body: (_) @body) @definition.class

(function_declaration name: (simple_identifier) @name body: (_)? @body) @definition.function

(function_declaration "func" . _ @name body: (_)? @body) @definition.function

(protocol_function_declaration name: (simple_identifier) @name) @definition.function

(init_declaration "init" @name body: (_)? @body) @definition.function

(deinit_declaration "deinit" @name body: (_) @body) @definition.function

(subscript_declaration "subscript" @name (computed_property)? @body) @definition.function

(macro_declaration (simple_identifier) @name) @definition.function

(property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)
  computed_value: (_) @body) @definition.function

(property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.name

(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.name

(enum_entry name: (simple_identifier) @name) @definition.name

(typealias_declaration name: (type_identifier) @name) @definition.name

(associatedtype_declaration name: (type_identifier) @name) @definition.name

(attribute) @attribute

[(comment) (multiline_comment)] @comment
