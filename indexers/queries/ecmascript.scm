; What JavaScript and TypeScript share. `export` and `default` are attributes: they join what follows them.

(function_declaration name: (identifier) @name body: (_) @body) @definition.function

(generator_function_declaration name: (identifier) @name body: (_) @body) @definition.function

(class_declaration name: (_) @name body: (_) @body) @definition.class

(method_definition name: (_) @name body: (_) @body) @definition.function

; const f = () => ..., as a declaration of its own or as one of several.
([
  (lexical_declaration
    . (variable_declarator
        name: (identifier) @name
        value: [
          (arrow_function body: (_) @body)
          (function_expression body: (_) @body)
          (generator_function body: (_) @body)
        ]) .)
  (variable_declaration
    . (variable_declarator
        name: (identifier) @name
        value: [
          (arrow_function body: (_) @body)
          (function_expression body: (_) @body)
          (generator_function body: (_) @body)
        ]) .)
] @definition.function)

(variable_declarator
  name: (identifier) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]) @definition.function

(lexical_declaration
  (variable_declarator name: (identifier) @name value: (class body: (_) @body))) @definition.class

; const Comp = memo(() => { ... }) at the top of a module.
(program
  [
    (lexical_declaration
      (variable_declarator
        name: (identifier) @name
        value: (call_expression
          arguments: (arguments
            . [
              (arrow_function body: (statement_block) @body)
              (function_expression body: (_) @body)
            ])))) @definition.function
    (export_statement
      (lexical_declaration
        (variable_declarator
          name: (identifier) @name
          value: (call_expression
            arguments: (arguments
              . [
                (arrow_function body: (statement_block) @body)
                (function_expression body: (_) @body)
              ])))) @definition.function)
  ])

; const handlers = { open() {}, close: () => {} } at the top of a module.
(program
  [
    (lexical_declaration
      (variable_declarator
        name: (identifier) @name
        value: (object
          [
            (method_definition)
            (pair value: [(arrow_function) (function_expression)])
          ]) @body)) @definition.class
    (variable_declaration
      (variable_declarator
        name: (identifier) @name
        value: (object
          [
            (method_definition)
            (pair value: [(arrow_function) (function_expression)])
          ]) @body)) @definition.class
    (export_statement
      (lexical_declaration
        (variable_declarator
          name: (identifier) @name
          value: (object
            [
              (method_definition)
              (pair value: [(arrow_function) (function_expression)])
            ]) @body)) @definition.class)
  ])

(pair
  key: [(property_identifier) (string) (private_property_identifier)] @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
  ]) @definition.function

; Foo.prototype.bar = function () {}
((expression_statement
  (assignment_expression
    left: (member_expression
      object: (member_expression
        object: (_) @scope
        property: (property_identifier) @_prototype)
      property: (property_identifier) @name)
    right: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ])) @definition.method
  (#eq? @_prototype "prototype"))

; exports.foo = function () {}
((expression_statement
  (assignment_expression
    left: (member_expression
      object: (_) @_object
      property: (property_identifier) @name)
    right: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ])) @definition.function
  (#match? @_object "^(module\\.exports|exports|this|self|window|global|globalThis)$")
  (#not-eq? @name "exports"))

; module.exports = function foo() {}
((expression_statement
  (assignment_expression
    left: (member_expression) @_left
    right: (function_expression name: (identifier) @name body: (_) @body))) @definition.function
  (#eq? @_left "module.exports"))

((expression_statement
  (assignment_expression
    left: (member_expression) @_left
    right: (class name: (_) @name body: (_) @body))) @definition.class
  (#eq? @_left "module.exports"))

; Foo.create = function () {}
(expression_statement
  (assignment_expression
    left: (member_expression
      object: [(identifier) (member_expression)] @scope
      property: (property_identifier) @name)
    right: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ])) @definition.function

(expression_statement
  (assignment_expression
    left: (identifier) @name
    right: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ])) @definition.function

; export default without a name.
(export_statement
  value: [
    (arrow_function body: (_) @body)
    (function_expression !name body: (_) @body)
    (generator_function !name body: (_) @body)
  ] @definition.function
  (#set! name "default"))

(export_statement
  value: (class !name body: (_) @body) @definition.class
  (#set! name "default"))

; Tests: a suite holds cases, and both go by their sentences.
((call_expression
  function: [
    (identifier) @_call
    (member_expression object: (identifier) @_call)
    (call_expression function: (identifier) @_call)
    (call_expression function: (member_expression object: (identifier) @_call))
  ]
  arguments: (arguments
    . [(string) (template_string)] @name
    [
      (arrow_function body: (statement_block) @body)
      (function_expression body: (_) @body)
    ])) @definition.module
  (#match? @_call "^(x|f)?(describe|suite|context)$"))

((call_expression
  function: [
    (identifier) @_call
    (member_expression object: (identifier) @_call)
    (call_expression function: (identifier) @_call)
    (call_expression function: (member_expression object: (identifier) @_call))
  ]
  arguments: (arguments
    . [(string) (template_string)] @name
    [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
    ])) @definition.function
  (#match? @_call "^(x|f)?(it|test|specify|bench)$"))

; Module variables; what `require` returns is an import.
((program
  [
    (lexical_declaration (variable_declarator name: (identifier) @name value: (_) @_value)) @definition.name
    (variable_declaration (variable_declarator name: (identifier) @name value: (_) @_value)) @definition.name
    (export_statement
      (lexical_declaration (variable_declarator name: (identifier) @name value: (_) @_value)) @definition.name)
    (export_statement
      (variable_declaration (variable_declarator name: (identifier) @name value: (_) @_value)) @definition.name)
  ])
  (#not-match? @_value "^(await )?(require|import)\\b"))

(export_statement "export" @attribute)

(export_statement "default" @attribute)

(decorator) @attribute

(comment) @comment
