(function_definition name: (word) @name body: (_) @body) @definition.function

(variable_assignment name: (variable_name) @name) @definition.name

(command
  name: (command_name) @_command
  argument: [(concatenation . (word) @name) (word) @name]
  (#eq? @_command "alias")
  (#match? @name "=$")
  (#set! split "=")) @definition.name

(comment) @comment
