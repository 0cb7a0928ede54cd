; An impl block is a class by the name of its type; the trait shows in its signature.

(function_item name: (_) @name body: (block) @body) @definition.function

; What another library defines.
(foreign_mod_item
  (declaration_list
    [
      (function_signature_item name: (_) @name)
      (static_item name: (_) @name)
    ] @definition.name))

(function_signature_item name: (_) @name) @definition.function

(macro_definition name: (_) @name (macro_rule)? @body) @definition.function

(struct_item name: (_) @name body: (field_declaration_list) @body) @definition.class

(struct_item name: (_) @name) @definition.class

(enum_item name: (_) @name body: (_) @body) @definition.class

(union_item name: (_) @name body: (_) @body) @definition.class

(trait_item name: (_) @name body: (_) @body) @definition.class

(impl_item
  type: [
    (type_identifier) @name
    (primitive_type) @name
    (generic_type type: [(type_identifier) @name (scoped_type_identifier name: (_) @name)])
    (scoped_type_identifier name: (_) @name)
    (reference_type
      type: [
        (type_identifier) @name
        (primitive_type) @name
        (generic_type type: [(type_identifier) @name (scoped_type_identifier name: (_) @name)])
        (scoped_type_identifier name: (_) @name)
        (array_type) @name
        (tuple_type) @name
        (dynamic_type) @name
      ])
    (pointer_type) @name
    (array_type) @name
    (tuple_type) @name
    (unit_type) @name
    (never_type) @name
    (dynamic_type) @name
    (function_type) @name
    (macro_invocation) @name
    (metavariable) @name
  ]
  body: (_) @body) @definition.class

(mod_item name: (_) @name body: (_) @body) @definition.module

(mod_item name: (_) @name) @definition.name

(const_item name: (identifier) @name) @definition.name

(static_item name: (identifier) @name) @definition.name

(type_item name: (_) @name) @definition.name

(associated_type name: (_) @name) @definition.name

(field_declaration name: (_) @name) @definition.name

(enum_variant name: (_) @name) @definition.name

(attribute_item) @attribute

; Inner documentation belongs to what is around it.
(line_comment !inner) @comment

(block_comment !inner) @comment
