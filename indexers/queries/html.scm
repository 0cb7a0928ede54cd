; Names only: headings, the title, and elements with an id.

(element
  [
    (start_tag (attribute (attribute_name) @_attribute [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)]))
    (self_closing_tag (attribute (attribute_name) @_attribute [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)]))
  ]
  (#any-of? @_attribute "id" "ID")) @definition.name

(element
  (start_tag (tag_name) @_tag) .
  [(text) @name (element (text) @name)]
  (#match? @_tag "^([hH][1-6]|[tT][iI][tT][lL][eE])$")) @definition.name

((script_element (raw_text) @injection) (#set! language "javascript"))

(comment) @comment
