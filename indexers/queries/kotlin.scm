; Annotations are modifiers within the node. An extension's receiver is its scope.

(class_declaration name: (identifier) @name [(class_body) (enum_class_body)] @body) @definition.class

(class_declaration name: (identifier) @name) @definition.class

; After two annotations the grammar reads `class Foo { ... }` as an infix call.
((infix_expression (identifier) @_keyword . (identifier) @name . (lambda_literal) @body) @definition.class
  (#match? @_keyword "^(class|interface|object)$"))

(object_declaration name: (identifier) @name (class_body)? @body) @definition.class

(companion_object name: (identifier) @name (class_body)? @body) @definition.class

(companion_object
  !name
  (class_body) @body
  (#set! name "Companion")) @definition.class

; Where the receiver is a plain type, the grammar reads the whole of `String.shout` as a type.
(function_declaration
  (user_type) @name
  . name: (MISSING identifier)
  (function_body)? @body
  (#set! split ".")) @definition.function

(function_declaration
  [(user_type) @scope (nullable_type (user_type) @scope)]
  .
  name: (identifier) @name
  (function_body)? @body) @definition.function

(function_declaration name: (identifier) @name (function_body)? @body) @definition.function

(secondary_constructor "constructor" @name (block)? @body) @definition.function

(property_declaration
  (variable_declaration . (identifier) @name)
  [(getter (function_body)) (setter (function_body))] @body) @definition.function

(property_declaration (variable_declaration . (identifier) @name)) @definition.name

(class_parameter ["val" "var"] . (identifier) @name) @definition.name

(enum_entry (identifier) @name (class_body) @body) @definition.class

(enum_entry (identifier) @name) @definition.name

(type_alias type: (identifier) @name) @definition.name

(annotation) @attribute

[(line_comment) (block_comment)] @comment
