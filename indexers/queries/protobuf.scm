(message (message_name) @name (message_body) @body) @definition.class

(enum (enum_name) @name (enum_body) @body) @definition.class

(service (service_name) @name "{" @body) @definition.class

(rpc (rpc_name) @name) @definition.method

(extend (full_ident) @name (message_body) @body (#set! split ".")) @definition.class

(oneof . (identifier) @name) @definition.name

(field (identifier) @name) @definition.name

(oneof_field (identifier) @name) @definition.name

(map_field (identifier) @name) @definition.name

(enum_field . (identifier) @name) @definition.name

(package (full_ident) @name (#set! split ".")) @definition.name

(comment) @comment
