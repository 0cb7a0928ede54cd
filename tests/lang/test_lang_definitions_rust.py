"""Definitions of Rust."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""//! Tasks.

use std::fmt;

/// A unit of work.
#[derive(Debug, Clone)]
pub struct Task<T> {
    pub id: u64,
    payload: T,
}

pub struct Id(u64);

pub enum State { Idle, Running(u64), Done { code: i32 } }

/// Runs tasks.
pub trait Executor: Send {
    const LIMIT: usize;
    type Output;
    fn spawn(&self, task: Task<u8>) -> Self::Output;
    fn stop(&self) {}
}

impl<T> Task<T> where T: Clone {
    /// Makes a task.
    #[inline]
    pub fn new(id: u64, payload: T) -> Self {
        fn check(id: u64) {}
        Task { id, payload }
    }
}

impl<T> fmt::Display for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { Ok(()) }
}

macro_rules! task {
    ($id:expr) => { Task::new($id, ()) };
}

pub const MAX: u32 = 8;
static NAME: &str = "pool";
type Queue = Vec<Task<u8>>;

mod tests {
    #[test]
    fn tasks_are_numbered() {}
}

extern "C" { fn sched_yield() -> i32; }
"""

EXPECTED = [
    ("class", "", "Task"),
    ("name", "", "id"),
    ("name", "", "payload"),
    ("class", "", "Id"),
    ("class", "", "State"),
    ("name", "", "Idle"),
    ("name", "", "Running"),
    ("name", "", "Done"),
    ("name", "", "code"),
    ("class", "", "Executor"),
    ("name", "", "LIMIT"),
    ("name", "", "Output"),
    ("method", "", "spawn"),
    ("method", "", "stop"),
    ("class", "", "Task"),
    ("method", "", "new"),
    ("function", "", "check"),
    ("class", "", "Task"),
    ("method", "", "fmt"),
    ("function", "", "task"),
    ("name", "", "MAX"),
    ("name", "", "NAME"),
    ("name", "", "Queue"),
    ("module", "", "tests"),
    ("function", "", "tasks_are_numbered"),
    ("name", "", "sched_yield"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("rust", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_rust_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("rust", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_rust_definitions_carry_signature_and_documentation() -> None:
    assert (find("new").signature, find("new").documentation) == (
        "pub fn new(id: u64, payload: T) -> Self",
        "Makes a task.",
    )
    assert (find("Task").signature, find("Task").documentation) == ("pub struct Task<T>", "A unit of work.")
    assert (find("spawn").signature, find("spawn").documentation) == (
        "fn spawn(&self, task: Task<u8>) -> Self::Output",
        "",
    )
