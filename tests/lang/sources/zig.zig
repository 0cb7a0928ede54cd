//! A queue.
const std = @import("std");

pub const capacity: usize = 16;

/// A ring buffer.
pub const Queue = struct {
    items: [16]u8,
    head: usize = 0,

    /// Pushes a byte.
    pub fn push(self: *Queue, item: u8) !void {
        self.items[self.head] = item;
    }
    const Inner = enum { a, b };
};

pub fn List(comptime T: type) type {
    return struct {
        const Self = @This();
        pub fn len(self: Self) usize { return 0; }
        field: T,
    };
}

const Color = enum(u8) { red, green };
const Value = union(enum) { int: i64, float: f64 };
const Err = error{ Full, Empty };
var counter: u32 = 0;
extern fn puts(s: [*]const u8) c_int;

test "push works" {
    try std.testing.expect(true);
}
