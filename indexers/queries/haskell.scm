; A type signature and the equations below it become one definition, which is shown by the signature.

(declarations
  (signature name: (variable) @name) @definition.function
  (#set! merge "true"))

(declarations
  (signature name: (prefix_id (_) @name)) @definition.function
  (#set! merge "true"))

(declarations
  [
    (function name: (variable) @name match: (match) @body)
    (function name: (prefix_id (_) @name) match: (match) @body)
    (function (infix operator: (operator) @name) match: (match) @body)
    (function (infix operator: (infix_id (_) @name)) match: (match) @body)
    (bind name: (variable) @name match: (match) @body)
  ] @definition.function
  (#set! merge "true"))

(class_declarations
  (signature name: (variable) @name) @definition.function
  (#set! merge "true"))

(class_declarations
  (signature name: (prefix_id (_) @name)) @definition.function
  (#set! merge "true"))

(class_declarations
  [
    (function name: (variable) @name match: (match) @body)
    (bind name: (variable) @name match: (match) @body)
  ] @definition.function
  (#set! merge "true"))

(instance_declarations
  [
    (signature name: (variable) @name)
    (function name: (variable) @name match: (match) @body)
    (function name: (prefix_id (_) @name) match: (match) @body)
    (function (infix operator: (operator) @name) match: (match) @body)
    (function (infix operator: (infix_id (_) @name)) match: (match) @body)
    (bind name: (variable) @name match: (match) @body)
  ] @definition.function
  (#set! merge "true"))

(data_type name: (_) @name constructors: (_) @body) @definition.class

(data_type name: (_) @name) @definition.class

(newtype name: (_) @name) @definition.class

(class name: (_) @name declarations: (class_declarations) @body) @definition.class

(class name: (_) @name) @definition.class

(instance name: (_) @name declarations: (instance_declarations) @body) @definition.class

(type_family name: (_) @name) @definition.name

(type_synonym name: (_) @name) @definition.name

(data_constructor constructor: (_ name: (_) @name)) @definition.name

(newtype_constructor name: (_) @name) @definition.name

(gadt_constructor name: (_) @name) @definition.name

(field name: (field_name (variable) @name)) @definition.name

(header module: (module) @name (#set! split ".") (#set! extent "rest")) @definition.module

[(comment) (haddock)] @comment

(pragma) @attribute
