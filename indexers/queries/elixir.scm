; Everything is a call: the identifier that is called tells what is defined.

(call
  target: (identifier) @_keyword
  (arguments . (alias) @name)
  (do_block
    (unary_operator
      operator: "@"
      operand: (call
        target: (identifier) @_moduledoc
        (arguments [(string) (sigil)] @documentation)))
  ) @body
  (#any-of? @_keyword "defmodule" "defprotocol" "defimpl")
  (#eq? @_moduledoc "moduledoc")
  (#set! split ".")) @definition.module

(call
  target: (identifier) @_keyword
  (arguments . (alias) @name)
  (do_block) @body
  (#any-of? @_keyword "defmodule" "defprotocol" "defimpl")
  (#set! split ".")) @definition.module

(call
  target: (identifier) @_keyword
  (arguments .
    [
      (identifier) @name
      (call target: (identifier) @name)
      (binary_operator left: (identifier) @name operator: "when")
      (binary_operator left: (call target: (identifier) @name) operator: "when")
    ])
  (do_block)? @body
  (#any-of? @_keyword
    "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp")
  (#set! merge "true")) @definition.function

; An operator: `def a <~> b do`.
(call
  target: (identifier) @_keyword
  (arguments . (binary_operator operator: _ @name))
  (do_block)? @body
  (#any-of? @_keyword "def" "defp" "defmacro" "defmacrop")
  (#not-eq? @name "when")
  (#set! merge "true")) @definition.function

; Tests go by their sentence; `describe` holds some of them.
(call
  target: (identifier) @_keyword
  (arguments . (string) @name)
  (do_block) @body
  (#any-of? @_keyword "test" "property")) @definition.function

(call
  target: (identifier) @_keyword
  (arguments . (string) @name)
  (do_block) @body
  (#eq? @_keyword "describe")) @definition.module

; The fields of a struct.
(call
  target: (identifier) @_keyword
  (arguments
    [
      (keywords (pair key: (keyword) @name))
      (list (atom) @name)
      (list (keywords (pair key: (keyword) @name)))
    ])
  (#any-of? @_keyword "defstruct" "defexception")
  (#set! split ":")) @definition.name

(unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_kind
    (arguments .
      (binary_operator
        left: [(identifier) @name (call target: (identifier) @name)]
        operator: "::")))
  (#any-of? @_kind "type" "typep" "opaque" "callback" "macrocallback")) @definition.name

(unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_kind
    (arguments . [(string) @documentation (sigil) @documentation (boolean)]))
  (#any-of? @_kind "doc" "typedoc")) @attribute

(unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_kind
    (arguments))
  (#any-of? @_kind "spec" "impl" "deprecated" "since" "dialyzer" "tag" "describetag" "doc")) @attribute

(unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @name
    (arguments))
  (#not-match? @name "^(moduledoc|doc|typedoc|spec|impl|deprecated|since|dialyzer|tag|moduletag|describetag)$")
  (#not-match? @name "^(type|typep|opaque|callback|macrocallback|optional_callbacks|behaviou?r|derive)$")
  (#not-match? @name "^(enforce_keys|compile|before_compile|after_compile|on_definition|on_load)$")
  (#not-match? @name "^(external_resource|fallback_to_any|vsn)$")) @definition.name

(comment) @comment
