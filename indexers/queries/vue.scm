; Components of Vue and Svelte: definitions are those of the script, TypeScript where it says so.

(script_element
  (start_tag
    (attribute
      (attribute_name) @_attribute
      [(attribute_value) @_language (quoted_attribute_value (attribute_value) @_language)]))
  (raw_text) @injection
  (#eq? @_attribute "lang")
  (#match? @_language "^(ts|typescript)$")
  (#set! language "typescript"))

(script_element
  (start_tag
    (attribute
      (attribute_name) @_attribute
      [(attribute_value) @_language (quoted_attribute_value (attribute_value) @_language)]))
  (raw_text) @injection
  (#eq? @_attribute "lang")
  (#eq? @_language "tsx")
  (#set! language "tsx"))

(script_element
  (raw_text) @injection
  (#set! language "javascript"))

(comment) @comment
