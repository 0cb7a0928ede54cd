; Names only, one for each selector of a list: thousands of tiny rules stay together in blocks.

(rule_set (selectors (_) @name) (block) @body) @definition.name

(declaration (property_name) @name (#match? @name "^--")) @definition.name

(keyframes_statement (keyframes_name) @name) @definition.name

(media_statement . (_) @name (block) @body) @definition.name

(at_rule (at_keyword) @_keyword . (keyword_query) @name (#any-of? @_keyword "@property" "@layer" "@container")) @definition.name

(comment) @comment
