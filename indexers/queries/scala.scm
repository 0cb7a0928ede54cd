; A given without a name goes by its type.

(class_definition name: (_) @name body: (_)? @body) @definition.class

(object_definition name: (_) @name body: (_)? @body) @definition.class

(package_object name: (_) @name body: (_)? @body) @definition.class

(trait_definition name: (_) @name body: (_)? @body) @definition.class

(enum_definition name: (_) @name body: (_) @body) @definition.class

(package_clause name: (_) @name body: (_) @body) @definition.module

(given_definition name: (_) @name body: (with_template_body) @body) @definition.class

(given_definition name: (_) @name) @definition.name

(given_definition !name return_type: (_) @name body: (with_template_body) @body) @definition.class

(given_definition !name return_type: (_) @name) @definition.name

(function_definition name: (_) @name body: (_) @body) @definition.function

(function_declaration name: (_) @name) @definition.function

; An instance or handler built in place: val monad = new Monad[F] { ... }
(val_definition
  pattern: (identifier) @name
  value: (instance_expression (template_body) @body)) @definition.class

(val_definition pattern: (identifier) @name) @definition.name

(val_definition pattern: (identifiers (identifier) @name)) @definition.name

(val_definition pattern: (tuple_pattern (identifier) @name)) @definition.name

(var_definition pattern: (identifier) @name) @definition.name

(val_declaration name: (_) @name) @definition.name

(var_declaration name: (_) @name) @definition.name

(type_definition name: (_) @name) @definition.name

(simple_enum_case name: (_) @name) @definition.name

(full_enum_case name: (_) @name) @definition.name

(annotation) @attribute

[(comment) (block_comment)] @comment
