(create_table
  (object_reference schema: (_)? @scope name: (_) @name) .
  (column_definitions) @body) @definition.class

(create_table . (_)* . (object_reference schema: (_)? @scope name: (_) @name)) @definition.class

(create_view (object_reference schema: (_)? @scope name: (_) @name) (create_query) @body) @definition.class

(create_materialized_view
  (object_reference schema: (_)? @scope name: (_) @name)
  (create_query) @body) @definition.class

(create_function
  (keyword_function) .
  (object_reference schema: (_)? @scope name: (_) @name)
  (function_body)? @body) @definition.function

(create_procedure
  (keyword_procedure) .
  (object_reference schema: (_)? @scope name: (_) @name)
  (procedure_body)? @body) @definition.function

(create_trigger (keyword_trigger) . (object_reference schema: (_)? @scope name: (_) @name)) @definition.function

(create_type (keyword_type) . (object_reference schema: (_)? @scope name: (_) @name)) @definition.name

(create_sequence (object_reference schema: (_)? @scope name: (_) @name)) @definition.name

(create_schema (identifier) @name) @definition.name

(create_index column: (identifier) @name . (keyword_on)) @definition.name

(column_definition name: (_) @name) @definition.name

[(comment) (marginalia)] @comment
