"""
Geometry tools.
"""
module Geometry

export area
const TAU = 6.28
using Base

abstract type Shape end
primitive type Byte 8 end

"A circle."
struct Circle{T<:Real} <: Shape
    radius::T
    Circle(r) = new(r)
end

mutable struct Box <: Shape
    w::Float64
end

"""
    area(c)

The area.
"""
function area(c::Circle)::Float64
    return π * c.radius^2
end

# Short form.
area(b::Box) = b.w^2
half(x::T) where {T} = x / 2

function Base.show(io::IO, c::Circle)
    print(io, "circle")
end
Base.length(b::Box) = 4
function scale!(b::Box, k) where T
    b.w *= k
end
macro twice(ex)
    :($ex; $ex)
end
a ⊕ b = a + b
+(a::Box, b::Box) = 1
f = x -> x
baremodule Inner
g(x) = 1
end
function (c::Circle)(x) end
function stub end
end
