; Annotations are modifiers within the node: they are left out of the signature.

(class_declaration name: (identifier) @name body: (_) @body) @definition.class

(interface_declaration name: (identifier) @name body: (_) @body) @definition.class

(enum_declaration name: (identifier) @name body: (_) @body) @definition.class

(record_declaration name: (identifier) @name body: (_) @body) @definition.class

(annotation_type_declaration name: (identifier) @name body: (_) @body) @definition.class

(module_declaration name: (_) @name body: (_) @body) @definition.module

(method_declaration name: (identifier) @name body: (block)? @body) @definition.function

(constructor_declaration name: (identifier) @name body: (_) @body) @definition.function

(compact_constructor_declaration name: (identifier) @name body: (_) @body) @definition.function

(annotation_type_element_declaration name: (identifier) @name) @definition.name

(enum_constant name: (identifier) @name body: (class_body) @body) @definition.class

(enum_constant name: (identifier) @name) @definition.name

(field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.name

(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.name

[(marker_annotation) (annotation)] @attribute

[(line_comment) (block_comment)] @comment
