; `class << self` is no definition of its own: its methods belong to the class around it.

(module name: (constant) @name body: (_)? @body) @definition.module

(module name: (scope_resolution) @name body: (_)? @body (#set! split "::")) @definition.module

(class name: (constant) @name body: (_)? @body) @definition.class

(class name: (scope_resolution) @name body: (_)? @body (#set! split "::")) @definition.class

(method name: (_) @name body: (_)? @body) @definition.function

(singleton_method object: (self) name: (_) @name body: (_)? @body) @definition.method

(singleton_method object: (_) @scope name: (_) @name body: (_)? @body) @definition.method

(call
  method: (identifier) @_call
  arguments: (argument_list . [(simple_symbol) (string)] @name)
  block: (_) @body
  (#match? @_call "^define_(singleton_)?method$")) @definition.function

; Point = Struct.new(:x) do ... end
(assignment
  left: (constant) @name
  right: (call
    receiver: (_)
    method: (identifier) @_call
    block: (_) @body)
  (#match? @_call "^(new|define)$")) @definition.class

(assignment left: (constant) @name right: (lambda body: (_) @body)) @definition.function

(assignment left: (constant) @name) @definition.name

(call
  method: (identifier) @_call
  arguments: (argument_list [(simple_symbol) (string)] @name)
  (#match? @_call "^(attr_(accessor|reader|writer)|[cm]attr_(accessor|reader|writer)|attribute|property)$")) @definition.name

(call
  method: (identifier) @_call
  arguments: (argument_list . [(simple_symbol) (string)] @name)
  (#eq? @_call "alias_method")) @definition.name

(alias name: (_) @name) @definition.name

; scope :active, -> { ... }
(call
  !receiver
  method: (identifier) @_call
  arguments: (argument_list . (simple_symbol) @name (lambda body: (_) @body))
  (#eq? @_call "scope")) @definition.function

; Tests and tasks go by their sentences.
(call
  method: (identifier) @_call
  arguments: (argument_list . (_) @name)
  block: (_) @body
  (#match? @_call "^([xf]?(describe|context)|shared_examples(_for)?|shared_context|namespace)$")) @definition.module

(call
  method: (identifier) @_call
  arguments: (argument_list . [(string) (simple_symbol)] @name)
  block: (_) @body
  (#match? @_call "^([xf]?it|[xf]?specify|[xf]?example|test|task|should)$")) @definition.function

(call
  method: (identifier) @_call
  arguments: (argument_list . (pair key: [(hash_key_symbol) (simple_symbol) (string)] @name))
  block: (_) @body
  (#eq? @_call "task")) @definition.function

(comment) @comment
