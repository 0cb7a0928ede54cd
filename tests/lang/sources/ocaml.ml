(** Stacks. *)
open Printf

(** The stack type. *)
type 'a stack = Empty | Node of 'a * 'a stack
type point = { x : int; y : int }

exception Underflow of string

(** Pushes a value. *)
let push v s = Node (v, s)

let limit = 10

let rec even n = n = 0 || odd (n - 1)
and odd n = n <> 0 && even (n - 1)

let ( ++ ) a b = a @ b

let () = printf "hi"

module Counter = struct
  (** Adds one. *)
  let bump n = n + 1
  module Deep = struct let x = fun y -> y end
end

module type ORDERED = sig
  type t
  val compare : t -> t -> int
end

module Make (O : ORDERED) = struct
  let sort l = List.sort O.compare l
end

class point_obj init = object (self)
  val mutable x = init
  method get = x
  method private move d = x <- x + d
end
external now : unit -> float = "unix_now"
