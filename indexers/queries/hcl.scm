; A block goes by its labels, `aws_s3_bucket.logs`; one with a single label by its type too, `variable.region`, as it
; is referred to. Blocks inside blocks are settings.

(config_file
  (body
    (block .
      (identifier) .
      [(string_lit (template_literal) @scope) (identifier) @scope] .
      [(string_lit (template_literal) @name) (identifier) @name] .
      (block_start) @body) @definition.class))

(config_file
  (body
    (block .
      (identifier) @scope .
      [(string_lit (template_literal) @name) (identifier) @name] .
      (block_start) @body) @definition.class))

(config_file (body (block . (identifier) @name . (block_start) @body) @definition.class))

(config_file (body (attribute . (identifier) @name) @definition.name))

(config_file
  (body
    (block . (identifier) @_type (body (attribute . (identifier) @name) @definition.name) (#eq? @_type "locals"))))

(comment) @comment
