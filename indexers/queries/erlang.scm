; Clauses of one function stand one after the other and become one definition, shown by the `-spec` above them.

(spec fun: (_) @name (#set! merge "true")) @definition.function

(fun_decl
  clause: (function_clause
    name: (_) @name
    body: (clause_body) @body)
  (#set! merge "true")) @definition.function

(record_decl name: (_) @name) @definition.class

(record_field name: (_) @name) @definition.name

(pp_define lhs: (macro_lhs name: (_) @name args: (var_args))) @definition.function

(pp_define lhs: (macro_lhs name: (_) @name)) @definition.name

(type_alias name: (type_name name: (_) @name)) @definition.name

(opaque name: (type_name name: (_) @name)) @definition.name

(callback fun: (_) @name) @definition.name

(module_attribute name: (_) @name (#set! extent "rest")) @definition.module

(comment) @comment
