; A method's declaration is a definition where it is documented, else a name: what it does stands in the
; implementation. A selector goes by its first part. The C part of the language is in `c.scm`.

(class_interface
  . (identifier) @name
  [(instance_variables) (property_declaration) (method_declaration)] @body) @definition.class

(class_interface . (identifier) @name) @definition.class

(class_implementation
  . (identifier) @name
  [(instance_variables) (implementation_definition)] @body) @definition.class

(class_implementation . (identifier) @name) @definition.class

(protocol_declaration
  . (identifier) @name
  [(property_declaration) (method_declaration) (qualified_protocol_interface_declaration)] @body) @definition.class

(protocol_declaration . (identifier) @name) @definition.class

(method_definition . (method_type) . (identifier) @name (compound_statement) @body) @definition.method

((comment) . (method_declaration . (method_type) . (identifier) @name) @definition.method)

(method_declaration . (method_type) . (identifier) @name) @definition.name

(property_declaration
  (struct_declaration
    (struct_declarator
      [
        (identifier) @name
        (pointer_declarator declarator: (identifier) @name)
      ]))) @definition.name
