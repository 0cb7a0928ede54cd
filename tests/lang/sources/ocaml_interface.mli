(** Stacks. *)

type 'a t
(** The stack. *)

type colour = Red | Green

(** Pushes a value. *)
val push : 'a -> 'a t -> 'a t

val pop : 'a t -> 'a
(** Takes the last value. *)

module Deep : sig
  val x : int
end

exception Underflow
external now : unit -> float = "unix_now"
module type ORDERED = sig val compare : int end
class point : int -> object method get : int end
