; What only the TypeScript grammars have, with and without JSX; the rest is in ecmascript.scm.

(abstract_class_declaration name: (_) @name body: (_) @body) @definition.class

(interface_declaration name: (_) @name body: (_) @body) @definition.class

(enum_declaration name: (_) @name body: (_) @body) @definition.class

(internal_module name: (_) @name body: (_) @body) @definition.module

(module name: (_) @name body: (_) @body) @definition.module

(type_alias_declaration name: (_) @name value: (object_type) @body) @definition.class

(type_alias_declaration name: (_) @name) @definition.name

(public_field_definition
  name: (_) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
  ]) @definition.function

(public_field_definition name: (_) @name) @definition.name

(abstract_method_signature name: (_) @name) @definition.function

; An overload or an ambient declaration: the function itself is elsewhere.
(function_signature name: (_) @name) @definition.name

(class_body (method_signature name: (_) @name) @definition.name)

(interface_body
  [
    (property_signature name: (_) @name)
    (method_signature name: (_) @name)
  ] @definition.name)

(type_alias_declaration
  value: (object_type
    [
      (property_signature name: (_) @name)
      (method_signature name: (_) @name)
    ] @definition.name))

(enum_body name: (_) @name @definition.name)

(enum_assignment name: (_) @name) @definition.name

(ambient_declaration
  [
    (lexical_declaration (variable_declarator name: (identifier) @name))
    (variable_declaration (variable_declarator name: (identifier) @name))
  ] @definition.name)

; Variables of a namespace: nothing else exports from within a block.
(statement_block
  (export_statement (lexical_declaration (variable_declarator name: (identifier) @name)) @definition.name))

(ambient_declaration "declare" @attribute)
